"""The drawn scene as pictures: the garment of the running passage laid over its shop, as a store camera sees it."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.adapters.drawing.garments import cut_out
from agent.adapters.drawing.layer import Floats, Layer
from agent.adapters.drawing.shop import RAIL_Y, draw_shop, lamplight
from agent.fit import Pixels
from agent.scene import BOX_HEIGHT, BOX_WIDTH, Garment, Passage, Scene, View, dice

NOISE = 2.5
"""Deviation of a small sensor's noise in indoor light, of 255."""
NOISE_FIELDS = 4
"""Noise pictures kept; each frame takes one of them, rolled to a place of its own, which looks endless."""
FRAMES_A_SECOND = 30
"""Noise changes at this rate; the picture itself moves continuously."""
_LEAST_SIDE, _MOST_SIDE = 64, 4096


@dataclass(frozen=True, slots=True)
class PictureSize:
    """Height and width in pixels; portrait and landscape both work."""

    height: int = 480
    width: int = 640

    def __post_init__(self) -> None:
        if min(self.height, self.width) < _LEAST_SIDE or max(self.height, self.width) > _MOST_SIDE:
            raise ValueError(
                f"a drawn picture has sides of {_LEAST_SIDE} to {_MOST_SIDE} pixels, not {self.width}x{self.height}"
            )


@dataclass(frozen=True, slots=True, eq=False)  # holds an array
class Lit:
    """A garment to be laid over the shop, with its light and shadow: RGBA uint8 (height, width, 4), premultiplied.

    Its middle belongs `drop` pixels below the middle of its box.
    """

    pixels: Pixels
    drop: float


