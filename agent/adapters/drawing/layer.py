"""The sheet that garments are painted on: anti-aliased panels and seams, in units of the sheet's own height."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Outline = NDArray[np.float32]
"""Points (n, 2) as x, y: y runs 0..1 from the sheet's top to its bottom, x is 0 in the middle, in the same unit."""
Points = Sequence[tuple[float, float]] | Outline
Colour = tuple[float, float, float]
"""RGB, 0..255."""

_SUBPIXEL_BITS = 4
_HALF = 0.5


def curve(points: Points, *, steps: int = 10) -> Outline:
    """A smooth line through all points (Catmull-Rom); a point given twice is a corner."""
    knots = np.asarray(points, np.float32)
    corners = np.flatnonzero((knots[1:] == knots[:-1]).all(axis=1)) + 1
    return np.concatenate([_smooth(part, steps) for part in np.split(knots, corners)])


def _smooth(knots: Outline, steps: int) -> Outline:
    padded = np.concatenate([knots[:1], knots, knots[-1:]])
    at = np.linspace(0, 1, steps, endpoint=False, dtype=np.float32)[:, None]
    pieces = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        bend = 2 * before - 5 * start + 4 * end - after
        twist = 3 * start - before - 3 * end + after
        pieces.append(start + 0.5 * at * ((end - before) + at * (bend + at * twist)))
    return np.concatenate([*pieces, knots[-1:]]).astype(np.float32)


def limb(points: Sequence[tuple[float, float, float]]) -> Outline:
    """The outline of a tapered tube along x, y with half-width w: arms, sleeves, straps. Points are (x, y, w)."""
    spine = np.asarray(points, np.float32)
    along = np.gradient(spine[:, :2], axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) * spine[:, 2:]
    return np.concatenate([curve(spine[:, :2] + across), curve((spine[:, :2] - across)[::-1])])


def ellipse(x: float, y: float, half_width: float, half_height: float) -> Outline:
    """The outline of an upright ellipse."""
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return np.stack([x + half_width * np.cos(turn), y + half_height * np.sin(turn)], axis=1).astype(np.float32)


def box(left: float, top: float, right: float, bottom: float) -> Outline:
    """The outline of an upright rectangle."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)


def bolster(half_width: float, top: float, height: float) -> Outline:
    """The outline of a folded cloth seen from its side: level, with round ends."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, 12)
    end = np.stack([half_width + 0.4 * height * np.cos(turn), top + height * (0.5 + 0.5 * np.sin(turn))], axis=1)
    return np.concatenate([end, (end * np.array([-1, 1]))[::-1]]).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)  # holds an array
class Patch:
    """A part of the sheet: its rows and columns, and how much of each pixel belongs to it (h, w), 0..1."""

    rows: slice
    cols: slice
    mask: Floats


