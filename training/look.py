"""What a photo looks like in a kilobyte: enough to find the same shot again, scaled or compressed anew."""

from dataclasses import dataclass

from agent.fit import Pixels
from scraper.hashing import perceptual_hash
from scraper.picture import is_blank, thumbnail


@dataclass(frozen=True, slots=True, eq=False)  # eq: `small` is an array
class Look:
    """`phash` proposes that two photos are one shot, `small` (16x16 RGB) confirms it; a `blank` photo resembles any other."""

    phash: int
    small: Pixels
    blank: bool


def look_at(pixels: Pixels) -> Look:
    """The look of a photo, RGB uint8 (height, width, 3)."""
    return Look(perceptual_hash(pixels), thumbnail(pixels), is_blank(pixels))
