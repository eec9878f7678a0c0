"""A whole garment as it is shown (hung, worn, laid on a plinth): a see-through cut-out, or painted into a picture."""

import random
from dataclasses import dataclass, replace

import cv2
import numpy as np

from agent.adapters.drawing import sarees, things, tops
from agent.adapters.drawing.figure import (
    Body,
    draw_arms,
    draw_clips,
    draw_hanger,
    draw_head,
    draw_plain_top,
    draw_plinth,
    draw_shoes,
    set_down,
)
from agent.adapters.drawing.jeans import draw_folded_jeans, draw_jeans
from agent.adapters.drawing.layer import Floats, Layer, ellipse, rounded
from agent.adapters.drawing.trousers import draw_folded_trousers, draw_trousers
from agent.fit import Pixels
from agent.scene import Garment, chance, dice

_OVERSAMPLING = 2
"""Drawn this much larger and shrunk with INTER_AREA: seams thinner than a pixel become faint instead of jagged."""


@dataclass(frozen=True, slots=True, eq=False)  # holds an array
class Cutout:
    """A garment to lay over a picture: RGBA float (height, width, 4), premultiplied, RGB 0..255, A 0..1.

    `reaches_up` is true where a wearer goes on beyond the upper edge, which then belongs at the picture's.
    """

    pixels: Floats
    reaches_up: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle of a picture in pixels."""

    left: int
    top: int
    width: int
    height: int


def cut_out(garment: Garment, height: int) -> Cutout:
    """The garment as shown, `height` pixels high and as wide as it is."""
    roll = dice("style", garment.style_seed, garment.label, garment.holding)
    tall = height * _OVERSAMPLING
    layer = Layer.blank(tall, round(tall * 0.96))
    reaches_up = _PAINTERS[garment.holding](layer, roll, garment)
    columns = np.flatnonzero(layer.pixels[:, :, 3].max(axis=0) > 0)
    trimmed = layer.pixels[:, max(columns[0] - 2, 0) : columns[-1] + 3]
    width = max(1, round(trimmed.shape[1] / _OVERSAMPLING))
    small = cv2.resize(trimmed, (width, height), interpolation=cv2.INTER_AREA)
    return Cutout(np.asarray(small, np.float32), reaches_up)


def draw_garment(canvas: Pixels, garment: Garment, *, frame: Frame) -> None:
    """Paints the garment into the canvas (RGB, changed in place), as large as fits the frame, centred in it."""
    drawn = cut_out(garment, frame.height).pixels
    if drawn.shape[1] > frame.width:
        height = max(1, round(frame.height * frame.width / drawn.shape[1]))
        drawn = np.asarray(cv2.resize(drawn, (frame.width, height), interpolation=cv2.INTER_AREA), np.float32)
    top = frame.top + (frame.height - drawn.shape[0]) // 2
    left = frame.left + (frame.width - drawn.shape[1]) // 2
    rows = slice(max(top, 0), min(top + drawn.shape[0], canvas.shape[0]))
    cols = slice(max(left, 0), min(left + drawn.shape[1], canvas.shape[1]))
    part = drawn[rows.start - top : rows.stop - top, cols.start - left : cols.stop - left]
    under = canvas[rows, cols].astype(np.float32) * (1 - part[:, :, 3:])
    canvas[rows, cols] = np.clip(under + part[:, :, :3] + 0.5, 0, 255).astype(np.uint8)


def _draw_hung(layer: Layer, roll: random.Random, garment: Garment) -> bool:
    if garment.label == "sarees":
        sarees.draw_hung_saree(layer, roll)
        return False
    if garment.label == "other":
        painter = roll.choice(_HUNG)
        draw_hanger(layer, y=0.11, half_width=0.16, hook_y=0.02)
        painter(layer.placed(0.0, 0.07, 0.92), roll)
        return False
    draw_hanger(layer, y=0.1, half_width=0.13, hook_y=0.02)
    _draw_legs(layer.placed(0.0, 0.13, 0.86), roll, garment, worn=False)
    draw_clips(layer, half_width=0.1, y=0.13)
    return False


def _draw_worn(layer: Layer, roll: random.Random, garment: Garment) -> bool:
    if garment.label == "sarees":
        sarees.draw_worn_saree(layer, roll)
        return False
    if garment.label == "other":
        roll.choice(_WORN)(layer, roll)
        return False
    if chance(roll, 0.3):
        _draw_dummy_legs(layer, roll, garment)
        return False
    # A whole wearer, or one whose head and chest are above the picture so that the legs fill it.
    close = chance(roll, 0.7)
    person = layer.placed(0.0, -0.45, 1.47) if close else layer
    body = Body.rolled(roll)
    draw_shoes(person, roll, spread=0.072, floor_y=0.975)
    tucked = chance(roll, 0.5)
    if not tucked:
        _draw_legs(person.placed(0.0, 0.415, 0.555), roll, garment, worn=True)
    draw_head(person, body, bun=False)
    draw_arms(person, body.skin, roll, spread=0.03)
    draw_plain_top(person, roll, hem_y=0.43 if tucked else roll.uniform(0.44, 0.46))
    if tucked:
        _draw_legs(person.placed(0.0, 0.415, 0.555), roll, garment, worn=True)
    return close


def _draw_dummy_legs(layer: Layer, roll: random.Random, garment: Garment) -> None:
    """The lower half of a shop dummy."""
    body = replace(Body.rolled(roll), skin=roll.choice(((238, 236, 232), (214, 206, 196), (70, 70, 74))))
    trunk = layer.patch(ellipse(0, 0.07, 0.125, 0.06))
    layer.paint(trunk, body.skin, gain=rounded(trunk, 0.04 * layer.unit, strength=0.3))
    layer.paint(layer.patch(ellipse(0, 0.028, 0.105, 0.014)), body.skin, gain=0.8)
    draw_shoes(layer, roll, spread=0.115, floor_y=0.985, size=1.4)
    _draw_legs(layer.placed(0.0, 0.07, 0.885), roll, garment, worn=True)


def _draw_legs(layer: Layer, roll: random.Random, garment: Garment, *, worn: bool) -> None:
    (draw_jeans if garment.label == "jeans" else draw_trousers)(layer, roll, worn=worn)


def _draw_laid(layer: Layer, roll: random.Random, garment: Garment) -> bool:
    draw_plinth(layer, roll, top=0.72, half_width=0.37)
    thing = Layer.blank(*layer.shape)
    painters = _FOLDED.get(garment.label, _LAID)
    roll.choice(painters)(thing.placed(0.0, 0.05, 1.08), roll)
    set_down(layer, thing, y=0.755)
    return False


_HUNG = (
    tops.draw_tee, tops.draw_shirt, tops.draw_jacket, tops.draw_dress, tops.draw_kurta, things.draw_skirt,
    things.draw_shorts,
)  # fmt: skip
_WORN = (tops.draw_worn_dress, tops.draw_bust)
_LAID = (things.draw_shoe_pair, things.draw_bag, things.draw_cap, tops.draw_folded_tops)
_FOLDED = {"jeans": (draw_folded_jeans,), "trousers": (draw_folded_trousers,), "sarees": (sarees.draw_folded_sarees,)}
_PAINTERS = {"hung": _draw_hung, "worn": _draw_worn, "laid": _draw_laid}
