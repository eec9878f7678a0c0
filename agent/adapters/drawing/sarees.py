"""Sarees: with pleats and the pallu over a shoulder, hung over a rod, or folded; always with a broad border."""

import random
from dataclasses import dataclass

import numpy as np

from agent.adapters.drawing.cloth import MOTIFS, banded, checked, clouds, plain, printed, striped, zigzag
from agent.adapters.drawing.figure import Body, draw_arms, draw_head, draw_limb
from agent.adapters.drawing.layer import Colour, Floats, Layer, Outline, bolster, box, curve, ellipse, rounded
from agent.scene import chance

_SILKS: tuple[Colour, ...] = (
    (176, 24, 44), (204, 30, 96), (120, 20, 70), (14, 110, 84), (20, 84, 140), (232, 152, 24), (96, 40, 130),
    (226, 96, 36), (18, 130, 138), (240, 196, 52), (150, 20, 30), (236, 130, 160), (40, 44, 100), (238, 230, 212),
    (120, 170, 70), (30, 30, 34),
)  # fmt: skip
_ZARI: tuple[Colour, ...] = ((214, 172, 72), (226, 192, 104), (198, 150, 58), (206, 206, 212))


@dataclass(frozen=True, slots=True, eq=False)  # holds arrays
class Weaving:
    """What one saree is made of: the cloth of its field and of its border, their colours, and the gold between them.

    `broad` is the border's width; `motif` is woven into the pallu.
    """

    field: Floats
    edge: Floats
    colour: Colour
    border: Colour
    zari: Colour
    broad: float
    motif: str

    def pallu(self, layer: Layer, roll: random.Random) -> Floats:
        """The rich cloth of the end that hangs over the shoulder: gold bands and rows of the motif."""
        rich = banded(layer, plain(layer, roll, self.border), self.zari, pitch=0.03, width=0.006)
        return printed(layer, rich, [self.zari, self.border], motif=self.motif, pitch=0.03)


def weave(layer: Layer, roll: random.Random) -> Weaving:
    """A saree in two strong colours."""
    colour, border = roll.sample(_SILKS, 2)
    zari = roll.choice(_ZARI)
    field = _patterned(layer, roll, colour, [zari if chance(roll, 0.5) else border, colour])
    edge = printed(layer, plain(layer, roll, border), [zari], motif="diamond", pitch=0.018)
    return Weaving(field, edge, colour, border, zari, broad=roll.uniform(0.04, 0.07), motif=roll.choice(list(MOTIFS)))


def _patterned(layer: Layer, roll: random.Random, colour: Colour, accents: list[Colour]) -> Floats:
    cloth = plain(layer, roll, colour, grain=1.5)
    kind = roll.choice(("motif", "motif", "motif", "stripes", "checks", "bands", "zigzag", "plain"))
    if kind == "motif":
        return printed(layer, cloth, accents, motif=roll.choice(list(MOTIFS)), pitch=roll.uniform(0.022, 0.05))
    if kind == "stripes":
        return striped(layer, cloth, accents[0], pitch=roll.uniform(0.02, 0.04), width=0.004)
    if kind == "checks":
        return checked(layer, cloth, accents[0], pitch=roll.uniform(0.025, 0.045), share=0.5)
    if kind == "bands":
        return banded(layer, cloth, accents[0], pitch=roll.uniform(0.03, 0.06), width=0.008)
    return zigzag(layer, cloth, accents[0], pitch=roll.uniform(0.02, 0.035)) if kind == "zigzag" else cloth


def draw_worn_saree(layer: Layer, roll: random.Random) -> None:
    """A figure in a saree: skirt with pleats, blouse, pallu from the hip across to the shoulder and down behind."""
    body = Body.rolled(roll)
    weaving = weave(layer, roll)
    # Draped over the left shoulder, which is on the right of the picture; now and then the other way round.
    side = 1 if chance(roll, 0.8) else -1
    _tail(layer, roll, weaving, side)
    draw_head(layer, body, bun=True)
    _torso(layer, roll, weaving, body)
    draw_arms(layer, body.skin, roll, spread=0.03)
    _blouse_sleeves(layer, roll, weaving)
    _skirt(layer, roll, weaving, side)
    _drape(layer, roll, weaving, side)
    if body.hair is not None:
        _jewels(layer, weaving)


