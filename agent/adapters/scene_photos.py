"""Drawn pictures as a data set, a folder a label: the small part of the training data that teaches the demo's look."""

import random
from pathlib import Path

import cv2
import numpy as np

from agent.adapters.drawing.garments import Frame, draw_garment
from agent.adapters.drawing.shop import draw_ground
from agent.adapters.scene_camera import PictureSize, SceneRenderer
from agent.fit import Pixels
from agent.scene import GAP_S, LABELS, TRAVEL_S, Garment, Holding, Label, Scene, chance, dice

_CLOSE_SIZES = (PictureSize(512, 384), PictureSize(480, 360), PictureSize(400, 400), PictureSize(384, 512))
_CAMERA_SIZES = (PictureSize(480, 640), PictureSize(480, 640), PictureSize(640, 480))
_CLOSE_SHARE, _EMPTY_SHARE = 0.45, 0.15


def write_drawn_photos(folder: Path, *, count_per_label: int, seed: int) -> int:
    """Writes `<folder>/<label>/<nnnn>.jpg`, `count_per_label` for each label; gives how many were written.

    Close product photos on plain or blurred grounds, and whole camera frames with the garment anywhere in view;
    `other` also has the empty shop. The same seed writes the same pictures.
    """
    for label in LABELS:
        (folder / label).mkdir(parents=True, exist_ok=True)
        for number in range(count_per_label):
            picture = draw_photo(label, dice("photo", seed, label, number))
            _write(folder / label / f"{number:04}.jpg", picture, quality=dice("jpeg", seed, number).randint(70, 95))
    return len(LABELS) * count_per_label


def draw_photo(label: Label, roll: random.Random) -> Pixels:
    """One picture of that label: close, in the shop, or (for `other`) the shop alone; RGB uint8."""
    kind = roll.random()
    if kind < _CLOSE_SHARE:
        return _close(label, roll)
    empty = label == "other" and kind < _CLOSE_SHARE + _EMPTY_SHARE
    return _in_the_shop(label, roll, empty=empty)


def _close(label: Label, roll: random.Random) -> Pixels:
    size = roll.choice(_CLOSE_SIZES)
    canvas = draw_ground(roll, size.height, size.width)
    holdings: tuple[Holding, ...] = ("hung", "worn", "worn", "laid")
    garment = Garment(label, roll.choice(holdings), roll.getrandbits(32))
    high = round(size.height * roll.uniform(0.85, 1.12))
    wide = round(size.width * roll.uniform(0.85, 1.05))
    left = round((size.width - wide) / 2 + size.width * roll.uniform(-0.07, 0.07))
    top = round((size.height - high) / 2 + size.height * roll.uniform(-0.03, 0.03))
    draw_garment(canvas, garment, frame=Frame(left, top, wide, high))
    if chance(roll, 0.5):
        canvas = np.ascontiguousarray(canvas[:, ::-1])
    return _as_a_camera(canvas, roll)


def _in_the_shop(label: Label, roll: random.Random, *, empty: bool) -> Pixels:
    scene = Scene(roll.getrandbits(32))
    passage = next(p for p in map(scene.passage, range(len(LABELS))) if p.label == label)
    stay_s = passage.ends_s - passage.starts_s - GAP_S
    # Mostly settled; some on their way in or out, when at least half of the garment is in view.
    at_s = passage.starts_s + roll.uniform(TRAVEL_S * 0.75, stay_s - TRAVEL_S * 0.75)
    frame = SceneRenderer(scene, roll.choice(_CAMERA_SIZES)).frame_at(passage.ends_s - GAP_S / 2 if empty else at_s)
    if chance(roll, 0.3):
        frame = _cut(frame, roll)
    return _as_a_camera(frame, roll)


def _cut(frame: Pixels, roll: random.Random) -> Pixels:
    """A zone of the frame: its middle, somewhat off."""
    width = frame.shape[1]
    part = roll.uniform(0.7, 0.95)
    left = round((1 - part) * width * roll.uniform(0.3, 0.7))
    return np.ascontiguousarray(frame[:, left : left + round(part * width)])


def _as_a_camera(pixels: Pixels, roll: random.Random) -> Pixels:
    """The picture at another exposure, white balance and sharpness."""
    balance = np.array([roll.uniform(0.93, 1.07) for _ in range(3)], np.float32) * roll.uniform(0.75, 1.2)
    seen = (pixels.astype(np.float32) / 255 * balance).clip(0, 1) ** roll.uniform(0.85, 1.2) * 255
    if chance(roll, 0.4):
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), roll.uniform(0.4, 1.3)), np.float64)
    return np.asarray(np.clip(seen + 0.5, 0, 255), np.uint8)


def _write(path: Path, pixels: Pixels, *, quality: int) -> None:
    """Written beside and renamed: a stopped run leaves no half picture under a picture's name."""
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    beside = path.with_suffix(".part")
    beside.write_bytes(encoded.tobytes())
    beside.replace(path)
