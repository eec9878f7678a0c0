"""Jeans: twill with thigh fades, contrast seams, scooped pockets with rivets, fly, yoke and patch pockets behind."""

import random
from dataclasses import dataclass

import numpy as np

from agent.adapters.drawing.cloth import clouds, denim, tinted
from agent.adapters.drawing.layer import Colour, Floats, Layer, Outline, box, curve, ellipse, rounded
from agent.adapters.drawing.legs import (
    BAND,
    Cut,
    belt_loops,
    fold_flat,
    hem_turned_up,
    roll_cut,
    sew_legs,
    sew_waistband,
    thigh_fade,
)
from agent.scene import chance

_DYES: tuple[Colour, ...] = (
    (38, 52, 88), (52, 74, 118), (74, 102, 150), (104, 136, 178), (140, 168, 200), (58, 84, 120), (30, 38, 62),
    (34, 34, 38), (92, 94, 98), (190, 204, 216), (224, 222, 214), (66, 92, 132),
)  # fmt: skip
_THREADS: tuple[Colour, ...] = ((222, 164, 72), (206, 134, 52), (232, 190, 110), (196, 120, 60))
_COPPER: Colour = (186, 118, 74)
_LEATHER: Colour = (150, 98, 54)
_DARK = 60
"""A dye none of whose channels is above this is sewn in its own tone now and then."""


@dataclass(frozen=True, slots=True, eq=False)  # holds an array
class Sewing:
    """What one pair is made of: dye, thread, cloth, and the pale inside of the cloth."""

    dye: Colour
    thread: Colour
    cloth: Floats
    inside: Colour


def choose_denim(layer: Layer, roll: random.Random) -> Sewing:
    """Blue mostly, also black, grey or white; thread in orange or, on some dark pairs, in the cloth's own tone."""
    dye = tinted(roll.choice(_DYES), roll.uniform(0.9, 1.12))
    tonal = max(dye) < _DARK and chance(roll, 0.3)
    thread = tinted(dye, 1.9) if tonal else roll.choice(_THREADS)
    return Sewing(dye, thread, denim(layer, roll, dye), tinted(dye, 0.7, toward=(205, 212, 220), share=0.6))


def draw_jeans(layer: Layer, roll: random.Random, *, worn: bool, cut: Cut | None = None) -> None:
    """A pair of jeans with its waist at y 0 and its hem at about y 1; front or, more rarely, back."""
    cut = cut or roll_cut(roll, ("slim", "straight", "straight", "flare", "wide"), worn=worn)
    sewing = choose_denim(layer, roll)
    cloth = thigh_fade(layer, cut, sewing.cloth, roll, strength=roll.choice((0.15, 0.4, 0.6, 0.75)))
    sew_legs(layer, cut, cloth, roll, crumple=roll.uniform(0.4, 1.0) if worn else roll.uniform(0.1, 0.6))
    if chance(roll, 0.3):
        _sew_back(layer, cut, sewing, cloth)
    else:
        _sew_front(layer, cut, sewing, cloth)
        if chance(roll, 0.2):
            _rip(layer, cut, roll, skin=(196, 150, 120) if worn else tinted(sewing.dye, 0.35))
    _leg_seams(layer, cut, sewing.thread)
    band = sew_waistband(layer, cut, cloth, inner=None if worn else sewing.inside)
    layer.shade(band, 0.97)
    for y in (0.007, BAND - 0.005):
        layer.stitch(curve([(-cut.waist, y), (0, y + 0.007), (cut.waist, y)]), sewing.thread)
    belt_loops(layer, cut, tinted(sewing.dye, 1.05), thread=sewing.thread)
    if chance(roll, 0.25):
        hem_turned_up(layer, cut, sewing.inside, height=roll.uniform(0.03, 0.055))


