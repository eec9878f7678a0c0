"""Cloths: denim, plain and printed fabric that covers a whole sheet; RGB float (height, width, 3), 0..255."""

import random
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import ArrayLike

from agent.adapters.drawing.layer import Colour, Floats, Layer, Outline, curve, ellipse

_Motif = Callable[[float], Outline]
_TILE = 320
"""Side of the noise that is repeated over a cloth, in pixels: too fine for its repeats to be seen."""


def tinted(colour: Colour, gain: float, *, toward: Colour = (0.0, 0.0, 0.0), share: float = 0.0) -> Colour:
    """The colour, brighter by `gain` and mixed with a share of another."""
    mixed = [min(255.0, c * gain) * (1 - share) + t * share for c, t in zip(colour, toward, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def clouds(layer: Layer, roll: random.Random, *, cell: tuple[float, float]) -> Floats:
    """Smooth noise of mean 0 and deviation 1; `cell` is the size of a cloud as x, y lengths; (height, width)."""
    height, width = layer.shape
    rows = max(2, round(height / (cell[1] * layer.unit)))
    cols = max(2, round(width / (cell[0] * layer.unit)))
    small = np.random.default_rng(roll.getrandbits(32)).standard_normal((rows, cols)).astype(np.float32)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def folds(layer: Layer, roll: random.Random, *, strength: float, slant: float = 0.0) -> Floats:
    """Brightness factors of soft folds that hang down, leaning by `slant` (x per y); (height, width), about 1."""
    wide = clouds(layer, roll, cell=(0.07, 0.45)) + 0.6 * clouds(layer, roll, cell=(0.03, 0.25))
    height, width = layer.shape
    lean = np.array([[1, -slant, slant * height / 2], [0, 1, 0]], np.float32)
    leant = cv2.warpAffine(wide, lean, (width, height), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(1 + strength * leant, np.float32)


def plain(layer: Layer, roll: random.Random, colour: Colour, *, grain: float = 2.0) -> Floats:
    """One colour with a fine weave."""
    weave = cv2.GaussianBlur(_specks(roll), (0, 0), 0.8) * 2 * grain
    return np.asarray(np.array(colour, np.float32) + _spread(weave, layer)[..., None], np.float32)


def denim(layer: Layer, roll: random.Random, colour: Colour) -> Floats:
    """Twill: fine diagonal lines of pale weft between dyed warp, with uneven dye in upright streaks."""
    diagonal = np.ascontiguousarray(np.eye(7, dtype=np.float32)[::-1] / 7)
    twill = _spread(cv2.filter2D(_specks(roll), -1, diagonal) * 2.2, layer)
    streaks = clouds(layer, roll, cell=(0.006, 0.12)) * 0.45 + clouds(layer, roll, cell=(0.15, 0.15)) * 0.4
    pale = np.array([1.0, 1.0, 0.92], np.float32)
    return np.asarray(np.array(colour, np.float32) + (10 * twill + 7 * streaks)[..., None] * pale, np.float32)


def _specks(roll: random.Random) -> Floats:
    source = np.random.default_rng(roll.getrandbits(32))
    return source.standard_normal((_TILE, _TILE), np.float32)


def _spread(tile: ArrayLike, layer: Layer) -> Floats:
    """The tile repeated over the whole sheet."""
    drawn = np.asarray(tile, np.float32)
    height, width = layer.shape
    repeats = (-(-height // drawn.shape[0]), -(-width // drawn.shape[1]))
    return np.tile(drawn, repeats)[:height, :width]


def striped(layer: Layer, cloth: Floats, colour: Colour, *, pitch: float, width: float) -> Floats:
    """The cloth with upright stripes every `pitch`, `width` wide."""
    xs, _ = layer.grid()
    on = np.clip((width / 2 - np.abs((xs % pitch) - pitch / 2)) * layer.unit + 0.5, 0, 1)[..., None]
    return np.asarray(cloth * (1 - on) + np.array(colour, np.float32) * on, np.float32)


def banded(layer: Layer, cloth: Floats, colour: Colour, *, pitch: float, width: float) -> Floats:
    """The cloth with level stripes every `pitch`, `width` wide."""
    _, ys = layer.grid()
    on = np.clip((width / 2 - np.abs((ys % pitch) - pitch / 2)) * layer.unit + 0.5, 0, 1)[..., None]
    return np.asarray(cloth * (1 - on) + np.array(colour, np.float32) * on, np.float32)


def checked(layer: Layer, cloth: Floats, colour: Colour, *, pitch: float, share: float = 0.5) -> Floats:
    """The cloth with see-through bands both ways, as woven checks have: twice as strong where they cross."""
    xs, ys = layer.grid()
    across = ((xs % pitch) < pitch * 0.4).astype(np.float32)
    down = ((ys % pitch) < pitch * 0.4).astype(np.float32)
    on = np.clip((across + down) / 2 * share * 2, 0, 1)[..., None]
    return np.asarray(cloth * (1 - on * 0.8) + np.array(colour, np.float32) * on * 0.8, np.float32)


def zigzag(layer: Layer, cloth: Floats, colour: Colour, *, pitch: float) -> Floats:
    """The cloth with level zigzag lines, as ikat and leheriya have."""
    xs, ys = layer.grid()
    wave = np.abs((xs / pitch) % 2 - 1) * pitch
    on = np.clip((pitch * 0.2 - np.abs(((ys + wave) % pitch) - pitch / 2)) * layer.unit, 0, 1)[..., None]
    return np.asarray(cloth * (1 - on) + np.array(colour, np.float32) * on, np.float32)


def printed(layer: Layer, cloth: Floats, colours: list[Colour], *, motif: str, pitch: float) -> Floats:
    """The cloth with a motif (`dot`, `paisley`, `flower`, `diamond`) in staggered rows `pitch` apart."""
    side = max(4, round(pitch * layer.unit))
    dyed = cloth
    for number, colour in enumerate(colours):
        # Two staggered rows are one tile: drawn once, however many motifs the cloth has.
        tile = Layer.blank(2 * side, side)
        shape = MOTIFS[motif](0.165 * (1 - 0.45 * number))
        places = [(x, y) for y in (0.25, 0.75) for x in ((0.0,) if y < 0.5 else (-0.25, 0.25))]  # noqa: PLR2004
        motifs = tile.patch(*[shape + np.array(place, np.float32) for place in places])
        tile.paint(motifs, colour)
        on = _spread(tile.pixels[:, :, 3], layer)[..., None]
        dyed = dyed + (np.array(colour, np.float32) - dyed) * on
    return np.asarray(dyed, np.float32)


def _flower(size: float) -> Outline:
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = size * (0.7 + 0.35 * np.cos(5 * turn))
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1).astype(np.float32)


def _paisley(size: float) -> Outline:
    drop = [(0.1, -1.1), (0.1, -1.1), (-0.35, -0.5), (-0.6, 0.3), (-0.1, 0.9), (0.5, 0.6), (0.55, 0.0), (0.2, -0.4)]
    return curve([(x * size, y * size) for x, y in [*drop, (0.1, -1.1)]], steps=4)


def _diamond(size: float) -> Outline:
    return np.array([(0, -size), (size * 0.7, 0), (0, size), (-size * 0.7, 0)], np.float32)


def _dot(size: float) -> Outline:
    return ellipse(0, 0, size * 0.6, size * 0.6)


MOTIFS: dict[str, _Motif] = {"dot": _dot, "paisley": _paisley, "flower": _flower, "diamond": _diamond}