@dataclass(frozen=True, slots=True, eq=False)  # holds an array
class Layer:
    """A transparent sheet. `pixels` is RGBA (height, width, 4), premultiplied, RGB 0..255, A 0..1.

    `unit`, `left` and `top` place the coordinates: a point (x, y) is pixel (left + x * unit, top + y * unit).
    """

    pixels: Floats
    unit: float
    left: float
    top: float

    @classmethod
    def blank(cls, height: int, width: int) -> "Layer":
        """An empty sheet of that many pixels."""
        return cls(np.zeros((height, width, 4), np.float32), float(height), width / 2, 0.0)

    def placed(self, x: float, y: float, scale: float) -> "Layer":
        """The same sheet in coordinates that start at (x, y) and are `scale` times as long: a garment on a body."""
        return replace(self, unit=self.unit * scale, left=self.left + x * self.unit, top=self.top + y * self.unit)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels: what a cloth has to cover."""
        return self.pixels.shape[0], self.pixels.shape[1]

    def grid(self) -> tuple[Floats, Floats]:
        """Every pixel's x (1, width) and y (height, 1)."""
        height, width = self.shape
        xs = ((np.arange(width, dtype=np.float32) - self.left) / self.unit)[None, :]
        ys = ((np.arange(height, dtype=np.float32) - self.top) / self.unit)[:, None]
        return xs.astype(np.float32), ys.astype(np.float32)

    def patch(self, *outlines: Points) -> Patch:
        """The part of the sheet inside the outlines."""
        return self._drawn([self._to_pixels(outline) for outline in outlines], thickness=0)

    def line(self, points: Points, width: float, *, soft: float = 0.0) -> Patch:
        """A line of that width; `soft` blurs its sides by that length."""
        wanted = width * self.unit
        patch = self._drawn([self._to_pixels(points)], thickness=max(1, round(wanted)), pad=1 + 2 * soft * self.unit)
        # OpenCV's thinnest line is one pixel: a finer seam is a fainter one.
        mask = patch.mask * min(1.0, wanted)
        if soft > 0 and mask.size:
            mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), max(soft * self.unit, 0.3)), np.float32)
        return Patch(patch.rows, patch.cols, mask)

    def inside(self, patch: Patch) -> Patch:
        """That part of the patch where something is painted already."""
        return Patch(patch.rows, patch.cols, patch.mask * self.pixels[patch.rows, patch.cols, 3])

    def paint(self, patch: Patch, cloth: Floats | Colour, *, gain: Floats | float = 1.0) -> None:
        """Lays a cloth (the sheet's height, width, 3) or a colour over the patch, its brightness times `gain`."""
        if not patch.mask.size:
            return
        drawn = cloth[patch.rows, patch.cols] if isinstance(cloth, np.ndarray) else np.array(cloth, np.float32)
        shade = gain[..., None] if isinstance(gain, np.ndarray) else gain
        under = self.pixels[patch.rows, patch.cols]
        cover = patch.mask[..., None]
        under *= 1 - cover
        under[..., :3] += np.clip(drawn * shade, 0, 255) * cover
        under[..., 3:] += cover

    def shade(self, patch: Patch, factor: float) -> None:
        """Darkens (below 1) or brightens what is painted under the patch."""
        under = self.pixels[patch.rows, patch.cols, :3]
        under *= 1 + (factor - 1) * patch.mask[..., None]
        np.minimum(under, 255 * self.pixels[patch.rows, patch.cols, 3:], out=under)

    def dye(self, patch: Patch, cloth: Floats | Colour) -> None:
        """Gives what is painted under the patch another colour and keeps its light and shade."""
        if not patch.mask.size:
            return
        bright = self.pixels[patch.rows, patch.cols, :3].mean(axis=2)
        usual = float((bright * patch.mask).sum() / max(float(patch.mask.sum()), 1.0))
        smooth = cv2.GaussianBlur(bright, (0, 0), max(0.004 * self.unit, 0.5)) / max(usual, 1.0)
        self.paint(self.inside(patch), cloth, gain=np.asarray(np.clip(smooth, 0.6, 1.2), np.float32))

    def stitch(self, points: Points, colour: Colour, *, width: float = 0.0025, dash: float = 0.01) -> None:
        """A sewn seam: a row of short threads in a shallow dent, on what is painted already."""
        path = np.asarray(points, np.float32)
        self.shade(self.inside(self.line(path, width * 2, soft=width)), 0.8)
        steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
        reach = np.concatenate([[0.0], np.cumsum(steps)])
        count = max(1, int(reach[-1] / dash))
        starts = np.arange(count) * dash
        ends = starts + 0.68 * dash
        dashes = [
            np.stack([np.interp([a, b], reach, path[:, 0]), np.interp([a, b], reach, path[:, 1])], axis=1)
            for a, b in zip(starts, ends, strict=True)
        ]
        thick = width * self.unit
        drawn = self._drawn([self._to_pixels(piece) for piece in dashes], thickness=max(1, round(thick)), pad=1)
        mask = drawn.mask * min(1.0, thick)
        self.paint(self.inside(Patch(drawn.rows, drawn.cols, mask)), colour)

    def _to_pixels(self, points: Points) -> Floats:
        return np.asarray(points, np.float32) * self.unit + np.array([self.left, self.top], np.float32)

    def _drawn(self, outlines: list[Floats], *, thickness: int, pad: float = 1.0) -> Patch:
        """The patch around the outlines, filled (thickness 0) or as lines."""
        height, width = self.shape
        every = np.concatenate(outlines)
        reach = pad + thickness
        left, top = np.maximum(np.floor(every.min(axis=0) - reach), 0).astype(int)
        right = int(min(np.ceil(every[:, 0].max() + reach) + 1, width))
        bottom = int(min(np.ceil(every[:, 1].max() + reach) + 1, height))
        if right <= left or bottom <= top:
            return Patch(slice(0, 0), slice(0, 0), np.zeros((0, 0), np.float32))
        drawn = np.zeros((bottom - top, right - left), np.uint8)
        corner = np.array([left, top], np.float32)
        fixed = [np.round((points - corner) * (1 << _SUBPIXEL_BITS)).astype(np.int32) for points in outlines]
        if thickness:
            cv2.polylines(drawn, fixed, False, 255, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)  # noqa: FBT003 - OpenCV's
        else:
            for points in fixed:
                cv2.fillPoly(drawn, [points], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        return Patch(slice(top, bottom), slice(left, right), drawn.astype(np.float32) / np.float32(255))


def rounded(patch: Patch, depth: float, *, strength: float = 0.4) -> Floats:
    """The brightness of a bulging surface: 1 inside, down to 1 - strength at its rim, over `depth` pixels; (h, w)."""
    if not patch.mask.size:
        return patch.mask
    framed = cv2.copyMakeBorder((patch.mask > _HALF).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    away = np.minimum(cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1] / max(depth, 1.0), 1.0)
    return np.asarray(1 - strength * (1 - away) ** 2, np.float32)
