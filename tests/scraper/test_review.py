"""Likely wrong labels, and the contact sheet in real Chromium."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

from scraper.browser import start_browser
from scraper.cli import main
from scraper.job import Browsing
from scraper.manifest import MANIFEST_NAME, Photo, read_dataset, read_manifest, write_manifest
from tests.scraper.pictures import motif, photo, saved, scene


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place, lines = tmp_path / "data", []
    for number in range(12):
        label = "jeans" if number < 6 else "sarees"
        path = Path("images") / label / f"{number:02d}.jpg"
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(photo(number))
        lines.append(Photo(path=str(path), label=label, title='<b>5" wide</b> & long'))
    write_manifest(place / MANIFEST_NAME, lines)
    return place


def review(*arguments: object, said: str = "") -> Result:
    return CliRunner().invoke(main, ["review", *map(str, arguments)], input=said)


def verdict(path: str, **scores: float) -> str:
    ranked = sorted(scores.items(), key=lambda pair: -pair[1])
    label, score = ranked[0]
    top = [{"label": name, "score": value} for name, value in ranked]
    return json.dumps({"path": path, "label": label, "score": score, "decision": "confirmed", "top_k": top}) + "\n"


def order(sheet: Path) -> list[str]:
    return [part.partition('"')[0] for part in sheet.read_text().split('type="checkbox" value="')[1:]]


def test_photos_in_whose_label_the_classifier_believes_least_come_first(root: Path) -> None:
    said = (
        verdict(f"/elsewhere/{root.name}/images/jeans/00.jpg", jeans=0.9, sarees=0.1)
        + verdict("images/jeans/03.jpg", sarees=0.95, jeans=0.03)
        + verdict("images/sarees/07.jpg", jeans=0.6, sarees=0.4)
    )
    sheet = root / "review.html"
    result = review(root, "--scores", "-", "--out", sheet, "--top", 3, said=said)
    assert result.exit_code == 0, result.output
    assert order(sheet)[:2] == ["images/jeans/03.jpg", "images/sarees/07.jpg"]
    assert "or sarees? +0.92" in sheet.read_text()


def test_one_shot_under_two_labels_comes_before_all_doubt(root: Path) -> None:
    (root / "images/sarees/11.jpg").write_bytes(saved(motif(2), quality=60))
    sheet = root / "review.html"
    review(root, "--out", sheet)
    assert set(order(sheet)[:2]) == {"images/jeans/02.jpg", "images/sarees/11.jpg"}
    assert "same shot under sarees" in sheet.read_text()


def test_a_guess_about_a_photo_is_told_but_does_not_come_before_doubt(root: Path) -> None:
    (root / "images/jeans/04.jpg").write_bytes(saved(np.hstack([scene(1), scene(2)])))
    sheet = root / "review.html"
    review(root, "--scores", "-", "--out", sheet, said=verdict("images/sarees/07.jpg", jeans=0.6, sarees=0.4))
    assert order(sheet)[:2] == ["images/sarees/07.jpg", "images/jeans/04.jpg"]
    assert "several pictures in one?" in sheet.read_text()


def test_what_was_ticked_is_marked_in_the_manifest_and_its_file_stays(root: Path) -> None:
    drop = root / "drop.txt"
    drop.write_text("images/jeans/03.jpg\nimages/sarees/07.jpg\n\n")
    assert review(root, "--drop", drop).exit_code == 0
    assert len(read_dataset(root).photos) == 10
    gone = [line for line in read_manifest(root / MANIFEST_NAME) if line.status != "ok"]
    assert [(line.status, line.reason) for line in gone] == [("dropped", "dropped by a person")] * 2
    assert (root / "images/jeans/03.jpg").exists()


def test_a_plain_folder_gets_a_manifest_when_something_is_dropped(root: Path) -> None:
    (root / MANIFEST_NAME).unlink()
    assert review(root, "--drop", "-", said="images/jeans/03.jpg\n").exit_code == 0
    assert len(read_dataset(root).photos) == 11


def test_bad_scores_a_strange_path_and_nothing_to_do_are_one_line_each(root: Path) -> None:
    assert review(root, "--scores", "-", "--out", root / "x.html", said="jeans 0.9\n").exit_code == 3
    assert review(root, "--drop", "-", said="images/jeans/99.jpg\n").exit_code == 3
    result = review(root)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


@pytest.fixture
def driver() -> Iterator[WebDriver]:
    if not (shutil.which("chromium") or shutil.which("google-chrome")):
        words = "needs Chromium: apt-get install chromium chromium-driver"
        pytest.fail(words) if os.environ.get("CI") == "true" else pytest.skip(words)
    driver = start_browser(Browsing(), signature="test")
    yield driver
    driver.quit()


def test_a_person_ticks_in_the_browser_and_the_ticks_outlive_a_reload(root: Path, driver: WebDriver) -> None:
    sheet = root / "review.html"
    review(root, "--out", sheet)
    driver.get(sheet.as_uri())
    boxes = driver.find_elements(By.CSS_SELECTOR, "input[type=checkbox]")
    assert len(boxes) == 12
    boxes[1].click()
    boxes[4].click()
    chosen = [boxes[1].get_attribute("value"), boxes[4].get_attribute("value")]
    WebDriverWait(driver, 30).until(lambda page: page.find_element(By.ID, "count").text == "2")
    driver.refresh()
    WebDriverWait(driver, 30).until(lambda page: page.find_element(By.ID, "count").text == "2")
    ticked = driver.find_element(By.ID, "ticked").get_attribute("value")
    assert ticked is not None
    assert ticked.splitlines() == chosen
    assert driver.find_element(By.ID, "count").text == "2"
    assert review(root, "--drop", "-", said=ticked).exit_code == 0
    assert len(read_dataset(root).photos) == 10
