"""Tops and one-piece garments of the class `other`: T-shirt, shirt, jacket, dress, kurta, a pile, a bust, a wearer."""

import random

import numpy as np

from agent.adapters.drawing.cloth import MOTIFS, tinted
from agent.adapters.drawing.figure import Body, draw_arms, draw_head, draw_limb, draw_shoes
from agent.adapters.drawing.layer import Layer, bolster, box, curve, ellipse, limb, rounded
from agent.adapters.drawing.sewing import COLOURS, Sleeve, both, choose_fabric, sew, sew_neck, sew_sleeves
from agent.scene import chance

_PALE = 480
"""A shirt whose channels add up to less has pale buttons."""


def draw_tee(layer: Layer, roll: random.Random) -> None:
    """A T-shirt, often with a print on the chest. Shoulders at y 0.06, hem at 0.86."""
    cloth, colour = choose_fabric(layer, roll, kinds=("plain", "plain", "bands", "print"))
    sew_sleeves(layer, roll, cloth, Sleeve(0.24, roll.uniform(0.3, 0.36), 0.075))
    half = curve([(0.07, 0.055), (0.24, 0.09), (0.235, 0.26), (0.225, 0.5), (0.235, 0.86), (0.235, 0.86), (0, 0.87)])
    sew(layer, roll, both(half), cloth)
    sew_neck(layer, colour, drop=roll.uniform(0.05, 0.09))
    accent = roll.choice(COLOURS)
    badges = {
        "circle": ellipse(0, 0.33, 0.09, 0.09),
        "band": box(-0.235, 0.3, 0.235, 0.4),
        "flower": MOTIFS["flower"](0.1) + np.array([0, 0.34], np.float32),
        "words": box(-0.12, 0.31, 0.12, 0.36),
    }
    badge = badges.get(roll.choice((*badges, "none")))
    if badge is not None:
        layer.dye(layer.patch(badge), accent)


def draw_shirt(layer: Layer, roll: random.Random) -> None:
    """A buttoned shirt with collar, placket and cuffs."""
    cloth, colour = choose_fabric(layer, roll, kinds=("plain", "checks", "checks", "stripes", "print"))
    long = chance(roll, 0.6)
    sew_sleeves(layer, roll, cloth, Sleeve(0.23, 0.72, 0.052) if long else Sleeve(0.23, 0.34, 0.075))
    half = curve(
        [(0.06, 0.05), (0.23, 0.1), (0.22, 0.26), (0.215, 0.5), (0.22, 0.84), (0.2, 0.88), (0.1, 0.9), (0, 0.89)]
    )
    sew(layer, roll, both(half), cloth)
    layer.shade(layer.inside(layer.line([(-0.02, 0.1), (-0.02, 0.9)], 0.003, soft=0.003)), 0.7)
    layer.shade(layer.inside(layer.line([(0.024, 0.1), (0.024, 0.9)], 0.005, soft=0.005)), 0.65)
    for y in np.arange(0.16, 0.85, 0.105):
        layer.paint(
            layer.patch(ellipse(0.002, y, 0.01, 0.01)), (244, 240, 230) if sum(colour) < _PALE else (120, 110, 100)
        )
    layer.paint(layer.patch(curve([(-0.06, 0.05), (0, 0.035), (0.06, 0.05), (0, 0.1)])), tinted(colour, 0.5))
    for side in (-1, 1):
        wing = [(side * 0.066, 0.035), (side * 0.11, 0.085), (side * 0.055, 0.155), (side * 0.004, 0.1)]
        patch = layer.patch(wing)
        layer.shade(layer.inside(layer.line([wing[1], wing[2], wing[3]], 0.012, soft=0.008)), 0.6)
        layer.paint(patch, cloth, gain=1.06 * rounded(patch, 0.01 * layer.unit, strength=0.2))
    if chance(roll, 0.6):
        pocket = box(0.07, 0.26, 0.16, 0.38)
        layer.shade(layer.inside(layer.line(np.concatenate([pocket, pocket[:1]]), 0.004, soft=0.003)), 0.68)


