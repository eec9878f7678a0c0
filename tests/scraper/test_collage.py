import cv2
import numpy as np
import pytest

from scraper.collage import is_collage
from scraper.picture import decode
from tests.scraper.pictures import Pixels, saved, scene


def as_saved(pixels: Pixels) -> Pixels:
    """What JPEG leaves of a picture."""
    return decode(saved(pixels, quality=80)).pixels


def cut_out(number: int) -> Pixels:
    """A garment on white, with white around it."""
    canvas = np.full((400, 300, 3), 255, np.uint8)
    colour = np.random.default_rng(number).integers(0, 160, 3).tolist()
    cv2.rectangle(canvas, (90, 40), (210, 200), colour, -1)
    cv2.rectangle(canvas, (90, 200), (140, 370), colour, -1)  # two legs with white between them
    cv2.rectangle(canvas, (160, 200), (210, 370), colour, -1)
    return canvas


@pytest.mark.parametrize("number", range(5))
def test_a_single_photo_is_no_collage(number: int) -> None:
    assert not is_collage(as_saved(scene(number)))
    assert not is_collage(as_saved(cut_out(number)))


@pytest.mark.parametrize(
    "panels",
    [
        pytest.param(np.hstack([scene(1), scene(2)]), id="side by side"),
        pytest.param(np.vstack([scene(1), scene(2)]), id="one above the other"),
        pytest.param(np.hstack([scene(1), scene(2), scene(3)]), id="three"),
        pytest.param(np.vstack([np.hstack([scene(1), scene(2)]), np.hstack([scene(3), scene(4)])]), id="four"),
        pytest.param(np.hstack([scene(1), np.full((400, 14, 3), 255, np.uint8), scene(2)]), id="white between"),
        pytest.param(np.hstack([cut_out(1), cut_out(2)]), id="two views on white"),
    ],
)
def test_several_photos_in_one_are_a_collage(panels: Pixels) -> None:
    assert is_collage(as_saved(panels))


def test_a_frame_around_a_photo_makes_no_collage_of_it() -> None:
    framed = cv2.copyMakeBorder(scene(1), 12, 12, 12, 12, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    assert not is_collage(as_saved(np.asarray(framed, dtype=np.uint8)))


def test_a_picture_of_a_few_pixels_is_no_collage() -> None:
    assert not is_collage(np.zeros((1, 1, 3), np.uint8))
    assert not is_collage(np.zeros((3, 400, 3), np.uint8))