def _torso(layer: Layer, roll: random.Random, weaving: Weaving, body: Body) -> None:
    waist = curve([(0.082, 0.3), (0.074, 0.37), (0.085, 0.45)])
    skin = layer.patch(np.concatenate([waist, (waist * np.array([-1, 1], np.float32))[::-1]]))
    layer.paint(skin, body.skin, gain=rounded(skin, 0.03 * layer.unit, strength=0.35))
    cloth = plain(layer, roll, weaving.border)
    half = curve([(0.05, 0.185), (0.1, 0.2), (0.097, 0.27), (0.082, 0.345)])
    neck = curve([(-0.05, 0.185), (-0.035, 0.235), (0.035, 0.235), (0.05, 0.185)])
    blouse = layer.patch(np.concatenate([half, (half * np.array([-1, 1], np.float32))[::-1], neck]))
    layer.paint(blouse, cloth, gain=rounded(blouse, 0.03 * layer.unit, strength=0.4))
    layer.paint(layer.inside(layer.line(neck, 0.006)), weaving.zari)


def _blouse_sleeves(layer: Layer, roll: random.Random, weaving: Weaving) -> None:
    end = roll.uniform(0.26, 0.32)
    for side in (-1, 1):
        points = [(side * 0.095, 0.212, 0.034), (side * 0.116, (0.212 + end) / 2, 0.031), (side * 0.13, end, 0.028)]
        draw_limb(layer, points, weaving.border)
        layer.paint(
            layer.line([(side * 0.13 - 0.026, end - 0.006), (side * 0.13 + 0.026, end + 0.002)], 0.01), weaving.zari
        )


def _skirt(layer: Layer, roll: random.Random, weaving: Weaving, side: int) -> None:
    flare = roll.uniform(0.15, 0.19)
    half = curve([(0.088, 0.425), (0.118, 0.52), (0.128, 0.64), (flare - 0.01, 0.86), (flare, 0.965)])
    hem = curve([(flare, 0.965), (0.05, 0.976), (-0.06, 0.972), (-flare, 0.965)])
    skirt = layer.patch(np.concatenate([half, hem, (half * np.array([-1, 1], np.float32))[::-1]]))
    lit = 1 + 0.07 * clouds(layer, roll, cell=(0.05, 0.4))
    layer.paint(
        skirt, weaving.field, gain=rounded(skirt, 0.05 * layer.unit, strength=0.4) * lit[skirt.rows, skirt.cols]
    )
    _hem_border(layer, weaving, hem)
    # The pleats: a fan of folded cloth tucked in at the waist, a little off the middle.
    count, top_x, low_x = roll.randint(5, 8), -side * 0.012, -side * 0.02
    for number in range(count + 1):
        share = number / count * 2 - 1
        fold = curve([(top_x + share * 0.028, 0.43), (top_x + share * 0.045, 0.6), (low_x + share * 0.085, 0.972)])
        layer.shade(layer.inside(layer.line(fold, 0.006, soft=0.005)), 0.55)
        layer.shade(layer.inside(layer.line(fold + np.array([0.009, 0], np.float32), 0.006, soft=0.005)), 1.28)
    # One wrap runs slantwise round the hip.
    wrap = curve([(side * 0.03, 0.44), (side * 0.09, 0.56), (side * (flare - 0.03), 0.8)])
    layer.shade(layer.inside(layer.line(wrap, 0.01, soft=0.01)), 0.72)


def _hem_border(layer: Layer, weaving: Weaving, hem: Outline) -> None:
    upper = hem - np.array([0, weaving.broad], np.float32)
    layer.dye(layer.patch(np.concatenate([hem, upper[::-1]])), weaving.edge)
    for shift in (0.0, weaving.broad * 0.14, weaving.broad * 0.92):
        layer.paint(
            layer.inside(layer.line(hem - np.array([0, weaving.broad - shift], np.float32), 0.006)), weaving.zari
        )


