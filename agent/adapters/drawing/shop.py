"""The shop behind the garments (wall, floor, fittings, lamplight), and plain grounds as product photos have."""

import random

import cv2
import numpy as np

from agent.adapters.drawing.cloth import clouds, tinted
from agent.adapters.drawing.layer import Colour, Floats, Layer, box, curve, ellipse, rounded
from agent.fit import Pixels
from agent.scene import chance

FLOOR_Y = 0.8
"""Where wall and floor meet, as a share of the picture's height."""
RAIL_Y = 0.035
"""Height of the rail that hung garments travel on."""

_WALLS: tuple[Colour, ...] = (
    (226, 220, 208), (204, 210, 214), (188, 200, 190), (214, 196, 176), (168, 176, 188), (236, 232, 228),
    (150, 138, 128), (196, 184, 200),
)  # fmt: skip
_FLOORS: tuple[Colour, ...] = ((168, 130, 92), (132, 100, 72), (190, 186, 180), (140, 142, 146), (206, 190, 164))
_GOODS: tuple[Colour, ...] = (
    (120, 132, 148), (170, 160, 146), (150, 118, 104), (104, 118, 108), (196, 186, 170), (130, 120, 140),
    (180, 150, 130),
)  # fmt: skip


def draw_shop(roll: random.Random, height: int, width: int) -> Pixels:
    """An empty shop as its camera sees it, slightly out of focus; RGB uint8 (height, width, 3)."""
    layer = Layer.blank(height, width)
    side = width / height / 2
    _wall(layer, roll, side)
    _floor(layer, roll, side)
    for at, piece in zip(
        (-0.72 * side, 0.72 * side), roll.sample([_shelves, _poster, _plant, _window, _nothing], 2), strict=True
    ):
        piece(layer, roll, at)
    if chance(roll, 0.5):
        _poster(layer, roll, roll.uniform(-0.2, 0.2))
    seen = cv2.GaussianBlur(layer.pixels[:, :, :3], (0, 0), roll.uniform(0.8, 1.8) * height / 480)
    rail = Layer.blank(height, width)
    rail.pixels[:, :, :3], rail.pixels[:, :, 3] = seen, 1.0
    bar = rail.patch(box(-side, RAIL_Y - 0.008, side, RAIL_Y + 0.008))
    rail.shade(rail.line([(-side, RAIL_Y + 0.04), (side, RAIL_Y + 0.04)], 0.02, soft=0.012), 0.88)
    rail.paint(bar, (172, 174, 178), gain=rounded(bar, 0.008 * height, strength=0.5))
    return np.asarray(np.clip(rail.pixels[:, :, :3] * lamplight(layer, roll), 0, 255), np.uint8)


def draw_ground(roll: random.Random, height: int, width: int) -> Pixels:
    """A plain ground as product photos have: studio paper, a coloured wall, boards or tiles; RGB uint8."""
    layer = Layer.blank(height, width)
    kind = roll.choice(("paper", "paper", "wall", "boards", "tiles", "shop", "shop"))
    if kind == "shop":
        return draw_shop(roll, height, width)
    side = width / height / 2
    tone = roll.uniform(0.9, 1.0) * 255
    colour = (tone, tone, tone) if kind == "paper" else tinted(roll.choice(_WALLS + _FLOORS), roll.uniform(0.7, 1.1))
    speck = 1.0 if kind == "paper" else 4.0
    cloth = np.array(colour, np.float32) + speck * clouds(layer, roll, cell=(0.01, 0.01))[..., None]
    layer.paint(layer.patch(box(-side - 0.01, -0.01, side + 0.01, 1.01)), np.asarray(cloth, np.float32))
    if kind in {"boards", "tiles"}:
        pitch = roll.uniform(0.12, 0.25)
        for place in np.arange(-1.0, 1.0, pitch):
            layer.shade(layer.line([(place, 0), (place, 1)], 0.005, soft=0.002), 0.7)
            if kind == "tiles":
                layer.shade(layer.line([(-side, place + 1), (side, place + 1)], 0.005, soft=0.002), 0.7)
    light = lamplight(layer, roll) if kind != "paper" else 1.0
    return np.asarray(np.clip(layer.pixels[:, :, :3] * light, 0, 255), np.uint8)


def lamplight(layer: Layer, roll: random.Random) -> Floats:
    """The light's share a pixel and channel (height, width, 3), about 1: a pool under a lamp, and its warmth."""
    xs, ys = layer.grid()
    lamp_x, lamp_y = roll.uniform(-0.3, 0.3), roll.uniform(0.1, 0.5)
    pool = np.exp(-((xs - lamp_x) ** 2 + (ys - lamp_y) ** 2) / 0.5)
    level = roll.uniform(0.8, 0.98) * (0.82 + 0.26 * pool)
    warmth = roll.uniform(-0.04, 0.07)
    return np.asarray(level[..., None] * np.array([1 + warmth, 1.0, 1 - warmth], np.float32), np.float32)


def _wall(layer: Layer, roll: random.Random, side: float) -> None:
    colour = roll.choice(_WALLS)
    speckled = np.array(colour, np.float32) + 3 * clouds(layer, roll, cell=(0.2, 0.2))[..., None]
    layer.paint(layer.patch(box(-side - 0.01, -0.01, side + 0.01, 1.01)), np.asarray(speckled, np.float32))
    kind = roll.choice(("plain", "panels", "bricks", "plain"))
    if kind == "panels":
        for x in np.arange(-side, side, roll.uniform(0.12, 0.3)):
            layer.shade(layer.line([(x, 0), (x, FLOOR_Y)], 0.006, soft=0.003), 0.85)
    elif kind == "bricks":
        for row, y in enumerate(np.arange(0, FLOOR_Y, 0.05)):
            layer.shade(layer.line([(-side, y), (side, y)], 0.005, soft=0.002), 0.88)
            for x in np.arange(-side + 0.06 * (row % 2), side, 0.12):
                layer.shade(layer.line([(x, y), (x, y + 0.05)], 0.005, soft=0.002), 0.88)


