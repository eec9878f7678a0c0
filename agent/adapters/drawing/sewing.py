"""How the garments of the class `other` are sewn: fabrics, symmetric panels, sleeves and necklines."""

import random
from dataclasses import dataclass

import numpy as np

from agent.adapters.drawing.cloth import MOTIFS, banded, checked, clouds, denim, plain, printed, striped, tinted
from agent.adapters.drawing.layer import Colour, Floats, Layer, Outline, curve, rounded

COLOURS: tuple[Colour, ...] = (
    (240, 240, 238), (32, 34, 40), (44, 60, 104), (170, 40, 48), (60, 120, 90), (232, 196, 80), (150, 180, 214),
    (226, 150, 160), (126, 126, 130), (110, 76, 130), (214, 120, 60), (70, 150, 170), (196, 180, 150),
)  # fmt: skip
_DENIMS: tuple[Colour, ...] = ((52, 74, 118), (96, 128, 172), (40, 52, 84))
FLIP = np.array([-1, 1], np.float32)
"""Turns an outline's right half into its left."""


@dataclass(frozen=True, slots=True)
class Sleeve:
    """The x of the shoulder, the height of the cuff, half the cuff's width."""

    shoulder: float
    reach: float
    width: float


def choose_fabric(layer: Layer, roll: random.Random, *, kinds: tuple[str, ...]) -> tuple[Floats, Colour]:
    """A cloth of one of the kinds (`plain`, `checks`, `stripes`, `bands`, `print`, `denim`), and its main colour."""
    colour, accent = roll.sample(COLOURS, 2)
    kind = roll.choice(kinds)
    if kind == "denim":
        colour = roll.choice(_DENIMS)
        return denim(layer, roll, colour), colour
    cloth = plain(layer, roll, colour)
    if kind == "checks":
        cloth = checked(layer, cloth, accent, pitch=roll.uniform(0.04, 0.08))
    elif kind == "stripes":
        cloth = striped(layer, cloth, accent, pitch=roll.uniform(0.02, 0.05), width=roll.uniform(0.003, 0.012))
    elif kind == "bands":
        cloth = banded(layer, cloth, accent, pitch=roll.uniform(0.05, 0.1), width=roll.uniform(0.02, 0.04))
    elif kind == "print":
        cloth = printed(layer, cloth, [accent], motif=roll.choice(list(MOTIFS)), pitch=roll.uniform(0.05, 0.1))
    return cloth, colour


def both(half: Outline) -> Outline:
    """The outline whose right half goes from the neck down to the middle of the hem."""
    return np.concatenate([half, (half * FLIP)[::-1]])


def sew(layer: Layer, roll: random.Random, outline: Outline, cloth: Floats, *, depth: float = 0.04) -> None:
    """Lays the cloth into the outline, rounded over `depth` and with soft folds."""
    patch = layer.patch(outline)
    lit = 1 + 0.05 * clouds(layer, roll, cell=(0.06, 0.25))
    layer.paint(patch, cloth, gain=rounded(patch, depth * layer.unit, strength=0.36) * lit[patch.rows, patch.cols])


def sew_sleeves(layer: Layer, roll: random.Random, cloth: Floats, arm: Sleeve) -> None:
    """Both sleeves, hanging a little outward from the shoulder; drawn before the body, which covers their seam."""
    for side in (-1, 1):
        end_x = arm.shoulder + 0.02 + 0.16 * (arm.reach - 0.1)
        outer = curve(
            [(arm.shoulder - 0.08, 0.085), (arm.shoulder - 0.008, 0.112), (end_x + arm.width, arm.reach - 0.02)]
        )
        inner = curve([(end_x - arm.width, arm.reach), (arm.shoulder - 0.025, 0.28), (arm.shoulder - 0.07, 0.28)])
        sew(layer, roll, np.concatenate([outer, inner]) * np.array([side, 1], np.float32), cloth, depth=0.05)
        cuff = [(side * (end_x - arm.width), arm.reach - 0.016), (side * (end_x + arm.width), arm.reach - 0.036)]
        layer.shade(layer.inside(layer.line(cuff, 0.004, soft=0.003)), 0.7)


def sew_neck(layer: Layer, colour: Colour, *, drop: float, width: float = 0.075) -> None:
    """A round neckline that shows the back of the collar inside."""
    hole = np.concatenate(
        [curve([(-width, 0.06), (0, 0.045), (width, 0.06)]), curve([(width, 0.06), (0, 0.06 + drop), (-width, 0.06)])]
    )
    layer.paint(layer.inside(layer.patch(hole)), tinted(colour, 0.5))
    rim = curve(
        [
            (-width, 0.06),
            (-width * 0.7, 0.06 + drop * 0.75),
            (0, 0.06 + drop),
            (width * 0.7, 0.06 + drop * 0.75),
            (width, 0.06),
        ]
    )
    layer.paint(layer.inside(layer.line(rim, 0.018)), tinted(colour, 0.85))
