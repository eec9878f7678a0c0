"""The wearer: a person or a shop dummy, and the hanger and plinth that show what nobody wears.

A whole figure is 1 high: crown at y 0.02, shoulders 0.19, waist 0.42, soles 0.97; x 0 is its middle.
"""

import random
from dataclasses import dataclass

import numpy as np

from agent.adapters.drawing.cloth import clouds, plain, tinted
from agent.adapters.drawing.layer import Colour, Layer, box, curve, ellipse, limb, rounded
from agent.scene import chance

SKINS: tuple[Colour, ...] = ((236, 196, 164), (212, 162, 126), (184, 132, 96), (150, 102, 72), (112, 74, 52))
DUMMIES: tuple[Colour, ...] = ((238, 236, 232), (214, 206, 196), (60, 60, 64), (228, 208, 188))
_HAIR: tuple[Colour, ...] = ((24, 20, 18), (44, 30, 22), (70, 46, 30), (120, 118, 116))
_SHIRTS: tuple[Colour, ...] = (
    (240, 240, 240), (40, 40, 44), (150, 170, 196), (180, 60, 60), (70, 110, 90), (220, 200, 150), (90, 96, 120),
    (200, 200, 204), (214, 140, 150),
)  # fmt: skip
_SHOES: tuple[Colour, ...] = ((240, 240, 240), (36, 32, 32), (110, 72, 46), (70, 70, 76), (170, 50, 50))


_PALE = 500
"""A shoe whose channels add up to less gets a white sole."""
_SOLID = 0.4
"""From this cover on, a pixel counts as part of a thing."""


@dataclass(frozen=True, slots=True)
class Body:
    """Whose body: skin or dummy colour, hair (None for a dummy, which may be headless too)."""

    skin: Colour
    hair: Colour | None
    headless: bool

    @classmethod
    def rolled(cls, roll: random.Random) -> "Body":
        """A person, or a dummy in two of five cases."""
        if chance(roll, 0.4):
            return cls(roll.choice(DUMMIES), None, headless=chance(roll, 0.6))
        return cls(roll.choice(SKINS), roll.choice(_HAIR), headless=False)


def draw_limb(layer: Layer, points: list[tuple[float, float, float]], colour: Colour) -> None:
    """A rounded tube of one colour along (x, y, half-width) points."""
    patch = layer.patch(limb(points))
    layer.paint(patch, colour, gain=rounded(patch, 0.022 * layer.unit, strength=0.4))


def draw_head(layer: Layer, body: Body, *, bun: bool) -> None:
    """Neck and head with hair, brows, eyes and mouth; a dummy's face is blank, a headless one ends at the neck."""
    neck_top = 0.14 if body.headless else 0.11
    draw_limb(layer, [(0, neck_top, 0.026), (0, 0.17, 0.027), (0, 0.2, 0.05)], body.skin)
    if body.headless:
        layer.paint(layer.patch(ellipse(0, neck_top, 0.026, 0.008)), tinted(body.skin, 0.7))
        return
    if body.hair is not None and bun:
        long_hair = curve([(-0.05, 0.04), (-0.062, 0.1), (-0.056, 0.17), (0.056, 0.17), (0.062, 0.1), (0.05, 0.04)])
        layer.paint(layer.patch(long_hair), body.hair, gain=0.8)
        draw_limb(layer, [(0, 0.1, 0.024), (0, 0.16, 0.026), (0, 0.2, 0.05)], body.skin)
    face = layer.patch(ellipse(0, 0.078, 0.042, 0.056))
    layer.paint(face, body.skin, gain=rounded(face, 0.03 * layer.unit, strength=0.3))
    if body.hair is None:
        return
    crown = [(-0.046, 0.085), (-0.05, 0.045), (0, 0.014), (0.05, 0.045), (0.046, 0.085)]
    brow = [(0.036, 0.055), (0.008, 0.034), (-0.036, 0.055)]
    hair = layer.patch(np.concatenate([curve(crown), curve(brow)]))
    layer.paint(hair, body.hair, gain=rounded(hair, 0.012 * layer.unit, strength=0.3))
    for side in (-1, 1):
        layer.paint(layer.patch(ellipse(side * 0.017, 0.076, 0.006, 0.0035)), (40, 30, 28))
        layer.shade(layer.line([(side * 0.01, 0.068), (side * 0.025, 0.067)], 0.003), 0.5)
    layer.shade(layer.line([(0.001, 0.08), (0.004, 0.094), (-0.002, 0.096)], 0.002), 0.75)
    layer.paint(layer.line(curve([(-0.013, 0.11), (0, 0.113), (0.013, 0.11)]), 0.004), (166, 84, 80))


def draw_arms(layer: Layer, skin: Colour, roll: random.Random, *, spread: float = 0.0) -> None:
    """Both arms hanging, with hands; `spread` moves the hands outward."""
    for side in (-1, 1):
        out = spread + roll.uniform(0.0, 0.02)
        arm = [(0.1, 0.215, 0.026), (0.125, 0.3, 0.023), (0.14 + out / 2, 0.385, 0.02), (0.145 + out, 0.475, 0.014)]
        draw_limb(layer, [(side * x, y, w) for x, y, w in arm], skin)
        hand = layer.patch(ellipse(side * (0.146 + out), 0.5, 0.016, 0.03))
        layer.paint(hand, skin, gain=rounded(hand, 0.012 * layer.unit, strength=0.35))


