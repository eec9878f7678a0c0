"""Which files may be trained on: what holds a picture of a sensible size. The rest is named, skipped and counted."""

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from agent.errors import PictureError
from agent.fit import load_picture
from scraper.picture import MAX_PIXELS
from training.look import Look, look_at

LEAST_SIDE = 8
"""Pixels of a shorter side: with fewer there is no garment to see, and no view to crop."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out, and the kind of reason: `missing`, `damaged`, `too small` or `too large`."""

    file: Path
    reason: str


def admit(file: Path) -> Look | Skipped:
    """The look of a photo, or why it cannot be used, which the log says at length.

    Grey, CMYK, 16-bit, transparent, animated (its first picture) and EXIF-turned photos are photos like any other.
    """
    if not file.is_file():
        return _skip(file, "missing", "no such file")
    width, height = _size(file)
    if width * height > MAX_PIXELS:
        return _skip(file, "too large", f"{width}x{height} pixels, more than {MAX_PIXELS / 1e6:.0f} million")
    try:
        pixels = load_picture(file)
    except PictureError as error:
        return _skip(file, "damaged", error.message.removeprefix(f"{file}: "))
    if min(pixels.shape[:2]) < LEAST_SIDE:
        return _skip(file, "too small", f"{pixels.shape[1]}x{pixels.shape[0]} pixels, a side under {LEAST_SIDE}")
    return look_at(pixels)


def _size(file: Path) -> tuple[int, int]:
    """Width and height as the header states them, before a small file is unpacked into gigabytes; 0x0 if it has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of large files; they are told apart by the size itself
        try:
            with Image.open(file) as image:
                return image.size
        except Image.DecompressionBombError:
            return MAX_PIXELS, 4  # Pillow opens nothing over 179 million pixels, and does not say how many there are
        except (OSError, SyntaxError, ValueError):
            return 0, 0  # whether it is a picture is the decoder's to say


def _skip(file: Path, reason: str, words: str) -> Skipped:
    _log.warning("skipped %s: %s", file, words)
    return Skipped(file, reason)
