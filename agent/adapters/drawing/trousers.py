"""Trousers: smooth cloth, a pressed crease, slanted pockets, a hooked waistband; no rivets, no contrast seams."""

import random

import numpy as np

from agent.adapters.drawing.cloth import checked, plain, striped, tinted
from agent.adapters.drawing.layer import Colour, Floats, Layer, box, curve, ellipse, rounded
from agent.adapters.drawing.legs import BAND, Cut, belt_loops, fold_flat, roll_cut, sew_legs, sew_waistband
from agent.scene import chance

_DYES: tuple[Colour, ...] = (
    (198, 176, 138), (214, 198, 166), (44, 52, 78), (110, 112, 116), (62, 64, 68), (32, 32, 34), (98, 98, 66),
    (92, 68, 50), (232, 228, 218), (150, 128, 98), (126, 134, 146), (72, 84, 68), (116, 46, 54), (172, 160, 148),
)  # fmt: skip
_WEAVES = ("plain",) * 8 + ("checks",) * 2 + ("pinstripe",)
_DARK = 90
"""A dye none of whose channels is above this is checked or striped in a paler tone."""


def _weave(layer: Layer, roll: random.Random) -> tuple[Floats, Colour]:
    """A smooth cloth, its colour; some with checks or a pinstripe."""
    dye = tinted(roll.choice(_DYES), roll.uniform(0.92, 1.1))
    cloth = plain(layer, roll, dye, grain=1.2)
    kind = roll.choice(_WEAVES)
    other = tinted(dye, 0.72) if max(dye) > _DARK else tinted(dye, 1.0, toward=(220, 220, 225), share=0.35)
    if kind == "checks":
        cloth = checked(layer, cloth, other, pitch=roll.uniform(0.03, 0.055), share=0.4)
        if chance(roll, 0.5):
            cloth = checked(layer, cloth, (200, 190, 170), pitch=roll.uniform(0.05, 0.08), share=0.15)
    elif kind == "pinstripe":
        cloth = striped(layer, cloth, other, pitch=roll.uniform(0.014, 0.024), width=0.002)
    return cloth, dye


def draw_trousers(layer: Layer, roll: random.Random, *, worn: bool) -> None:
    """A pair of trousers with its waist at y 0 and its hem at about y 1; front or, more rarely, back."""
    cut = roll_cut(roll, ("slim", "straight", "straight", "wide"), worn=worn)
    cloth, dye = _weave(layer, roll)
    sew_legs(layer, cut, cloth, roll, crumple=roll.uniform(0.1, 0.5) if worn else 0.05)
    _press(layer, cut, strength=roll.uniform(0.5, 1.0))
    back = chance(roll, 0.2)
    if back:
        _welts(layer, cut, dye)
    else:
        _slant_pockets(layer, cut)
        _fly(layer, cut)
        if chance(roll, 0.45):
            _pleats(layer, cut)
    sew_waistband(layer, cut, cloth, inner=None if worn else tinted(dye, 0.6, toward=(190, 186, 178), share=0.6))
    if chance(roll, 0.45):
        _belt(layer, cut, roll, buckled=not back)
        belt_loops(layer, cut, dye, thread=None)
    else:
        belt_loops(layer, cut, dye, thread=None)
        if not back:
            _tab(layer, dye)
    for side in (-1, 1):
        ends = [cut.middle(side, start=cut.hem_y - 0.035, end=cut.hem_y, share=share)[0] for share in (0.0, 1.0)]
        layer.shade(layer.inside(layer.line(np.array(ends), 0.002, soft=0.002)), 0.88)


def draw_folded_trousers(layer: Layer, roll: random.Random) -> None:
    """A pair folded over once along its crease, waistband up. Top at y 0, about 0.6 high."""
    cloth, dye = _weave(layer, roll)
    half, height = 0.18, roll.uniform(0.54, 0.62)
    fold_flat(layer, cloth, roll, half_width=half, height=height)
    band = layer.patch(box(-half, 0, half * 0.98, 0.06))
    layer.paint(band, cloth, gain=rounded(band, 0.02 * layer.unit, strength=0.25))
    layer.shade(layer.inside(layer.line([(-half, 0.062), (half, 0.062)], 0.004, soft=0.004)), 0.7)
    slant = curve([(0.04, 0.06), (0.1, 0.2), (half, 0.3)])
    layer.shade(layer.inside(layer.line(slant, 0.004, soft=0.004)), 0.6)
    for x in (-0.1, 0.09):
        loop = layer.patch(box(x - 0.009, -0.004, x + 0.009, 0.072))
        layer.paint(loop, dye, gain=rounded(loop, 0.007 * layer.unit, strength=0.4))
    crease = curve([(-half + 0.03, 0.08), (-half + 0.02, height)])
    layer.shade(layer.inside(layer.line(crease, 0.004, soft=0.003)), 1.2)
    layer.shade(layer.inside(layer.line(crease + np.array([0.009, 0], np.float32), 0.008, soft=0.006)), 0.82)
    for x, y in ((half * 0.98, height - 0.03), (half * 0.9, height - 0.055)):
        hem = [(-half, y), (x, y)]
        layer.shade(layer.inside(layer.line(hem, 0.005, soft=0.004)), 0.72)
    _tab(layer.placed(-half + 0.07, 0.0, 1.4), dye)


