"""The cut that jeans, trousers and shorts share: two legs and a waistband, and where things lie on them."""

import random
from dataclasses import dataclass

import cv2
import numpy as np

from agent.adapters.drawing.cloth import clouds, folds
from agent.adapters.drawing.layer import Colour, Floats, Layer, Outline, Patch, box, curve, rounded

BAND = 0.042
"""Height of the waistband."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Half-widths at waist and hip, widths of one leg at knee and hem, heights of crotch, knee and hem.

    The waist is at y 0 and a full-length hem at about 1; `spread` is the x of a hem's middle.
    """

    waist: float
    hip: float
    knee: float
    hem: float
    crotch_y: float = 0.31
    hem_y: float = 0.98
    spread: float = 0.11

    @property
    def knee_y(self) -> float:
        """Half-way down the leg."""
        return self.crotch_y + 0.44 * (self.hem_y - self.crotch_y)

    def outseam(self, side: int) -> Outline:
        """The outer edge of the left (-1) or right (1) leg, from the top."""
        knee_x = self._middle(0.44) + self.knee / 2
        return curve(
            [
                (side * self.waist, 0.0),
                (side * (self.waist + 0.005), BAND),
                (side * self.hip, self.crotch_y * 0.68),
                (side * (self.hip * 0.97), self.crotch_y + 0.04),
                (side * knee_x, self.knee_y),
                (side * (self._middle(0.75) + (self.knee + self.hem) / 4), (self.knee_y + self.hem_y) / 2),
                (side * (self.spread + self.hem / 2), self.hem_y),
            ]
        )

    def inseam(self, side: int) -> Outline:
        """The inner edge of that leg, from the crotch."""
        knee_x = self._middle(0.44) - self.knee / 2
        return curve(
            [
                (0.0, self.crotch_y),
                (side * max(0.008, 0.3 * knee_x), self.crotch_y + 0.04),
                (side * knee_x, self.knee_y),
                (side * (self._middle(0.75) - (self.knee + self.hem) / 4), (self.knee_y + self.hem_y) / 2),
                (side * (self.spread - self.hem / 2), self.hem_y),
            ]
        )

    def leg(self, side: int) -> Outline:
        """The outline of that leg with its half of the seat."""
        hem = np.array([(side * self.spread, self.hem_y + 0.006)], np.float32)
        return np.concatenate([self.outseam(side), hem, self.inseam(side)[::-1], np.array([(0, 0)], np.float32)])

    def middle(self, side: int, *, start: float, end: float, share: float = 0.5) -> Outline:
        """The line down the leg at that share of its width (0 inner, 1 outer edge), from height `start` to `end`."""
        ys = np.linspace(start, end, 40, dtype=np.float32)
        outer, inner = self.outseam(side), self.inseam(side)
        outer_x = np.interp(ys, outer[:, 1], outer[:, 0])
        inner_x = np.interp(ys, inner[:, 1], inner[:, 0], left=0.0)
        return np.stack([inner_x + (outer_x - inner_x) * share, ys], axis=1).astype(np.float32)

    def waistband(self) -> Outline:
        """The outline of the waistband, a little curved."""
        left, right = -self.waist, self.waist
        top = curve([(left, 0.0), (0.0, 0.006), (right, 0.0)])
        low = curve([(right + 0.005, BAND), (0.0, BAND + 0.008), (left - 0.005, BAND)])
        return np.concatenate([top, low])

    def _middle(self, share: float) -> float:
        """The x of a leg's middle at that share of the way from crotch to hem."""
        return self.hip / 2 + (self.spread - self.hip / 2) * share


def roll_cut(roll: random.Random, shapes: tuple[str, ...], *, worn: bool) -> Cut:
    """A cut of one of the shapes: slim, straight, wide or flare; worn legs are parted and fuller at the hip."""
    shape = roll.choice(shapes)
    knee, hem = {"slim": (0.098, 0.078), "straight": (0.118, 0.112), "wide": (0.15, 0.165), "flare": (0.105, 0.16)}[
        shape
    ]
    waist = roll.uniform(0.135, 0.155)
    hip = waist + (roll.uniform(0.03, 0.045) if worn else roll.uniform(0.018, 0.035))
    spread = max(roll.uniform(0.1, 0.14) if worn else roll.uniform(0.078, 0.105), hem / 2 + 0.008)
    grown = roll.uniform(0.95, 1.08)
    return Cut(waist, hip, knee * grown, hem * grown, crotch_y=roll.uniform(0.28, 0.33), spread=spread)


def sew_legs(layer: Layer, cut: Cut, cloth: Floats, roll: random.Random, *, crumple: float) -> None:
    """Both legs in that cloth, rounded, with hanging folds; `crumple` (0..1) adds creases at knee, hip and hem."""
    drape = folds(layer, roll, strength=0.022 + 0.03 * crumple)
    creases = 1 + 0.05 * crumple * clouds(layer, roll, cell=(0.12, 0.035))
    for side in (-1, 1):
        patch = layer.patch(cut.leg(side))
        light = 1.04 if side < 0 else 0.96
        gain = rounded(patch, 0.05 * layer.unit, strength=0.34) * light
        gain = gain * drape[patch.rows, patch.cols] * creases[patch.rows, patch.cols]
        layer.paint(patch, cloth, gain=gain)
    # Where the legs meet, the seat folds into a shadow.
    layer.shade(layer.inside(layer.line([(0, cut.crotch_y - 0.02), (0, cut.crotch_y + 0.03)], 0.02, soft=0.015)), 0.72)
    layer.shade(layer.inside(layer.line([(0, BAND), (0, cut.crotch_y)], 0.004, soft=0.003)), 0.75)