def draw_jacket(layer: Layer, roll: random.Random) -> None:
    """A jacket, blazer or hooded top: heavy, open or zipped, with lapels or a hood."""
    cloth, colour = choose_fabric(layer, roll, kinds=("plain", "plain", "checks", "denim"))
    sew_sleeves(layer, roll, cloth, Sleeve(0.25, 0.74, 0.06))
    half = curve([(0.07, 0.05), (0.25, 0.1), (0.24, 0.3), (0.23, 0.55), (0.25, 0.89), (0.25, 0.89), (0, 0.9)])
    sew(layer, roll, both(half), cloth, depth=0.06)
    if chance(roll, 0.5):
        layer.paint(
            layer.patch([(-0.06, 0.06), (0.06, 0.06), (0.0, 0.42)]),
            roll.choice(((240, 240, 240), (200, 214, 230), (60, 60, 64))),
        )
        for side in (-1, 1):
            lapel = [
                (side * 0.06, 0.04),
                (side * 0.14, 0.16),
                (side * 0.11, 0.2),
                (side * 0.13, 0.23),
                (side * 0.004, 0.46),
            ]
            patch = layer.patch(lapel)
            layer.shade(layer.inside(layer.line(lapel[1:], 0.012, soft=0.01)), 0.55)
            layer.paint(patch, cloth, gain=1.12 * rounded(patch, 0.015 * layer.unit, strength=0.25))
        layer.shade(layer.inside(layer.line([(0.004, 0.46), (0.01, 0.9)], 0.005, soft=0.004)), 0.5)
        for y in (0.5, 0.6):
            layer.paint(
                layer.patch(ellipse(0.02, y, 0.012, 0.012)), tinted(colour, 0.5, toward=(120, 100, 80), share=0.4)
            )
    else:
        layer.paint(layer.line([(0, 0.1), (0, 0.9)], 0.014), (190, 190, 196))
        layer.shade(layer.line([(0, 0.1), (0, 0.9)], 0.004), 0.5)
        hood = layer.patch(
            curve([(-0.13, 0.12), (-0.12, 0.03), (0, 0.0), (0.12, 0.03), (0.13, 0.12), (0, 0.19), (-0.13, 0.12)])
        )
        layer.paint(hood, cloth, gain=1.05 * rounded(hood, 0.04 * layer.unit, strength=0.4))
        layer.paint(layer.patch(ellipse(0, 0.075, 0.07, 0.045)), tinted(colour, 0.4))
    for side in (-1, 1):
        pocket = [(side * 0.19, 0.62), (side * 0.09, 0.66)]
        layer.shade(layer.inside(layer.line(pocket, 0.016, soft=0.004)), 0.6)


def draw_dress(layer: Layer, roll: random.Random) -> None:
    """A dress with a waist and a flared skirt, sleeveless or with short sleeves."""
    cloth, colour = choose_fabric(layer, roll, kinds=("plain", "print", "print", "stripes", "checks"))
    if chance(roll, 0.5):
        sew_sleeves(layer, roll, cloth, Sleeve(0.16, 0.22, 0.05))
    low, flare = roll.uniform(0.84, 0.95), roll.uniform(0.22, 0.3)
    half = curve(
        [
            (0.07, 0.05),
            (0.16, 0.075),
            (0.15, 0.2),
            (0.12, 0.38),
            (0.12, 0.38),
            (0.18, 0.55),
            (flare, low),
            (flare, low),
            (0, low + 0.02),
        ]
    )
    sew(layer, roll, both(half), cloth, depth=0.05)
    for share in np.linspace(-0.8, 0.8, 7):
        fold = curve([(share * 0.1, 0.4), (share * 0.17, 0.6), (share * flare, low)])
        layer.shade(layer.inside(layer.line(fold, 0.014, soft=0.012)), 0.76)
    belt = layer.inside(layer.patch(box(-0.2, 0.37, 0.2, 0.405)))
    layer.paint(belt, tinted(colour, 0.45))
    sew_neck(layer, colour, drop=roll.uniform(0.06, 0.12))


def draw_kurta(layer: Layer, roll: random.Random) -> None:
    """A long straight tunic with side slits, a placket and trimmed sleeves."""
    cloth, colour = choose_fabric(layer, roll, kinds=("plain", "print", "print", "stripes"))
    trim = roll.choice(COLOURS)
    sew_sleeves(layer, roll, cloth, Sleeve(0.165, roll.choice((0.34, 0.5)), 0.045))
    half = curve([(0.055, 0.05), (0.16, 0.085), (0.15, 0.22), (0.14, 0.4), (0.19, 0.93), (0.19, 0.93), (0, 0.945)])
    sew(layer, roll, both(half), cloth)
    layer.paint(layer.inside(layer.patch(box(-0.3, 0.89, 0.3, 0.96))), trim)
    layer.paint(layer.inside(layer.patch(box(-0.02, 0.08, 0.02, 0.4))), trim)
    for y in np.arange(0.15, 0.4, 0.06):
        layer.paint(layer.patch(ellipse(0, y, 0.008, 0.008)), (240, 232, 210))
    for side in (-1, 1):
        layer.shade(layer.inside(layer.line([(side * 0.155, 0.55), (side * 0.172, 0.93)], 0.006, soft=0.003)), 0.55)
    sew_neck(layer, colour, drop=0.05, width=0.055)