class SceneRenderer:
    """Paints a scene at one size. Not for several threads: it keeps the running passage's garment.

    The first empty frame of a gap draws the next passage's garment (some 100 ms, while nothing moves that could be
    seen to halt); every other frame only lays the garment over the shop (2 ms).
    """

    def __init__(self, scene: Scene, size: PictureSize | None = None) -> None:
        self.scene = scene
        self.size = size or PictureSize()
        self.shop = draw_shop(dice("shop", scene.seed), self.size.height, self.size.width)
        self._noise = _noise_fields(scene.seed, self.size)
        self._garment: tuple[Garment, Lit] | None = None

    def frame_at(self, at_s: float) -> Pixels:
        """What the camera sees `at_s` seconds after the start, RGB uint8 (height, width, 3); the same every time."""
        view = self.scene.view_at(at_s)
        frame = self.shop.copy()
        if view.present:
            self._lay(frame, view)
        else:
            self._lit(self.scene.passage(view.passage.index + 1))
        return self._with_noise(frame, at_s)

    def _lay(self, frame: Pixels, view: View) -> None:
        lit = self._lit(view.passage)
        high, wide = lit.pixels.shape[:2]
        left = view.x * self.size.width - wide / 2
        top = view.y * self.size.height - high / 2 + lit.drop
        # Only the part of the picture that the garment can touch is worked on; the margin is room to swing.
        margin = math.ceil(high * math.sin(math.radians(abs(view.tilt_deg)))) + 1
        x0, x1 = max(0, math.floor(left) - margin), min(self.size.width, math.ceil(left) + wide + margin)
        y0, y1 = max(0, math.floor(top) - 1), min(self.size.height, math.ceil(top) + high + 1)
        if x1 <= x0 or y1 <= y0:
            return
        # It swings about the hook, the middle of its upper edge.
        turn = cv2.getRotationMatrix2D((wide / 2, 0.0), -view.tilt_deg, 1.0)
        turn[:, 2] += (left - x0, top - y0)
        moved = cv2.warpAffine(lit.pixels, turn, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
        part = frame[y0:y1, x0:x1]
        clear = cv2.cvtColor(255 - moved[:, :, 3], cv2.COLOR_GRAY2RGB)
        under = cv2.multiply(part, clear, scale=1 / 255)
        frame[y0:y1, x0:x1] = cv2.add(under, np.ascontiguousarray(moved[:, :, :3]))

    def _lit(self, passage: Passage) -> Lit:
        if self._garment is None or self._garment[0] != passage.garment:
            self._garment = (passage.garment, light_garment(self.scene, passage.garment, self.size))
        return self._garment[1]

    def _with_noise(self, frame: Pixels, at_s: float) -> Pixels:
        roll = dice("noise", self.scene.seed, math.floor(at_s * FRAMES_A_SECOND))
        brighter, darker = roll.choice(self._noise)
        y, x = roll.randrange(self.size.height), roll.randrange(self.size.width)
        rows, cols = slice(y, y + self.size.height), slice(x, x + self.size.width)
        noisy = cv2.subtract(cv2.add(frame, brighter[rows, cols]), darker[rows, cols])
        return np.asarray(noisy, np.uint8)


def light_garment(scene: Scene, garment: Garment, size: PictureSize) -> Lit:
    """The garment drawn at the size it has in the picture, under the shop's light, with its shadow on the wall."""
    high, wide = BOX_HEIGHT * size.height, BOX_WIDTH * size.width
    drawn = cut_out(garment, round(high))
    pixels = drawn.pixels
    if pixels.shape[1] > wide:
        pixels = _shrunk(pixels, wide / pixels.shape[1])
    # Its head may be above the picture, the soles stand on the floor; a hook hangs on the rail.
    drop = (high - pixels.shape[0]) / 2
    if drawn.reaches_up:
        lift = (1 - BOX_HEIGHT) / 2 * size.height
        grown = 1 + lift / pixels.shape[0]
        pixels = np.asarray(cv2.resize(pixels, None, fx=min(grown, wide / pixels.shape[1]), fy=grown), np.float32)
        drop = -lift / 2
    elif garment.holding == "hung":
        drop = RAIL_Y * size.height - (size.height - pixels.shape[0]) / 2
    light = lamplight(Layer.blank(*pixels.shape[:2]), dice("light", scene.seed))
    pixels = pixels.copy()
    pixels[:, :, :3] *= light
    lit = np.clip(np.concatenate([pixels[:, :, :3], pixels[:, :, 3:] * 255], axis=2) + 0.5, 0, 255).astype(np.uint8)
    return Lit(with_shadow(lit), drop)


def with_shadow(lit: Pixels) -> Pixels:
    """The RGBA picture with the soft shadow it throws to its lower right, framed by room for it."""
    room = max(4, lit.shape[0] // 24)
    framed = cv2.copyMakeBorder(lit, 0, 0, room, room, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    alpha = framed[:, :, 3].astype(np.float32) / 255
    shift = np.array([[1, 0, room * 0.45], [0, 1, room * 0.3]], np.float32)
    thrown = cv2.warpAffine(alpha, shift, (framed.shape[1], framed.shape[0]))
    shadow = cv2.GaussianBlur(thrown, (0, 0), room * 0.3) * 0.32
    framed[:, :, 3] = np.clip((alpha + shadow * (1 - alpha)) * 255, 0, 255).astype(np.uint8)
    return np.asarray(framed, np.uint8)


def _shrunk(pixels: Floats, scale: float) -> Floats:
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)


def _noise_fields(seed: int, size: PictureSize) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Noise twice the picture's size (so that any window of it can be cut), as what it adds and what it takes away."""
    fields = []
    for number in range(NOISE_FIELDS):
        source = np.random.default_rng(dice("field", seed, number).getrandbits(32))
        noise = source.standard_normal((size.height, size.width, 3), np.float32) * NOISE
        twice = np.tile(np.rint(noise).astype(np.int16), (2, 2, 1))
        fields.append((np.clip(twice, 0, 255).astype(np.uint8), np.clip(-twice, 0, 255).astype(np.uint8)))
    return fields