def draw_folded_jeans(layer: Layer, roll: random.Random) -> None:
    """A pair folded flat: the seat on top with one back pocket or the scooped front pocket. Top at y 0, 0.62 high."""
    sewing = choose_denim(layer, roll)
    cloth = sewing.cloth + 14 * np.maximum(clouds(layer, roll, cell=(0.2, 0.2)), 0)[..., None]
    half, height = 0.23, roll.uniform(0.52, 0.62)
    fold_flat(layer, np.asarray(cloth, np.float32), roll, half_width=half, height=height)
    thread = sewing.thread
    band = layer.patch(box(-half, 0, half, 0.06))
    layer.paint(band, sewing.cloth, gain=rounded(band, 0.02 * layer.unit, strength=0.3))
    layer.shade(layer.inside(layer.line([(-half, 0.062), (half, 0.062)], 0.005, soft=0.004)), 0.6)
    for y in (0.008, 0.052):
        layer.stitch([(-half, y), (half, y)], thread, width=0.0045, dash=0.016)
    for x in (-0.15, 0.0, 0.15):
        loop = layer.patch(box(x - 0.011, -0.006, x + 0.011, 0.074))
        layer.paint(loop, tinted(sewing.dye, 1.08), gain=rounded(loop, 0.008 * layer.unit, strength=0.4))
    if chance(roll, 0.7):
        _back_pocket(layer, (0.0, 0.17), 2.0, sewing, sewing.cloth)
        layer.stitch(curve([(-half, 0.1), (0.0, 0.125), (half, 0.16)]), thread, width=0.0045, dash=0.016)
    else:
        scoop = curve([(-0.05, 0.06), (-0.02, 0.15), (0.08, 0.2), (half, 0.21)])
        for inset in (0.0, 0.014):
            layer.stitch(scoop + np.array([0, inset], np.float32), thread, width=0.0045, dash=0.016)
        for x, y in ((-0.045, 0.08), (half - 0.02, 0.215)):
            _rivet(layer, x, y, 0.011)
    if chance(roll, 0.6):
        patch = layer.patch(box(0.06, 0.004, 0.17, 0.085))
        layer.paint(patch, _LEATHER, gain=rounded(patch, 0.01 * layer.unit, strength=0.3))


def _sew_front(layer: Layer, cut: Cut, sewing: Sewing, cloth: Floats) -> None:
    thread = sewing.thread
    for side in (-1, 1):
        mouth = curve(
            [(side * 0.5 * cut.waist, BAND), (side * 0.56 * cut.waist, 0.085), (side * 0.8 * cut.hip, 0.118),
             (side * 1.02 * cut.hip, 0.125)]
        )  # fmt: skip
        bag = np.concatenate([mouth, [(side * cut.hip, 0.06), (side * cut.waist, BAND)]]).astype(np.float32)
        layer.shade(layer.inside(layer.patch(bag)), 0.86)
        layer.shade(layer.inside(layer.line(mouth, 0.006, soft=0.004)), 0.6)
        for drop in (0.005, 0.013):
            layer.stitch(mouth + np.array([0, drop], np.float32), thread)
        for x, y in ((0.54 * cut.waist, 0.058), (0.93 * cut.hip, 0.128)):
            _rivet(layer, side * x, y, 0.006)
    coin = box(0.68 * cut.waist, BAND + 0.02, 0.92 * cut.waist, 0.105)
    layer.stitch(coin[[3, 0, 1]], thread)
    bottom = cut.crotch_y * 0.78
    for inset in (0.0, 0.009):
        layer.stitch(curve([(0.034 - inset, BAND), (0.034 - inset, bottom * 0.75), (0.002, bottom - inset)]), thread)
    layer.stitch([(0.006, bottom), (0.006, cut.crotch_y)], thread)
    knob = layer.patch(ellipse(0.012, BAND / 2 + 0.006, 0.011, 0.011))
    layer.paint(knob, cloth)  # drawn again after the waistband by its own shade
    layer.shade(layer.inside(layer.line([(0.0, BAND), (0.0, bottom)], 0.004, soft=0.003)), 0.7)


def _sew_back(layer: Layer, cut: Cut, sewing: Sewing, cloth: Floats) -> None:
    thread = sewing.thread
    for side in (-1, 1):
        yoke = curve([(0.0, 0.135), (side * 0.5 * cut.hip, 0.108), (side * 1.0 * cut.hip, 0.072)])
        layer.shade(layer.inside(layer.line(yoke, 0.006, soft=0.004)), 0.72)
        for drop in (0.0, 0.008):
            layer.stitch(yoke + np.array([0, drop], np.float32), thread)
        _back_pocket(layer, (side * 0.52 * cut.hip, 0.135), 0.95, sewing, cloth)
    for x in (-0.004, 0.004):
        layer.stitch([(x, BAND), (x, cut.crotch_y)], thread)