def draw_folded_tops(layer: Layer, roll: random.Random) -> None:
    """A pile of folded T-shirts and shirts with their collars up front. Top at y 0, 0.56 high."""
    count = roll.randint(3, 5)
    thick = 0.5 / count
    for number in range(count):
        cloth, colour = choose_fabric(layer, roll, kinds=("plain", "plain", "stripes", "checks"))
        half, top = roll.uniform(0.24, 0.27), 0.56 - (number + 1) * thick
        outline = bolster(half, top, thick)
        patch = layer.patch(outline)
        layer.paint(patch, cloth, gain=rounded(patch, thick * 0.4 * layer.unit, strength=0.5))
        collar = layer.patch(
            curve([(-0.08, top + 0.004), (0, top + thick * 0.7), (0.08, top + 0.004), (-0.08, top + 0.004)])
        )
        layer.paint(collar, tinted(colour, 0.7), gain=rounded(collar, 0.02 * layer.unit, strength=0.4))


def draw_worn_dress(layer: Layer, roll: random.Random) -> None:
    """A figure in a dress above the knee, legs bare."""
    body = Body.rolled(roll)
    cloth, colour = choose_fabric(layer, roll, kinds=("plain", "print", "print", "stripes", "bands"))
    for side in (-1, 1):
        draw_limb(
            layer,
            [
                (side * 0.05, 0.55, 0.042),
                (side * 0.052, 0.72, 0.028),
                (side * 0.055, 0.8, 0.028),
                (side * 0.055, 0.94, 0.015),
            ],
            body.skin,
        )
    draw_shoes(layer, roll, spread=0.057, floor_y=0.975, size=0.72)
    draw_head(layer, body, bun=True)
    draw_arms(layer, body.skin, roll, spread=0.03)
    if chance(roll, 0.6):
        for side in (-1, 1):
            arm = [(0.07, 0.205, 0.02), (0.1, 0.22, 0.032), (0.128, 0.28, 0.034)]
            sew(layer, roll, limb([(side * x, y, w) for x, y, w in arm]), cloth, depth=0.03)
    low, flare = roll.uniform(0.62, 0.72), roll.uniform(0.14, 0.2)
    half = curve(
        [
            (0.04, 0.18),
            (0.1, 0.2),
            (0.09, 0.29),
            (0.078, 0.4),
            (0.078, 0.4),
            (0.12, 0.5),
            (flare, low),
            (flare, low),
            (0, low + 0.012),
        ]
    )
    sew(layer, roll, both(half), cloth, depth=0.04)
    for share in np.linspace(-0.8, 0.8, 6):
        layer.shade(
            layer.inside(layer.line(curve([(share * 0.07, 0.42), (share * flare, low)]), 0.01, soft=0.008)), 0.76
        )
    layer.paint(layer.inside(layer.patch(box(-0.1, 0.392, 0.1, 0.412))), tinted(colour, 0.5))


def draw_bust(layer: Layer, roll: random.Random) -> None:
    """A tailor's bust on a stand in a shirt, tee or jacket: worn, but nothing below."""
    body = Body.rolled(roll)
    layer.paint(layer.line([(0, 0.6), (0, 0.93)], 0.022), (110, 112, 116))
    foot = layer.patch(ellipse(0, 0.95, 0.13, 0.022))
    layer.paint(foot, (90, 92, 96), gain=rounded(foot, 0.02 * layer.unit, strength=0.4))
    neck = layer.placed(0.0, -0.09, 1.35)
    draw_limb(neck, [(0, 0.1, 0.03), (0, 0.17, 0.034), (0, 0.22, 0.08)], body.skin)
    neck.paint(neck.patch(ellipse(0, 0.1, 0.03, 0.01)), body.skin, gain=0.75)
    roll.choice((draw_tee, draw_shirt, draw_jacket))(layer.placed(0.0, 0.07, 0.76), roll)
