"""Skirts, shorts, shoes, bags and caps: the rest of the class `other`."""

import random
from dataclasses import replace

import numpy as np

from agent.adapters.drawing.cloth import MOTIFS, plain, tinted
from agent.adapters.drawing.jeans import draw_jeans
from agent.adapters.drawing.layer import Layer, box, curve, ellipse, rounded
from agent.adapters.drawing.legs import roll_cut
from agent.adapters.drawing.sewing import COLOURS, both, choose_fabric, sew
from agent.scene import chance


def draw_skirt(layer: Layer, roll: random.Random) -> None:
    """A short or knee-long skirt with folds; its waist at y 0.08."""
    cloth, colour = choose_fabric(layer, roll, kinds=("plain", "print", "checks", "bands", "denim"))
    low, flare = roll.uniform(0.65, 0.8), roll.uniform(0.25, 0.34)
    half = curve([(0.14, 0.08), (0.15, 0.13), (0.2, 0.3), (flare, low), (flare, low), (0, low + 0.03)])
    sew(layer, roll, both(half), cloth, depth=0.05)
    for share in np.linspace(-0.85, 0.85, roll.randint(6, 11)):
        fold = curve([(share * 0.14, 0.14), (share * 0.19, 0.35), (share * flare, low + 0.02)])
        layer.shade(layer.inside(layer.line(fold, 0.012, soft=0.01)), 0.68)
        layer.shade(layer.inside(layer.line(fold + np.array([0.018, 0], np.float32), 0.012, soft=0.01)), 1.15)
    band = layer.patch(box(-0.142, 0.07, 0.142, 0.13))
    layer.paint(band, tinted(colour, 0.8), gain=rounded(band, 0.02 * layer.unit, strength=0.3))


def draw_shorts(layer: Layer, roll: random.Random) -> None:
    """Shorts, denim in half of the cases: wider than long, so that nobody takes them for jeans."""
    big = layer.placed(0.0, 0.12, 1.55)
    cut = replace(
        roll_cut(roll, ("wide",), worn=False), knee=0.155, hem=0.16, hem_y=roll.uniform(0.42, 0.5), spread=0.1
    )
    if chance(roll, 0.5):
        draw_jeans(big, roll, worn=False, cut=cut)
        return
    cloth, colour = choose_fabric(big, roll, kinds=("plain", "print", "stripes"))
    for side in (-1, 1):
        sew(big, roll, cut.leg(side), cloth)
    band = big.patch(cut.waistband())
    big.paint(band, tinted(colour, 0.85), gain=rounded(band, 0.01 * big.unit, strength=0.3))
    for side in (-1, 1):
        cord = curve([(0, 0.03), (side * 0.02, 0.07), (side * 0.012, 0.12)])
        big.paint(big.line(cord, 0.006), (240, 240, 240))


def draw_shoe_pair(layer: Layer, roll: random.Random) -> None:
    """Two shoes from the side: sneakers or leather shoes, soles at y 0.62."""
    colour, accent = roll.sample(COLOURS, 2)
    sneaker = chance(roll, 0.6)
    for shift_x, shift_y, gain in ((0.05, -0.12, 0.85), (-0.04, 0.0, 1.0)):
        at = layer.placed(shift_x, 0.3 + shift_y, 0.9)
        upper = curve(
            [(-0.27, 0.3), (-0.27, 0.3), (-0.28, 0.16), (-0.265, 0.08), (-0.2, 0.075), (-0.1, 0.09), (0.0, 0.11),
             (0.1, 0.17), (0.22, 0.2), (0.3, 0.25), (0.31, 0.3), (0.31, 0.3), (-0.27, 0.3)]
        )  # fmt: skip
        patch = at.patch(upper)
        at.paint(patch, plain(at, roll, colour), gain=gain * rounded(patch, 0.06 * at.unit, strength=0.45))
        at.paint(at.inside(at.patch(ellipse(-0.175, 0.085, 0.085, 0.022))), tinted(colour, 0.35))
        cap = curve([(0.16, 0.16), (0.13, 0.22), (0.15, 0.3)])
        at.shade(at.inside(at.line(cap, 0.006, soft=0.003)), 0.6)
        heel = curve([(-0.18, 0.09), (-0.17, 0.18), (-0.2, 0.3)])
        at.shade(at.inside(at.line(heel, 0.006, soft=0.003)), 0.6)
        for step in range(4):
            x, y = -0.06 + 0.04 * step, 0.1 + 0.022 * step
            at.paint(at.line([(x - 0.016, y + 0.045), (x + 0.026, y + 0.004)], 0.009), (244, 244, 244), gain=gain)
        if sneaker:
            stripe = curve([(-0.08, 0.27), (0.0, 0.22), (0.05, 0.16)])
            for step in range(3):
                at.paint(at.inside(at.line(stripe + np.array([0.04 * step - 0.06, 0.0], np.float32), 0.018)), accent)
        sole = at.patch(
            curve(
                [(-0.285, 0.29), (-0.285, 0.34), (0.0, 0.345), (0.3, 0.34), (0.325, 0.29), (0.0, 0.295), (-0.285, 0.29)]
            )
        )
        tone = (244, 242, 238) if sneaker else (52, 40, 34)
        at.paint(sole, tone, gain=gain * rounded(sole, 0.02 * at.unit, strength=0.3))


