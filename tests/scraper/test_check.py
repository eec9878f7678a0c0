import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scraper.cli import main
from scraper.manifest import MANIFEST_NAME, Photo, read_dataset, write_manifest
from tests.scraper.pictures import motif, photo, saved


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
