import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from scraper.errors import DatasetError
from training.errors import ClassError, RecipeError
from training.photos import read_photos
from training.recipe import read_recipe


def folder_of(root: Path, counts: dict[str, int], shade: int = 0) -> Path:
    for number, (label, count) in enumerate(counts.items()):
        (root / label).mkdir(parents=True)
        for index in range(count):
            pixels = np.full((20, 16, 3), shade + 40 * number + index, np.uint8)
            cv2.imwrite(str(root / label / f"{index}.png"), pixels)
    return root


def test_classes_are_those_found_in_name_order(tmp_path: Path) -> None:
    photos = read_photos([folder_of(tmp_path / "d", {"trousers": 2, "jeans": 3})])
    assert photos.labels == ("jeans", "trousers")
    assert photos.counts() == {"jeans": 3, "trousers": 2}


def test_another_data_set_is_matched_by_name_whatever_its_order(tmp_path: Path) -> None:
    photos = read_photos([folder_of(tmp_path / "t", {"Trousers": 2, "JEANS": 1})], ("jeans", "trousers"))
    assert photos.counts() == {"jeans": 1, "trousers": 2}


def test_a_corrupt_image_is_named_skipped_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = folder_of(tmp_path / "d", {"jeans": 2, "sarees": 2})
    (root / "jeans" / "bad.jpg").write_bytes(b"no picture")
    photos = read_photos([root])
    assert [file.name for file in photos.unreadable] == ["bad.jpg"]
    assert "bad.jpg" in caplog.text
    assert photos.counts()["jeans"] == 2


def test_a_class_with_no_images_is_named(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "d", {"jeans": 2, "sarees": 2})
    (root / "trousers").mkdir()
    with pytest.raises(DatasetError, match="'trousers' has no images") as caught:
        read_photos([root])
    assert caught.value.exit_code == 3


def test_a_class_whose_images_are_all_corrupt_is_named(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "d", {"jeans": 2})
    (root / "sarees").mkdir()
    (root / "sarees" / "a.jpg").write_bytes(b"")
    with pytest.raises(ClassError, match="'sarees' has no readable photo"):
        read_photos([root])


def test_one_class_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(ClassError, match="at least two"):
        read_photos([folder_of(tmp_path / "d", {"jeans": 2})])


@pytest.mark.parametrize("label", ["je/ans", "je+ans", "je#ans"])
def test_a_label_that_cannot_be_a_topic_or_folder_is_refused(tmp_path: Path, label: str) -> None:
    line = json.dumps({"path": "images/a.jpg", "label": label})
    (tmp_path / "manifest.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="line 1"):
        read_photos([tmp_path])


def test_the_same_photo_twice_counts_once(tmp_path: Path) -> None:
    first, second = folder_of(tmp_path / "a", {"jeans": 2, "sarees": 1}), folder_of(tmp_path / "b", {"jeans": 2})
    assert read_photos([first, second]).counts() == {"jeans": 2, "sarees": 1}


def test_a_misspelt_recipe_key_is_an_error(tmp_path: Path) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text('summary = "x"\n[input]\nheight = 32\nwidth = 32\n[network]\n[schedule]\nepoch = 3\n')
    with pytest.raises(RecipeError, match="epoch") as caught:
        read_recipe(str(recipe))
    assert caught.value.exit_code == 2


def test_an_unknown_recipe_lists_those_there_are() -> None:
    with pytest.raises(RecipeError, match="default"):
        read_recipe("none-such")
