import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from scraper.cli import main
from scraper.manifest import MANIFEST_NAME, Photo, read_dataset, write_manifest
from tests.scraper.pictures import motif, photo, saved, scene


def dataset(root: Path, files: dict[str, bytes], **more: Any) -> Path:  # noqa: ANN401 - any fields of Photo
    """A dataset with a manifest; a key is label/site/name."""
    rows = []
    for key, raw in files.items():
        label, site, name = key.split("/")
        path = Path("images") / label / f"{name}.jpg"
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(raw)
        rows.append(Photo(path=str(path), label=label, site=site, **more))
    write_manifest(root / MANIFEST_NAME, rows)
    return root


def check(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def report(*arguments: object) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(check("--json", *arguments).stdout)
    return answer


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    files = {
        f"{label}/{site}/{label}{site}{n}": b"" for label in ("jeans", "sarees") for site in "ab" for n in range(3)
    }
    return dataset(tmp_path / "clean", {key: photo(number) for number, key in enumerate(files)})


def test_a_clean_dataset_is_counted_by_label_and_site_and_passes(clean: Path) -> None:
    result = check(clean)
    assert result.exit_code == 0, result.output
    said = report(clean)
    assert said["labels"] == {"jeans": 6, "sarees": 6}
    assert said["sites"] == {"a": {"jeans": 3, "sarees": 3}, "b": {"jeans": 3, "sarees": 3}}
    assert said["sizes"] == {"width": [160, 160, 160], "height": [200, 200, 200], "small": 0}
    assert said["imbalance"] == 1.0


def test_what_is_missing_or_does_not_read_is_named(clean: Path) -> None:
    (clean / "images/jeans/jeansa0.jpg").unlink()
    (clean / "images/jeans/jeansa1.jpg").write_bytes(b"<html>robot?</html>")
    (clean / "images/jeans/jeansa2.jpg").write_bytes(photo(3)[:-500])
    result = check(clean)
    assert result.exit_code == 3
    assert "1 photos of the manifest are missing; 2 photos do not read" in result.stderr
    said = report(clean)
    assert said["missing"] == ["images/jeans/jeansa0.jpg"]
    assert [fault["path"] for fault in said["unreadable"]] == ["images/jeans/jeansa1.jpg", "images/jeans/jeansa2.jpg"]
    assert "images/jeans/jeansa0.jpg" in result.stdout


def test_a_photo_that_is_not_what_the_manifest_names_is_altered(tmp_path: Path) -> None:
    root = dataset(tmp_path, {"jeans/a/1": photo(1), "sarees/a/2": photo(2)}, sha256="0" * 64)
    assert check(root).exit_code == 3
    assert len(report(root)["altered"]) == 2


def test_copies_are_found_within_and_across_labels_and_sites(clean: Path) -> None:
    files = {
        "jeans/a/1": photo(1),
        "jeans/a/2": photo(1),
        "jeans/b/3": saved(motif(2)),
        "sarees/c/4": saved(motif(2), quality=60),
    }
    root = dataset(clean.parent / "copies", files)
    said = report(root)
    equal, near = said["exact_duplicates"], said["near_duplicates"]
    assert equal["groups"] == [["images/jeans/1.jpg", "images/jeans/2.jpg"]]
    assert near["groups"] == [["images/jeans/3.jpg", "images/sarees/4.jpg"]]
    assert (near["surplus"], near["across_sites"], len(near["across_labels"])) == (1, 1, 1)


def test_one_photo_under_two_labels_is_a_contradiction(tmp_path: Path) -> None:
    root = dataset(tmp_path, {"jeans/a/1": photo(1), "sarees/a/2": photo(1)})
    result = check(root)
    assert result.exit_code == 3
    assert "under several labels" in result.stderr


def test_a_blank_tile_is_named_and_is_nobodys_duplicate(tmp_path: Path) -> None:
    grey = motif(1) * 0 + 200
    root = dataset(tmp_path, {"jeans/a/1": saved(grey), "sarees/a/2": saved(grey + 1), "jeans/a/3": photo(1)})
    said = report(root)
    assert said["blank"] == ["images/jeans/1.jpg", "images/sarees/2.jpg"]
    assert said["near_duplicates"]["groups"] == []


def test_a_shot_that_both_datasets_hold_is_a_leak(clean: Path) -> None:
    test = dataset(
        clean.parent / "test",
        {"jeans/b/x": photo(0), "sarees/z/y": saved(motif(7), quality=50), "jeans/z/w": photo(99)},
    )
    result = check(clean, "--against", test)
    assert result.exit_code == 3
    assert "1 photos are in both datasets; 1 photos show the same shot" in result.stderr
    found = report(clean, "--against", test)["leaks"]
    assert found["exact"] == [["images/jeans/jeansa0.jpg", "images/jeans/x.jpg"]]
    assert found["near"] == [["images/sarees/sareesa1.jpg", "images/sarees/y.jpg"]]
    assert found["sites"] == ["b"]


def test_a_site_with_one_label_only_is_pointed_out(tmp_path: Path) -> None:
    root = dataset(tmp_path, {"jeans/bing/1": photo(1), "jeans/shop/2": photo(2), "sarees/shop/3": photo(3)})
    assert report(root)["one_label_sites"] == ["bing"]


def test_failures_of_the_scraper_are_counted_and_are_no_photos(tmp_path: Path) -> None:
    root = dataset(tmp_path, {"jeans/a/1": photo(1), "sarees/a/2": photo(2)})
    rows = [*read_dataset(root).photos, Photo(path="", label="jeans", status="http_404")]
    write_manifest(root / MANIFEST_NAME, rows)
    said = report(root)
    assert (said["photos"], said["failures"]) == (2, {"http_404": 1})


def test_a_folder_per_class_of_another_tool_is_checked_as_well(tmp_path: Path) -> None:
    for label in ("jeans", "sarees"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.png").write_bytes(photo(len(label), "PNG"))
    assert check(tmp_path).exit_code == 0


def manifest_lines(root: Path, *more: Photo) -> None:
    write_manifest(root / MANIFEST_NAME, [*read_dataset(root).photos, *more])


def met_again(raw: bytes, number: int, label: str = "jeans") -> Photo:
    sha256 = hashlib.sha256(raw).hexdigest()
    return Photo(path="", label=label, product=f"P{number}", status="duplicate", sha256=sha256)


def test_one_picture_that_stands_for_many_products_is_a_placeholder(tmp_path: Path) -> None:
    root = dataset(tmp_path, {"jeans/a/1": photo(1), "jeans/a/2": photo(2), "sarees/a/3": photo(3)})
    manifest_lines(root, met_again(photo(2), 9), *(met_again(photo(1), number) for number in range(3)))
    assert report(root)["placeholders"] == ["images/jeans/1.jpg"]
    assert "1 the same for 4 products or more" in check(root).stdout


def test_a_picture_that_was_met_under_another_label_is_named(tmp_path: Path) -> None:
    root = dataset(tmp_path, {"jeans/a/1": photo(1), "sarees/a/3": photo(3)})
    manifest_lines(root, met_again(photo(1), 7, "sarees"), met_again(photo(3), 8, "sarees"))
    assert report(root)["also_under"] == {"images/jeans/1.jpg": ["sarees"]}
    assert "images/jeans/1.jpg, also under sarees" in check(root).stdout


def test_several_pictures_in_one_are_pointed_out(tmp_path: Path) -> None:
    pair = np.hstack([scene(1), scene(2)])
    root = dataset(tmp_path, {"jeans/a/1": saved(pair), "sarees/a/2": saved(scene(3))})
    assert report(root)["collages"] == ["images/jeans/1.jpg"]


def test_what_could_go_is_listed_for_review_to_drop(tmp_path: Path) -> None:
    large = motif(2, width=320, height=400)
    files = {
        "jeans/a/1": photo(1),
        "jeans/a/2": saved(cv2.resize(large, (160, 200), interpolation=cv2.INTER_AREA)),
        "jeans/b/3": saved(large),
        "jeans/b/4": saved(motif(1) * 0 + 200),
        "jeans/c/5": saved(motif(5)),
        "sarees/c/6": saved(motif(5)),
        "sarees/c/7": photo(7),
    }
    root, listed = dataset(tmp_path / "d", files), tmp_path / "drop.txt"
    check(root, "--surplus", listed)
    assert listed.read_text().split() == ["images/jeans/2.jpg", "images/jeans/4.jpg"]
    done = CliRunner().invoke(main, ["review", str(root), "--drop", str(listed)])
    assert done.exit_code == 0, done.output
    assert len(read_dataset(root).photos) == 5


@pytest.mark.parametrize("make", ["nothing", "empty", "strange"])
def test_what_is_no_dataset_is_one_clear_line(tmp_path: Path, make: str) -> None:
    root = tmp_path / "d"
    if make != "nothing":
        root.mkdir()
    if make == "strange":
        (root / MANIFEST_NAME).write_text('{"label": 1}\n')
    result = check(root)
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert str(root) in result.stderr
