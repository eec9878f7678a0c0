import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scraper.cli import main
from scraper.manifest import MANIFEST_NAME, Photo, read_dataset, write_manifest
from tests.scraper.pictures import motif, photo, saved


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two labels from two sites, three photos a product, and one shot that both sites have."""
    rows, number = [], 0
    for label in ("jeans", "sarees"):
        for product in range(20):
            for _ in range(3):
                number += 1
                rows.append((label, "a" if product % 2 else "b", f"{label}{product}", number))
    place = tmp_path / "all"
    lines = []
    for label, site, product, motive in rows:
        path = Path("images") / label / f"{motive:03d}.jpg"
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(photo(motive))
        lines.append(Photo(path=str(path), label=label, site=site, product=product))
    (place / "images/jeans/copy.jpg").write_bytes(saved(motif(1), quality=60))
    lines.append(Photo(path="images/jeans/copy.jpg", label="jeans", site="a", product="other"))
    write_manifest(place / MANIFEST_NAME, lines)
    return place


def split(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["split", *map(str, arguments)])


def parts(out: Path) -> dict[str, tuple[Photo, ...]]:
    return {part.name: read_dataset(part).photos for part in sorted(out.iterdir())}


def test_every_part_has_its_share_of_every_label_and_no_product_is_in_two(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert split(root, "--out", out, "--validation", 0.2, "--test", 0.2).exit_code == 0
    found = parts(out)
    for label in ("jeans", "sarees"):
        sizes = Counter({part: sum(photo.label == label for photo in photos) for part, photos in found.items()})
        assert abs(sizes["train"] - 36) <= 3
        assert abs(sizes["validation"] - 12) <= 3
        assert abs(sizes["test"] - 12) <= 3
    owners = Counter(key for photos in found.values() for key in {(p.site, p.product) for p in photos})
    assert set(owners.values()) == {1}
    assert sum(map(len, found.values())) == 121


def test_copies_of_one_shot_stay_together_and_check_finds_no_leak(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    split(root, "--out", out, "--validation", 0.3, "--test", 0.3)
    homes = {photo.path: part for part, photos in parts(out).items() for photo in photos}
    assert homes["images/jeans/copy.jpg"] == homes["images/jeans/001.jpg"]
    for one, other in (("train", "test"), ("train", "validation"), ("validation", "test")):
        assert CliRunner().invoke(main, ["check", str(out / one), "--against", str(out / other)]).exit_code == 0


def test_the_same_seed_gives_the_same_split_and_another_seed_another(root: Path, tmp_path: Path) -> None:
    for name, seed in (("one", 0), ("two", 0), ("three", 5)):
        split(root, "--out", tmp_path / name, "--seed", seed)
    assert parts(tmp_path / "one") == parts(tmp_path / "two")
    assert parts(tmp_path / "one") != parts(tmp_path / "three")


def test_a_test_site_is_tested_on_whole_and_what_it_shares_is_kept_out_of_training(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = json.loads(split(root, "--out", out, "--test-site", "b", "--json").stdout)
    found = parts(out)
    assert {photo.site for photo in found["test"]} == {"b"}
    assert {photo.site for photo in (*found["train"], *found["validation"])} == {"a"}
    assert said["left_out"] == [{"path": "images/jeans/copy.jpg", "reason": "also on a test site"}]


def test_one_shot_under_two_labels_is_left_out_of_all(root: Path, tmp_path: Path) -> None:
    (root / "images/sarees/100.jpg").write_bytes(photo(5))
    said = json.loads(split(root, "--out", tmp_path / "out", "--json").stdout)
    assert {entry["reason"] for entry in said["left_out"]} == {"one shot under 2 labels"}


def test_a_folder_that_is_in_use_and_a_site_that_is_not_there_are_refused(root: Path, tmp_path: Path) -> None:
    assert split(root, "--out", root).exit_code == 2
    result = split(root, "--out", tmp_path / "out", "--test-site", "c")
    assert (result.exit_code, "there are a, b" in result.stderr) == (2, True)


def test_a_plain_folder_per_class_is_split_as_well(root: Path, tmp_path: Path) -> None:
    (root / MANIFEST_NAME).unlink()
    assert split(root, "--out", tmp_path / "out").exit_code == 0
    assert (tmp_path / "out" / "train" / MANIFEST_NAME).exists()