def sew_waistband(layer: Layer, cut: Cut, cloth: Floats, *, inner: Colour | None) -> Patch:
    """The waistband; `inner` shows the inside of the back above it, as a garment on a hanger does."""
    if inner is not None:
        back = np.concatenate([curve([(-cut.waist, 0), (0, -0.016), (cut.waist, 0)]), [(0, 0.012)]]).astype(np.float32)
        layer.paint(layer.patch(back), inner, gain=0.6)
    patch = layer.patch(cut.waistband())
    layer.paint(patch, cloth, gain=rounded(patch, 0.012 * layer.unit, strength=0.25))
    layer.shade(layer.inside(layer.line(cut.waistband()[len(cut.waistband()) // 2 :], 0.004, soft=0.003)), 0.7)
    return patch


def fold_flat(layer: Layer, cloth: Floats, roll: random.Random, *, half_width: float, height: float) -> None:
    """A garment folded to a rectangle with soft corners: layers show at its lower and right edge. Top at y 0."""
    for step in (2, 1, 0):
        shift = 0.012 * step
        patch = layer.patch(_soft_box(-half_width + shift, shift, half_width + shift * 0.7, height + shift * 1.3))
        crumple = 1 + 0.025 * clouds(layer, roll, cell=(0.14, 0.1))
        gain = rounded(patch, 0.03 * layer.unit, strength=0.3) * (1 - 0.16 * step) * crumple[patch.rows, patch.cols]
        layer.paint(patch, cloth, gain=gain)


def _soft_box(left: float, top: float, right: float, bottom: float, corner: float = 0.025) -> Outline:
    points = [
        (left + corner, top), (right - corner, top), (right, top + corner), (right, bottom - corner),
        (right - corner, bottom), (left + corner, bottom), (left, bottom - corner), (left, top + corner),
    ]  # fmt: skip
    return np.array(points, np.float32)


def thigh_fade(layer: Layer, cut: Cut, cloth: Floats, roll: random.Random, *, strength: float) -> Floats:
    """The cloth worn pale along thighs and shins, with whiskers at the hips; strength 0..1."""
    height, width = layer.shape
    worn = np.zeros((height, width), np.float32)
    for side in (-1, 1):
        line = layer.line(cut.middle(side, start=cut.crotch_y * 0.75, end=cut.knee_y + 0.06), 0.05, soft=0.03)
        worn[line.rows, line.cols] += line.mask * 0.9
        shin = layer.line(cut.middle(side, start=cut.knee_y + 0.06, end=cut.hem_y - 0.1), 0.03, soft=0.025)
        worn[shin.rows, shin.cols] += shin.mask * 0.45
        for _ in range(4):
            y = cut.crotch_y * roll.uniform(0.68, 1.08)
            whisker = [
                (side * 0.03, y + 0.01),
                (side * 0.09, y),
                (side * (cut.hip - 0.025), y - roll.uniform(0.01, 0.04)),
            ]
            mark = layer.line(curve(whisker), 0.006, soft=0.004)
            worn[mark.rows, mark.cols] += mark.mask * 0.4
    worn = cv2.GaussianBlur(worn, (0, 0), 0.008 * layer.unit)[..., None] * strength
    pale = np.array([214, 222, 228], np.float32)
    return np.asarray(cloth + (pale - cloth) * np.clip(worn, 0, 0.75), np.float32)


def hem_turned_up(layer: Layer, cut: Cut, colour: Colour, *, height: float) -> None:
    """The hem turned up so that the pale inside of the cloth shows."""
    for side in (-1, 1):
        inner, outer = (cut.middle(side, start=cut.hem_y - height, end=cut.hem_y, share=s) for s in (-0.06, 1.06))
        patch = layer.patch(np.concatenate([outer, inner[::-1]]))
        layer.paint(patch, colour, gain=rounded(patch, 0.03 * layer.unit, strength=0.3))
        layer.shade(layer.line([tuple(inner[0]), tuple(outer[0])], 0.004, soft=0.004), 0.7)


def belt_loops(layer: Layer, cut: Cut, colour: Colour, *, thread: Colour | None) -> None:
    """Loops on the waistband; with contrasting bar tacks where a thread colour is given."""
    for share in (-0.72, -0.36, 0.36, 0.72):
        x = share * cut.waist
        loop = layer.patch(box(x - 0.006, -0.004, x + 0.006, BAND + 0.008))
        layer.shade(layer.line([(x, 0), (x, BAND + 0.01)], 0.018, soft=0.004), 0.72)
        layer.paint(loop, colour, gain=rounded(loop, 0.005 * layer.unit, strength=0.3))
        if thread is not None:
            for y in (0.0, BAND + 0.005):
                layer.paint(layer.inside(layer.line([(x - 0.005, y), (x + 0.005, y)], 0.003)), thread)
