import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ConfigError
from agent.fit import InputSpec, Pixels, fit_picture
from agent.framing import Box, Framing, QuarterTurns


def numbered(height: int, width: int) -> Pixels:
    """A picture of which every pixel is another."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = np.arange(height)[:, np.newaxis], np.arange(width)
    return pixels


def test_without_settings_the_picture_stays_as_it_is() -> None:
    pixels = numbered(6, 8)
    assert Framing().applied(pixels).base is pixels
    assert np.array_equal(Framing().applied(pixels), pixels)


@pytest.mark.parametrize(("degrees", "corner"), [(0, (0, 0)), (90, (5, 0)), (180, (5, 7)), (270, (0, 7))])
def test_a_picture_is_turned_clockwise(degrees: QuarterTurns, corner: tuple[int, int]) -> None:
    turned = Framing(degrees).applied(numbered(6, 8))
    assert tuple(turned[0, 0, :2]) == corner
    assert turned.shape[:2] == ((8, 6) if degrees % 180 else (6, 8))


def test_the_crop_is_of_the_turned_picture() -> None:
    framed = Framing(90, Box(0.5, 0.0, 1.0, 0.25)).applied(numbered(6, 8))
    assert framed.shape[:2] == (2, 3)
    assert tuple(framed[0, -1, :2]) == (0, 0)


def test_a_turned_and_cropped_picture_fits_the_model_like_a_copy_of_it() -> None:
    view = Framing(270, Box(0.1, 0.2, 0.9, 0.7)).applied(numbered(60, 80))
    spec = InputSpec(height=32, width=32)
    assert np.array_equal(fit_picture(view, spec), fit_picture(view.copy(), spec))


SIDES = st.floats(0, 1, width=32)


@given(SIDES, SIDES, SIDES, SIDES, st.integers(1, 40), st.integers(1, 40))
def test_a_box_is_refused_or_cuts_a_part_of_any_picture(  # noqa: PLR0913, PLR0917 - four sides of a box, two of a picture
    left: float, top: float, right: float, bottom: float, height: int, width: int
) -> None:
    try:
        box = Box(left, top, right, bottom)
    except ConfigError as error:
        assert "left < right and top < bottom" in error.message  # noqa: PT017 - both outcomes are right
        return
    cut = box.cut(numbered(height, width))
    assert 1 <= cut.shape[0] <= height
    assert 1 <= cut.shape[1] <= width


@pytest.mark.parametrize("box", [(0.5, 0, 0.5, 1), (-0.1, 0, 1, 1), (0, 0, 1.1, 1), (float("nan"), 0, 1, 1)])
def test_a_box_that_can_hold_nothing_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(ConfigError, match="shares from 0 to 1"):
        Box(*box)


def test_boxes_side_by_side_share_no_pixel_and_miss_none() -> None:
    pixels = numbered(7, 9)
    halves = [Box(0.0, 0.0, 0.33, 1.0).cut(pixels), Box(0.33, 0.0, 1.0, 1.0).cut(pixels)]
    assert np.array_equal(np.concatenate(halves, axis=1), pixels)