def _floor(layer: Layer, roll: random.Random, side: float) -> None:
    colour = roll.choice(_FLOORS)
    grain = np.array(colour, np.float32) + 4 * clouds(layer, roll, cell=(0.06, 0.01))[..., None]
    layer.paint(layer.patch(box(-side - 0.01, FLOOR_Y, side + 0.01, 1.01)), np.asarray(grain, np.float32))
    # Boards or joints run to a vanishing point at the camera's height in the middle of the wall.
    for x in np.arange(-3, 3, roll.uniform(0.12, 0.3)):
        layer.shade(layer.line([(x * 0.42, FLOOR_Y), (x, 1.02)], 0.004, soft=0.002), 0.82)
    if chance(roll, 0.5):
        for depth in (0.82, 0.86, 0.92, 0.995):
            layer.shade(layer.line([(-side, depth), (side, depth)], 0.004, soft=0.002), 0.85)
    skirting = layer.patch(box(-side - 0.01, FLOOR_Y - 0.035, side + 0.01, FLOOR_Y))
    layer.paint(skirting, tinted(colour, 0.75), gain=rounded(skirting, 0.01 * layer.unit, strength=0.2))
    layer.shade(layer.line([(-side, FLOOR_Y + 0.006), (side, FLOOR_Y + 0.006)], 0.02, soft=0.012), 0.7)


def _shelves(layer: Layer, roll: random.Random, x: float) -> None:
    """A wall unit with folded goods in quiet colours: small and dull, so that it is not what the picture shows."""
    half = 0.17
    wood = roll.choice(((150, 116, 84), (216, 210, 200), (92, 84, 80)))
    frame = layer.patch(box(x - half, 0.12, x + half, FLOOR_Y - 0.005))
    layer.paint(frame, tinted(wood, 0.6))
    for y in np.arange(0.12, FLOOR_Y - 0.1, 0.17):
        for pile_x in (-0.11, 0.0, 0.11):
            colour = roll.choice(_GOODS)
            for step in range(roll.randint(0, 4)):
                low = y + 0.158 - 0.024 * step
                fold = layer.patch(box(x + pile_x - 0.044, low - 0.023, x + pile_x + 0.044, low))
                layer.paint(fold, tinted(colour, 1 - 0.06 * (step % 2)), gain=rounded(fold, 0.01 * layer.unit))
        layer.paint(layer.patch(box(x - half, y - 0.008, x + half, y + 0.008)), wood)
    for edge in (-half, half):
        layer.paint(layer.patch(box(x + edge - 0.008, 0.115, x + edge + 0.008, FLOOR_Y)), wood)


def _poster(layer: Layer, roll: random.Random, x: float) -> None:
    y, half, high = roll.uniform(0.12, 0.22), roll.uniform(0.08, 0.14), roll.uniform(0.2, 0.34)
    layer.shade(layer.patch(box(x - half + 0.01, y + 0.012, x + half + 0.012, y + high + 0.014)), 0.8)
    layer.paint(layer.patch(box(x - half, y, x + half, y + high)), roll.choice(((250, 248, 244), (54, 58, 66))))
    colour = tinted(roll.choice(_GOODS), 1.1)
    layer.paint(layer.patch(box(x - half + 0.012, y + 0.012, x + half - 0.012, y + high * 0.72)), colour)
    layer.paint(layer.patch(ellipse(x, y + high * 0.38, half * 0.5, half * 0.5)), tinted(colour, 0.75))
    for line in (0.8, 0.88):
        layer.paint(
            layer.line([(x - half * 0.6, y + high * line), (x + half * 0.6, y + high * line)], 0.012), (150, 150, 150)
        )


def _plant(layer: Layer, roll: random.Random, x: float) -> None:
    pot = layer.patch([(x - 0.06, 0.76), (x + 0.06, 0.76), (x + 0.045, 0.88), (x - 0.045, 0.88)])
    for _ in range(16):
        lean, high = roll.uniform(-0.16, 0.16), roll.uniform(0.2, 0.42)
        leaf = layer.line(
            curve([(x, 0.77), (x + lean * 0.4, 0.77 - high * 0.6), (x + lean, 0.77 - high)]), 0.018, soft=0.004
        )
        layer.paint(leaf, tinted((74, 116, 72), roll.uniform(0.6, 1.2)))
    layer.paint(pot, (188, 182, 174), gain=rounded(pot, 0.04 * layer.unit, strength=0.4))


def _window(layer: Layer, roll: random.Random, x: float) -> None:
    half, sky = roll.uniform(0.14, 0.2), roll.uniform(0.85, 1.05)
    layer.paint(layer.patch(box(x - half, 0.14, x + half, 0.62)), (240, 240, 238))
    for left, right in ((-half + 0.015, -0.008), (0.008, half - 0.015)):
        layer.paint(layer.patch(box(x + left, 0.155, x + right, 0.605)), tinted((206, 222, 234), sky))
    layer.shade(layer.line([(x - half, 0.625), (x + half, 0.625)], 0.02, soft=0.008), 0.8)


def _nothing(_layer: Layer, _roll: random.Random, _x: float) -> None:
    """A bare stretch of wall."""