def _drape(layer: Layer, roll: random.Random, weaving: Weaving, side: int) -> None:
    """The pallu's way from the hip across the chest to the shoulder: slanting folds between two borders."""
    upper = curve([(-side * 0.09, 0.43), (-side * 0.03, 0.36), (side * 0.02, 0.27), (side * 0.05, 0.182)])
    shoulder = [(side * 0.115, 0.19), (side * 0.108, 0.29), (side * 0.1, 0.4)]
    lower = curve([*shoulder, (side * 0.1, 0.47), (side * 0.02, 0.5), (-side * 0.1, 0.47)])
    patch = layer.patch(np.concatenate([upper, lower]))
    layer.paint(patch, weaving.field, gain=rounded(patch, 0.04 * layer.unit, strength=0.35))
    for share in np.linspace(0.15, 0.95, roll.randint(4, 6)):
        start = (-side * 0.09 + side * 0.17 * share, 0.43 + 0.05 * share)
        end = (side * (0.05 + 0.06 * share), 0.184)
        fold = curve([start, (side * (-0.015 + 0.12 * share), 0.34 + 0.03 * share), end])
        layer.shade(layer.inside(layer.line(fold, 0.006, soft=0.006)), 0.68)
        layer.shade(layer.inside(layer.line(fold + np.array([0.008, 0], np.float32), 0.005, soft=0.004)), 1.2)
    rim = np.concatenate([upper + np.array([side * 0.018, 0.006], np.float32)])
    trim = layer.inside(layer.line(rim, 0.03))
    layer.paint(trim, weaving.edge)
    for shift in (0.003, 0.033):
        layer.paint(
            layer.inside(layer.line(upper + np.array([side * shift, shift * 0.35], np.float32), 0.005)), weaving.zari
        )


def _tail(layer: Layer, roll: random.Random, weaving: Weaving, side: int) -> None:
    """The pallu's end, hanging behind the arm: border along both sides, rich weave and tassels at its end."""
    low = roll.uniform(0.72, 0.84)
    out = roll.uniform(0.2, 0.235)
    inner = curve([(side * 0.06, 0.19), (side * 0.07, 0.4), (side * 0.08, low)])
    outer = curve([(side * 0.118, 0.2), (side * (out - 0.03), 0.42), (side * out, low - 0.02)])
    patch = layer.patch(np.concatenate([inner, outer[::-1]]))
    lit = 1 + 0.1 * clouds(layer, roll, cell=(0.03, 0.5))
    layer.paint(
        patch, weaving.field, gain=rounded(patch, 0.03 * layer.unit, strength=0.4) * lit[patch.rows, patch.cols]
    )
    whole = layer.patch(np.concatenate([inner[inner[:, 1] > low - 0.17], outer[::-1][outer[::-1][:, 1] > low - 0.17]]))
    layer.paint(whole, weaving.pallu(layer, roll), gain=lit[whole.rows, whole.cols])
    layer.paint(
        layer.inside(layer.line(outer - np.array([side * 0.014, 0], np.float32), 0.028)), weaving.edge, gain=0.9
    )
    layer.paint(layer.inside(layer.line(outer - np.array([side * 0.03, 0], np.float32), 0.005)), weaving.zari)
    for x in np.linspace(0.085, out - 0.004, 14):
        layer.paint(layer.line([(side * x, low - 0.012), (side * x, low + 0.018)], 0.004), weaving.zari, gain=0.85)


def _jewels(layer: Layer, weaving: Weaving) -> None:
    layer.paint(layer.patch(ellipse(0, 0.062, 0.004, 0.004)), (180, 20, 40))
    layer.paint(layer.line(curve([(-0.035, 0.185), (0, 0.215), (0.035, 0.185)]), 0.005), weaving.zari)
    for side in (-1, 1):
        layer.paint(layer.patch(ellipse(side * 0.043, 0.098, 0.005, 0.009)), weaving.zari)
        for y in (0.452, 0.462):
            layer.paint(layer.line([(side * 0.15, y), (side * 0.19, y)], 0.005), weaving.zari)


