"""Which part of a camera's picture is looked at, and which way up: rotation, crop and zones. Nothing is copied."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from agent.errors import ConfigError
from agent.fit import Pixels

_SMALLEST = 0.02  # of a side: under 26 of 1280 pixels there is no garment to be recognised

QuarterTurns = Literal[0, 90, 180, 270]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle as shares 0..1 of a picture's width and height, from its upper left corner: it fits any resolution."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    def __post_init__(self) -> None:
        inside = all(0.0 <= side <= 1.0 for side in (self.left, self.top, self.right, self.bottom))
        if not inside or self.right - self.left < _SMALLEST or self.bottom - self.top < _SMALLEST:
            found = f"[{self.left:g}, {self.top:g}, {self.right:g}, {self.bottom:g}]"
            raise ConfigError(
                f"box: {found} must be [left, top, right, bottom], shares from 0 to 1 with left < right and top < bottom,"
                f" at least {_SMALLEST} apart"
            )

    def cut(self, pixels: Pixels) -> Pixels:
        """The box's part of a picture, at least one pixel, as a view of it."""
        height, width = pixels.shape[:2]
        top, left = min(round(self.top * height), height - 1), min(round(self.left * width), width - 1)
        return pixels[top : max(round(self.bottom * height), top + 1), left : max(round(self.right * width), left + 1)]


@dataclass(frozen=True, slots=True)
class Framing:
    """How a camera's picture is turned (clockwise) and then cropped, before anything looks at it."""

    rotate: QuarterTurns = 0
    crop: Box = Box()

    def applied(self, pixels: Pixels) -> Pixels:
        """The turned and cropped picture, as a view."""
        return self.crop.cut(np.rot90(pixels, -(self.rotate // 90)) if self.rotate else pixels)