def draw_plain_top(layer: Layer, roll: random.Random, *, hem_y: float) -> None:
    """A neutral shirt or tee down to `hem_y`: what stands above the trousers that are meant."""
    colour = roll.choice(_SHIRTS)
    cloth = plain(layer, roll, colour, grain=1.0)
    shape = [(0.035, 0.172), (0.075, 0.185), (0.118, 0.205), (0.1, 0.29), (0.088, 0.38), (0.1, hem_y)]
    right = curve(shape)
    long = chance(roll, 0.4)
    for side in (-1, 1):
        sleeve = [(0.085, 0.208, 0.02), (0.108, 0.235, 0.03), (0.126, 0.27, 0.032), (0.136, 0.31, 0.032)]
        if long:
            sleeve += [(0.15, 0.39, 0.026), (0.162, 0.46, 0.02)]
        patch = layer.patch(limb([(side * x, y, w) for x, y, w in sleeve]))
        layer.paint(patch, cloth, gain=rounded(patch, 0.03 * layer.unit, strength=0.4))
    torso = layer.patch(np.concatenate([right, (right * np.array([-1, 1], np.float32))[::-1]]))
    creases = 1 + 0.05 * clouds(layer, roll, cell=(0.05, 0.1))
    layer.paint(torso, cloth, gain=rounded(torso, 0.05 * layer.unit, strength=0.35) * creases[torso.rows, torso.cols])
    layer.shade(layer.line(curve([(-0.036, 0.174), (0, 0.2), (0.036, 0.174)]), 0.006, soft=0.002), 0.6)


def draw_shoes(layer: Layer, roll: random.Random, *, spread: float, floor_y: float, size: float = 1.0) -> None:
    """A pair of shoes seen from the front, toes a little outward, soles at `floor_y`."""
    colour = roll.choice(_SHOES)
    for side in (-1, 1):
        x = side * spread
        toe = side * 0.014 * size
        shoe = curve(
            [(x - 0.03 * size, floor_y - 0.05 * size), (x - 0.036 * size + toe, floor_y - 0.012 * size),
             (x + toe, floor_y), (x + 0.036 * size + toe, floor_y - 0.012 * size),
             (x + 0.03 * size, floor_y - 0.05 * size)]
        )  # fmt: skip
        patch = layer.patch(shoe)
        layer.paint(patch, colour, gain=rounded(patch, 0.02 * layer.unit * size, strength=0.5))
        sole = curve(
            [(x - 0.034 * size + toe, floor_y - 0.008), (x + toe, floor_y), (x + 0.034 * size + toe, floor_y - 0.008)]
        )
        layer.paint(layer.line(sole, 0.007 * size), (232, 230, 226) if sum(colour) < _PALE else (120, 116, 112))


def draw_hanger(layer: Layer, *, y: float, half_width: float, hook_y: float) -> None:
    """A wire hook from `hook_y` down to a wooden bar at `y`."""
    hook = curve([(0.018, hook_y + 0.022), (0.016, hook_y + 0.004), (0.0, hook_y), (-0.014, hook_y + 0.012),
                  (-0.004, hook_y + 0.032), (0.0, hook_y + 0.05), (0.0, y)])  # fmt: skip
    layer.paint(layer.line(hook, 0.007), (150, 152, 156))
    bar = curve([(-half_width, y + 0.022), (-0.03, y), (0.03, y), (half_width, y + 0.022)])
    wood = layer.line(bar, 0.017)
    layer.paint(wood, (176, 132, 86), gain=rounded(wood, 0.008 * layer.unit, strength=0.5))


def draw_clips(layer: Layer, *, half_width: float, y: float) -> None:
    """Two clips that hold a waistband to the hanger's bar."""
    for side in (-1, 1):
        clip = layer.patch(box(side * half_width - 0.012, y - 0.02, side * half_width + 0.012, y + 0.03))
        layer.paint(clip, (190, 192, 196), gain=rounded(clip, 0.01 * layer.unit, strength=0.5))


def draw_plinth(layer: Layer, roll: random.Random, *, top: float, half_width: float) -> None:
    """A block that stands on the floor and shows what lies or leans on it, from `top` down to the sheet's end."""
    colour = roll.choice(((232, 230, 226), (196, 160, 116), (120, 92, 66), (72, 72, 76)))
    wood = plain(layer, roll, colour)
    layer.paint(layer.patch(box(-half_width, top + 0.06, half_width, 1.0)), wood, gain=0.82)
    lid = [(-half_width * 0.9, top), (half_width * 0.9, top), (half_width, top + 0.06), (-half_width, top + 0.06)]
    layer.paint(layer.patch(lid), wood, gain=1.04)


def set_down(layer: Layer, thing: Layer, *, y: float) -> None:
    """Puts what is painted on another sheet of the same size on this one: its lowest point at `y`, with a shadow."""
    rows = np.flatnonzero(thing.pixels[:, :, 3].max(axis=1) > _SOLID)
    cols = np.flatnonzero(thing.pixels[rows[-1] - 2, :, 3] > _SOLID)
    left, right = ((cols[index] - layer.left) / layer.unit for index in (0, -1))
    layer.shade(layer.inside(layer.line([(left, y), (right, y)], 0.02, soft=0.012)), 0.55)
    drop = round(layer.top + y * layer.unit) - int(rows[-1])
    moved = np.zeros_like(thing.pixels)
    if drop >= 0:
        moved[drop:] = thing.pixels[: moved.shape[0] - drop]
    else:
        moved[:drop] = thing.pixels[-drop:]
    layer.pixels[...] = layer.pixels * (1 - moved[:, :, 3:]) + moved
