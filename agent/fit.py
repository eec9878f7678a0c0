"""Picture into model input: the one path that training, export and agent share, so that no skew can creep in."""

from pathlib import Path
from typing import Annotated, Literal

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.errors import PictureError

Pixels = NDArray[np.uint8]
"""RGB, uint8 0..255, shape (height, width, 3)."""

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
"""What a picture's file name ends in, lower case; other files of a folder are passed over."""

_SIDE = msgspec.Meta(ge=8, le=4096)
_INTERPOLATION = {"area": cv2.INTER_AREA, "linear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST}


class InputSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a picture of any size becomes the model's input: RGB uint8 (height, width, 3).

    `squash` scales both sides freely; `crop` scales until the input is covered and cuts the middle; `letterbox` scales
    until the whole picture fits and repeats its edge pixels into the rest, so that no bar tells one shop from another.
    `interpolation` is used for shrinking; enlarging is linear unless it is `nearest`.
    """

    height: Annotated[int, _SIDE]
    width: Annotated[int, _SIDE]
    fit: Literal["squash", "letterbox", "crop"] = "letterbox"
    interpolation: Literal["area", "linear", "nearest"] = "area"


def load_picture(path: Path) -> Pixels:
    """A picture file as RGB pixels, turned upright by its EXIF orientation.

    Raises:
        PictureError: the file cannot be read or holds no picture.
    """
    try:
        encoded = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise PictureError(f"{path}: cannot be read: {error.strerror}") from error
    return decode_picture(encoded, name=str(path))


def decode_picture(encoded: NDArray[np.uint8], *, name: str) -> Pixels:
    """An encoded picture (JPEG, PNG, WebP...) as RGB pixels; `name` stands in the error.

    Raises:
        PictureError: the bytes hold no picture.
    """
    try:
        bgr = cv2.imdecode(encoded, cv2.IMREAD_COLOR) if encoded.size else None
    except cv2.error as error:
        raise PictureError(f"{name}: not a picture: {error.err}") from error
    if bgr is None:
        raise PictureError(f"{name}: not a picture that can be decoded (damaged, or not JPEG, PNG or WebP)")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def fit_picture(pixels: Pixels, spec: InputSpec) -> Pixels:
    """A picture of any size fitted to the model's input as `spec` says; shape (spec.height, spec.width, 3)."""
    height, width = pixels.shape[:2]
    if spec.fit == "squash":
        return _resize(pixels, spec.height, spec.width, spec)
    ratios = (spec.height / height, spec.width / width)
    scale = min(ratios) if spec.fit == "letterbox" else max(ratios)
    scaled = _resize(pixels, max(1, round(height * scale)), max(1, round(width * scale)), spec)
    return _pad(scaled, spec) if spec.fit == "letterbox" else _cut(scaled, spec)


def _resize(pixels: Pixels, height: int, width: int, spec: InputSpec) -> Pixels:
    if pixels.shape[:2] == (height, width):
        return pixels
    # INTER_AREA is right for shrinking only: enlarging with it repeats pixels in blocks.
    enlarges = height > pixels.shape[0] or width > pixels.shape[1]
    method = "linear" if enlarges and spec.interpolation == "area" else spec.interpolation
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=_INTERPOLATION[method]), np.uint8)


def _pad(pixels: Pixels, spec: InputSpec) -> Pixels:
    down, right = spec.height - pixels.shape[0], spec.width - pixels.shape[1]
    return np.pad(pixels, ((down // 2, down - down // 2), (right // 2, right - right // 2), (0, 0)), mode="edge")


def _cut(pixels: Pixels, spec: InputSpec) -> Pixels:
    top, left = (pixels.shape[0] - spec.height) // 2, (pixels.shape[1] - spec.width) // 2
    return np.ascontiguousarray(pixels[top : top + spec.height, left : left + spec.width])
