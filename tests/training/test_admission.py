import json
import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from tests.training.drawn import dataset, photo, recipe
from training.admission import Skipped, admit
from training.cli import main
from training.errors import ClassError
from training.look import Look
from training.photos import Sample, read_photos

RED = Image.new("RGB", (40, 60), (220, 30, 30))


def pixels_of(file: Path) -> np.ndarray:
    assert isinstance(admit(file), Look)
    return Sample(file, "0", 0, "").load()


@pytest.mark.parametrize(
    ("mode", "name"),
    [("RGB", "a.jpg"), ("CMYK", "a.jpg"), ("RGBA", "a.png"), ("P", "a.png"), ("RGB", "a.webp"), ("RGB", "a.bmp")],
)
def test_colours_survive_however_they_are_stored(tmp_path: Path, mode: str, name: str) -> None:
    RED.convert(mode).save(tmp_path / name)
    red, green, blue = pixels_of(tmp_path / name).reshape(-1, 3).mean(axis=0)
    assert red > 190
    assert max(green, blue) < 70


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_a_grey_photo_is_a_photo_with_three_equal_channels(tmp_path: Path, mode: str) -> None:
    RED.convert(mode).save(tmp_path / "a.png")
    pixels = pixels_of(tmp_path / "a.png")
    assert pixels.shape == (60, 40, 3)
    assert np.array_equal(pixels[..., 0], pixels[..., 2])


@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_are_scaled_to_eight_and_not_clipped(tmp_path: Path, channels: int) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((60, 40, channels), 128 * 257, np.uint16))
    assert pixels_of(tmp_path / "a.png").mean() == pytest.approx(128, abs=1)


def test_a_photo_taken_with_the_camera_on_its_side_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    RED.save(tmp_path / "a.jpg", exif=exif)
    assert pixels_of(tmp_path / "a.jpg").shape == (40, 60, 3)


@pytest.mark.parametrize("name", ["a.webp", "a.png", "a.gif"])
def test_of_an_animation_the_first_picture_is_taken(tmp_path: Path, name: str) -> None:
    RED.save(tmp_path / name, save_all=True, append_images=[Image.new("RGB", RED.size, (0, 0, 250))], duration=50)
    red, _, blue = pixels_of(tmp_path / name).reshape(-1, 3).mean(axis=0)
    assert red > 190
    assert blue < 70


@pytest.mark.parametrize("side", [8000, 14000])
def test_a_small_file_that_unpacks_into_gigabytes_is_skipped_unopened(tmp_path: Path, side: int) -> None:
    Image.new("1", (side, side)).save(tmp_path / "bomb.png")
    assert admit(tmp_path / "bomb.png") == Skipped(tmp_path / "bomb.png", "too large")


def test_a_large_photo_of_a_phone_is_not_too_large(tmp_path: Path) -> None:
    Image.new("L", (7000, 5000), 90).save(tmp_path / "a.jpg")
    assert isinstance(admit(tmp_path / "a.jpg"), Look)


@pytest.mark.parametrize("size", [(1, 1), (7, 300)])
def test_a_photo_too_small_to_show_a_garment_is_skipped(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size).save(tmp_path / "a.png")
    assert admit(tmp_path / "a.png") == Skipped(tmp_path / "a.png", "too small")


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0 cut", b"<!doctype html><html>"])
def test_what_is_no_picture_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    assert admit(tmp_path / "a.jpg") == Skipped(tmp_path / "a.jpg", "damaged")


def test_skipped_photos_are_named_one_by_one_and_counted_by_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = dataset(tmp_path / "d")
    (root / "images" / "jeans" / "0-0.png").write_bytes(b"")
    (root / "images" / "jeans" / "0-1.png").write_bytes(b"no picture")
    (root / "images" / "sarees" / "0-2.png").unlink()
    with caplog.at_level(logging.WARNING):
        photos = read_photos([root])
    assert [file.name for file in photos.unreadable] == ["0-0.png", "0-1.png", "0-2.png"]
    assert all(name in caplog.text for name in ("0-0.png", "0-1.png", "0-2.png"))
    assert "skipped in all: 2 damaged, 1 missing" in caplog.text


def test_a_test_set_with_a_label_that_the_model_does_not_have_is_refused_by_name(tmp_path: Path) -> None:
    root = dataset(tmp_path / "d", labels=("jeans", "sarees"))
    with pytest.raises(ClassError, match="class 'sarees' is none of the model's jeans, trousers") as caught:
        read_photos([root], ("jeans", "trousers"))
    assert caught.value.exit_code == 3


def test_odd_photos_are_trained_on_and_the_summary_counts_what_was_skipped(tmp_path: Path) -> None:
    root = dataset(tmp_path / "train", sites=range(1))
    odd = root / "images" / "jeans"
    Image.fromarray(photo("jeans", 90)).convert("CMYK").save(odd / "cmyk.jpg")
    Image.fromarray(photo("jeans", 91)).convert("L").resize((9, 8)).save(odd / "little.png")
    Image.new("1", (8000, 8000)).save(odd / "bomb.png")
    (odd / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    with (root / "manifest.jsonl").open("a", encoding="utf-8") as manifest:
        for name in ("cmyk.jpg", "little.png", "bomb.png", "cut.jpg"):
            manifest.write(json.dumps({"path": f"images/jeans/{name}", "label": "jeans", "site": "shop-0"}) + "\n")
    arguments = ["fit", str(root), "--weights", "none", "--recipe", str(recipe(tmp_path, folds=0))]
    result = CliRunner().invoke(main, [*arguments, "--out", str(tmp_path / "run"), "--cache", str(tmp_path / "cache")])
    assert result.exit_code == 0, result.output
    assert "skipped photos, each named above: 1 too large, 1 damaged" in result.stdout
    card = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert card["photos"]["jeans"] == 6
    assert card["skipped"] == {"too large": 1, "damaged": 1}