def _back_pocket(layer: Layer, at: tuple[float, float], size: float, sewing: Sewing, cloth: Floats) -> None:
    """A patch pocket with its pointed end down and a stitched arch; `at` is the middle of its upper edge."""
    x, y = at
    half, deep = 0.056 * size, 0.125 * size

    def sized(inset: float) -> Outline:
        w, h = half - inset, deep - inset
        points = [
            (x - w, y + inset),
            (x + w, y + inset),
            (x + w * 0.9, y + h * 0.8),
            (x, y + h),
            (x - w * 0.9, y + h * 0.8),
        ]
        return np.array([*points, points[0]], np.float32)

    layer.shade(layer.inside(layer.line(sized(0), 0.01 * size, soft=0.006 * size)), 0.62)
    patch = layer.patch(sized(0))
    layer.paint(layer.inside(patch), cloth, gain=1.06 * rounded(patch, 0.012 * size * layer.unit, strength=0.2))
    stitch = 0.003 * (1 + (size - 1) * 0.5)
    for inset in (0.005 * size, 0.012 * size):
        layer.stitch(sized(inset), sewing.thread, width=stitch)
    for drop in (0.045, 0.055):
        arch = [(x - half * 0.8, y + drop * size), (x, y + (drop + 0.028) * size), (x + half * 0.8, y + drop * size)]
        layer.stitch(curve([arch[0], arch[1], arch[1], arch[2]]), sewing.thread, width=stitch)


def _leg_seams(layer: Layer, cut: Cut, thread: Colour) -> None:
    for side in (-1, 1):
        layer.stitch(cut.middle(side, start=cut.crotch_y + 0.02, end=cut.hem_y, share=0.07), thread, width=0.0022)
        outer = cut.middle(side, start=0.13, end=cut.hem_y, share=0.94)
        layer.shade(layer.inside(layer.line(outer, 0.003, soft=0.003)), 0.82)
        for rise in (0.012, 0.019):
            ends = [cut.middle(side, start=cut.hem_y - rise, end=cut.hem_y, share=share)[0] for share in (0.02, 0.98)]
            layer.stitch(np.array(ends, np.float32), thread, width=0.0022)


def _rivet(layer: Layer, x: float, y: float, size: float) -> None:
    patch = layer.patch(ellipse(x, y, size, size))
    layer.paint(layer.inside(patch), _COPPER, gain=rounded(patch, size * layer.unit, strength=0.5))
    layer.paint(layer.patch(ellipse(x - size * 0.25, y - size * 0.25, size * 0.3, size * 0.3)), (250, 226, 190))


def _rip(layer: Layer, cut: Cut, roll: random.Random, *, skin: Colour) -> None:
    """Torn places on the thighs and knees: a frayed slit with pale threads across."""
    places = [(side, roll.uniform(cut.crotch_y + 0.12, cut.knee_y + 0.06)) for side in (-1, 1)]
    if chance(roll, 0.4):
        places.append((roll.choice((-1, 1)), cut.knee_y + roll.uniform(0.1, 0.16)))
    for side, y in places:
        x = float(cut.middle(side, start=y, end=y + 0.01, share=roll.uniform(0.45, 0.6))[0, 0])
        wide, high = cut.knee * roll.uniform(0.24, 0.36), roll.uniform(0.007, 0.02)
        layer.shade(layer.inside(layer.patch(ellipse(x, y, wide * 1.3, high * 1.9))), 1.18)
        layer.paint(layer.inside(layer.patch(_frayed(roll, x, y, (wide * 1.08, high * 1.25)))), (196, 206, 218))
        layer.paint(layer.inside(layer.patch(_frayed(roll, x, y, (wide, high)))), skin, gain=0.85)
        for row in np.arange(-high * 0.8, high, 0.0055):
            bow = roll.uniform(-0.004, 0.004)
            thread = curve([(x - wide * 0.95, y + row), (x, y + row + bow), (x + wide * 0.95, y + row)])
            layer.paint(layer.inside(layer.line(thread, 0.0018)), (214, 222, 230))


def _frayed(roll: random.Random, x: float, y: float, half: tuple[float, float]) -> Outline:
    outline = ellipse(x, y, *half)
    for point in outline:
        point[1] = y + (point[1] - y) * roll.uniform(0.7, 1.15)
    return outline