def _press(layer: Layer, cut: Cut, *, strength: float) -> None:
    """The crease: a lit edge with a shaded side, from below the pocket to the hem."""
    for side in (-1, 1):
        edge = cut.middle(side, start=cut.crotch_y * 0.55, end=cut.hem_y, share=0.5)
        layer.shade(layer.inside(layer.line(edge, 0.004, soft=0.002)), 1 + 0.3 * strength)
        beside = edge + np.array([0.012, 0], np.float32)
        layer.shade(layer.inside(layer.line(beside, 0.016, soft=0.008)), 1 - 0.22 * strength)


def _slant_pockets(layer: Layer, cut: Cut) -> None:
    for side in (-1, 1):
        mouth = np.array([(side * 0.66 * cut.waist, BAND), (side * 0.98 * cut.hip, cut.crotch_y * 0.64)], np.float32)
        layer.shade(layer.inside(layer.line(mouth, 0.004, soft=0.002)), 0.5)
        layer.shade(layer.inside(layer.line(mouth + np.array([side * 0.008, 0], np.float32), 0.012, soft=0.006)), 0.85)
        layer.shade(layer.inside(layer.line(mouth - np.array([side * 0.005, 0], np.float32), 0.003, soft=0.002)), 1.15)


def _fly(layer: Layer, cut: Cut) -> None:
    low = cut.crotch_y * 0.8
    seam = curve([(0.026, BAND), (0.026, low * 0.8), (0.002, low)])
    layer.shade(layer.inside(layer.line(seam, 0.002, soft=0.002)), 0.8)
    layer.shade(layer.inside(layer.line([(0.002, BAND), (0.002, cut.crotch_y)], 0.004, soft=0.002)), 0.62)


def _pleats(layer: Layer, cut: Cut) -> None:
    for side in (-1, 1):
        for x in (0.34, 0.5):
            line = curve([(side * x * cut.waist, BAND), (side * (x + 0.04) * cut.waist, cut.crotch_y * 0.7)])
            layer.shade(layer.inside(layer.line(line, 0.004, soft=0.004)), 0.66)


def _welts(layer: Layer, cut: Cut, dye: Colour) -> None:
    """The back: two slit pockets with a button, and darts above them."""
    for side in (-1, 1):
        x = side * 0.55 * cut.hip
        layer.shade(layer.inside(layer.line([(x - 0.042, 0.13), (x + 0.042, 0.13)], 0.008, soft=0.002)), 0.55)
        layer.shade(layer.inside(layer.line([(x, BAND), (x, 0.12)], 0.003, soft=0.002)), 0.75)
        layer.paint(layer.patch(ellipse(x, 0.147, 0.005, 0.005)), tinted(dye, 0.5))


def _tab(layer: Layer, dye: Colour) -> None:
    """The waistband's end, hooked or buttoned past the fly."""
    end = layer.patch(
        np.array([(-0.002, 0.004), (0.05, 0.004), (0.06, 0.024), (0.05, 0.046), (-0.002, 0.046)], np.float32)
    )
    layer.shade(layer.inside(end), 1.06)
    layer.shade(layer.inside(layer.line([(0.05, 0.006), (0.061, 0.024), (0.05, 0.046)], 0.004, soft=0.002)), 0.55)
    layer.paint(layer.patch(ellipse(0.04, 0.025, 0.006, 0.006)), tinted(dye, 0.6))


def _belt(layer: Layer, cut: Cut, roll: random.Random, *, buckled: bool) -> None:
    leather = roll.choice(((48, 34, 28), (28, 26, 26), (110, 70, 42), (84, 52, 34)))
    strap = layer.patch(
        np.concatenate(
            [curve([(-cut.waist, 0.007), (0, 0.013), (cut.waist, 0.007)]),
             curve([(cut.waist + 0.004, 0.035), (0, 0.042), (-cut.waist - 0.004, 0.035)])]
        )
    )  # fmt: skip
    layer.paint(strap, leather, gain=rounded(strap, 0.012 * layer.unit, strength=0.45))
    if buckled:
        frame = box(-0.024, 0.003, 0.022, 0.049)
        ring = layer.line(np.concatenate([frame, frame[:1]]), 0.006)
        layer.paint(ring, roll.choice(((206, 206, 210), (212, 176, 96))))
