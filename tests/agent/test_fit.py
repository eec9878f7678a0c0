from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import PictureError
from agent.fit import InputSpec, fit_picture, load_picture


@given(
    st.integers(1, 90), st.integers(1, 90), st.integers(8, 64), st.integers(8, 64),
    st.sampled_from(["squash", "letterbox", "crop"]),
)  # fmt: skip
def test_any_picture_fits_any_input(height: int, width: int, to_height: int, to_width: int, fit: str) -> None:
    spec = InputSpec(height=to_height, width=to_width, fit=fit)  # type: ignore[arg-type]
    fitted = fit_picture(np.full((height, width, 3), 77, np.uint8), spec)
    assert fitted.shape == (to_height, to_width, 3)
    assert fitted.dtype == np.uint8
    assert np.all(fitted == 77)


def test_letterbox_keeps_proportions_and_repeats_the_edge() -> None:
    picture = np.zeros((20, 40, 3), np.uint8)
    picture[:, :20] = (255, 0, 0)
    fitted = fit_picture(picture, InputSpec(height=40, width=40, fit="letterbox"))
    assert tuple(fitted[0, 0]) == (255, 0, 0)
    assert tuple(fitted[39, 39]) == (0, 0, 0)


def test_crop_takes_the_middle() -> None:
    picture = np.zeros((10, 30, 3), np.uint8)
    picture[:, 10:20] = 200
    assert np.all(fit_picture(picture, InputSpec(height=10, width=10, fit="crop")) == 200)


def test_colours_are_rgb(tmp_path: Path) -> None:
    file = tmp_path / "red.png"
    cv2.imwrite(str(file), np.full((4, 4, 3), (0, 0, 255), np.uint8))  # OpenCV writes BGR
    assert tuple(load_picture(file)[0, 0]) == (255, 0, 0)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0 not a picture", b"<html>404</html>"])
def test_a_file_that_is_no_picture_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.jpg"
    file.write_bytes(content)
    with pytest.raises(PictureError, match=r"broken\.jpg"):
        load_picture(file)


def test_a_missing_picture_says_so(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="No such file"):
        load_picture(tmp_path / "none.jpg")