def draw_bag(layer: Layer, roll: random.Random) -> None:
    """A handbag or tote with handles, its bottom at y 0.64."""
    colour = roll.choice(COLOURS)
    handle = curve([(-0.13, 0.26), (-0.11, 0.1), (0.0, 0.04), (0.11, 0.1), (0.13, 0.26)])
    strap = layer.line(handle, 0.024)
    layer.paint(strap, tinted(colour, 0.7), gain=rounded(strap, 0.012 * layer.unit, strength=0.5))
    body = curve([(-0.22, 0.24), (-0.24, 0.42), (-0.27, 0.63), (-0.27, 0.63), (0, 0.645), (0.27, 0.63), (0.27, 0.63),
                  (0.24, 0.42), (0.22, 0.24), (0.22, 0.24), (0, 0.25), (-0.22, 0.24)])  # fmt: skip
    sew(layer, roll, body, plain(layer, roll, colour), depth=0.06)
    if chance(roll, 0.6):
        flap = layer.patch(
            curve([(-0.222, 0.235), (-0.23, 0.38), (0, 0.46), (0.23, 0.38), (0.222, 0.235), (-0.222, 0.235)])
        )
        layer.shade(
            layer.inside(layer.line(curve([(-0.23, 0.385), (0, 0.468), (0.23, 0.385)]), 0.016, soft=0.01)), 0.55
        )
        layer.paint(flap, tinted(colour, 1.05), gain=rounded(flap, 0.03 * layer.unit, strength=0.3))
    clasp = layer.patch(box(-0.025, 0.43, 0.025, 0.475))
    layer.paint(clasp, (220, 184, 104), gain=rounded(clasp, 0.02 * layer.unit, strength=0.4))
    for x in (-0.13, 0.13):
        layer.paint(layer.patch(ellipse(x, 0.27, 0.016, 0.016)), (214, 180, 104))


def draw_cap(layer: Layer, roll: random.Random) -> None:
    """A baseball cap, its peak to the right, bottom at y 0.6."""
    colour, accent = roll.sample(COLOURS, 2)
    dome = curve(
        [
            (-0.24, 0.52),
            (-0.24, 0.34),
            (-0.1, 0.2),
            (0.06, 0.22),
            (0.16, 0.36),
            (0.17, 0.52),
            (0.17, 0.52),
            (-0.24, 0.52),
        ]
    )
    sew(layer, roll, dome, plain(layer, roll, colour), depth=0.08)
    for seam in ([(-0.04, 0.2), (-0.08, 0.35), (-0.07, 0.52)], [(-0.04, 0.2), (0.06, 0.34), (0.08, 0.52)]):
        layer.shade(layer.inside(layer.line(curve(seam), 0.005, soft=0.003)), 0.65)
    peak = curve([(0.06, 0.47), (0.17, 0.44), (0.3, 0.47), (0.39, 0.535), (0.38, 0.55), (0.26, 0.525), (0.06, 0.525)])
    layer.shade(layer.inside(layer.line(peak[:12], 0.02, soft=0.01)), 0.6)
    sew(layer, roll, peak, plain(layer, roll, accent), depth=0.02)
    layer.paint(layer.patch(ellipse(-0.03, 0.2, 0.02, 0.012)), accent, gain=0.9)
    badge = layer.patch(MOTIFS[roll.choice(list(MOTIFS))](0.05) + np.array([0.03, 0.38], np.float32))
    layer.dye(badge, accent)
