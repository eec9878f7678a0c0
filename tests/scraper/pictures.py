"""Photos of our own making: each number is another motif, in any format that a shop sends."""

import io
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]


def motif(number: int, *, width: int = 160, height: int = 200) -> Pixels:
    """A picture that differs from every other number's in shape and colour, the same each time."""
    noise = np.random.default_rng(number)
    canvas = np.full((height, width, 3), 255, np.uint8)
    for _ in range(6):
        colour = noise.integers(0, 220, 3).tolist()
        one, other = (noise.integers(0, (width, height)).tolist() for _ in range(2))
        cv2.rectangle(canvas, one, other, colour, -1)
    return canvas


def saved(pixels: Pixels, kind: str = "JPEG", **how: Any) -> bytes:  # noqa: ANN401 - options of Pillow, which differ by format
    """The picture's bytes in a format."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **how)
    return buffer.getvalue()


def photo(number: int, kind: str = "JPEG", **how: Any) -> bytes:  # noqa: ANN401 - options of Pillow, which differ by format
    return saved(motif(number), kind, **how)


def scene(number: int, *, width: int = 300, height: int = 400) -> Pixels:
    """A photo that is no cut-out: a wall that fades from top to bottom, and somebody in front of it."""
    noise = np.random.default_rng(number)
    shade = 90 + 47 * number % 120  # two photographers' walls are never quite alike
    wall = np.linspace([shade, shade, shade + 10], [shade + 20, shade + 25, shade + 30], height)
    canvas = np.repeat(wall[:, None, :], width, axis=1).astype(np.uint8)
    middle, colour = (width // 2, int(height * 0.55)), noise.integers(0, 255, 3).tolist()
    cv2.ellipse(canvas, middle, (width // 5, height // 3), 0, 0, 360, colour, -1)
    cv2.circle(canvas, (width // 2, height // 6), width // 10, (150, 110, 90), -1)
    return canvas