def draw_hung_saree(layer: Layer, roll: random.Random) -> None:
    """A saree over a rod: one long fall of cloth with a border down both sides and the pallu at its end."""
    weaving = weave(layer, roll)
    half, low = roll.uniform(0.17, 0.23), roll.uniform(0.9, 0.96)
    rod = layer.patch(box(-half - 0.05, 0.075, half + 0.05, 0.1))
    layer.paint(rod, (150, 112, 74), gain=rounded(rod, 0.012 * layer.unit, strength=0.5))
    for side in (-1, 1):
        layer.paint(layer.line([(side * (half + 0.02), 0.0), (side * (half + 0.02), 0.08)], 0.006), (150, 152, 156))
    side_line = curve([(half, 0.07), (half * 0.97, 0.3), (half * 1.02, 0.6), (half * 1.0, low)])
    bottom = curve([(half, low), (half * 0.4, low + 0.012), (-half * 0.3, low - 0.004), (-half, low)])
    mirrored = (side_line * np.array([-1, 1], np.float32))[::-1]
    patch = layer.patch(np.concatenate([side_line, bottom, mirrored]))
    wave = clouds(layer, roll, cell=(0.055, 0.9))
    lit = 1 + 0.11 * wave
    gain = rounded(patch, 0.03 * layer.unit, strength=0.35) * lit[patch.rows, patch.cols]
    layer.paint(patch, weaving.field, gain=gain)
    end = layer.inside(layer.patch(box(-half * 1.1, low - roll.uniform(0.2, 0.3), half * 1.1, low + 0.02)))
    layer.paint(end, weaving.pallu(layer, roll), gain=lit[end.rows, end.cols])
    for side in (-1, 1):
        edge = side_line * np.array([side, 1], np.float32) - np.array([side * weaving.broad * 0.55, 0], np.float32)
        strip = layer.inside(layer.line(edge, weaving.broad))
        layer.paint(strip, weaving.edge, gain=lit[strip.rows, strip.cols])
        for shift in (-0.5, 0.5):
            rim = edge + np.array([shift * weaving.broad, 0], np.float32)
            layer.paint(layer.inside(layer.line(rim, 0.006)), weaving.zari)
    for x in np.linspace(-half + 0.01, half - 0.01, 26):
        layer.paint(layer.line([(x, low - 0.004), (x, low + 0.024)], 0.004), weaving.zari, gain=0.85)
    shadow = layer.inside(layer.line([(-half, 0.1), (half, 0.1)], 0.012, soft=0.008))
    layer.shade(shadow, 0.7)


def draw_folded_sarees(layer: Layer, roll: random.Random) -> None:
    """One folded saree with its border and pallu to the front, or a pile of them. Top at y 0, up to 0.6 high."""
    if chance(roll, 0.5):
        _pile(layer, roll)
        return
    weaving = weave(layer, roll)
    half, height = roll.uniform(0.24, 0.28), roll.uniform(0.5, 0.6)
    for step in (2, 1, 0):
        patch = layer.patch(box(-half + 0.01 * step, 0.01 * step, half + 0.008 * step, height + 0.014 * step))
        layer.paint(patch, weaving.field, gain=rounded(patch, 0.03 * layer.unit, strength=0.3) * (1 - 0.15 * step))
    deep = weaving.broad * 2.2
    band = layer.patch(box(-half, height - deep, half, height))
    layer.paint(band, weaving.edge, gain=rounded(band, 0.02 * layer.unit, strength=0.2))
    for y in (height - deep, height - deep * 0.85, height - 0.01):
        layer.paint(layer.line([(-half, y), (half, y)], 0.008), weaving.zari)
    # The pallu's corner is folded over, as a seller lays it out.
    reach = roll.uniform(0.5, 0.9) * half
    flap = layer.patch([(half, 0.0), (half, height - deep), (half - reach, height - deep), (half - reach * 0.85, 0.0)])
    layer.shade(
        layer.inside(
            layer.line([(half - reach - 0.01, height - deep), (half - reach * 0.85 - 0.01, 0.0)], 0.02, soft=0.012)
        ),
        0.6,
    )
    layer.paint(flap, weaving.pallu(layer, roll), gain=rounded(flap, 0.03 * layer.unit, strength=0.25))
    layer.paint(layer.line([(half - reach, height - deep), (half - reach * 0.85, 0.0)], 0.012), weaving.zari)


def _pile(layer: Layer, roll: random.Random) -> None:
    """Folded sarees on top of one another, each with its border showing along the fold."""
    count = roll.randint(4, 6)
    thick = 0.56 / count
    for number in range(count):
        weaving = weave(layer, roll)
        half, top = roll.uniform(0.25, 0.29), 0.56 - (number + 1) * thick
        outline = bolster(half, top, thick)
        patch = layer.patch(outline)
        layer.paint(patch, weaving.field, gain=rounded(patch, thick * 0.3 * layer.unit, strength=0.5))
        low, high = top + thick * 0.55, top + thick * 0.92
        band = layer.inside(layer.patch(box(-half - 0.02, low, half + 0.02, high)))
        layer.paint(band, weaving.edge)
        for y in (low, high):
            layer.paint(layer.inside(layer.line([(-half - 0.02, y), (half + 0.02, y)], 0.006)), weaving.zari)
