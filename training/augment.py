"""Training views: what a shop's camera or a phone does to a picture. Pure: the same photo, view and recipe, the same pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.fit import InputSpec, Pixels, fit_picture
from training.recipe import Augment

Random = np.random.Generator

_HALF, _MOSTLY = 0.5, 0.7  # chances between two ways to do one thing, where neither is the better


def view_of(photo: Pixels, spec: InputSpec, augment: Augment, random: Random) -> Pixels:
    """One augmented view of a photo, fitted to the model's input; shape (spec.height, spec.width, 3)."""
    picture = photo
    if random.random() < augment.flip:
        picture = np.ascontiguousarray(picture[:, ::-1])
    if random.random() < augment.background:
        picture = replace_background(picture, random)
    picture = _warp(picture, augment, random)
    picture = _crop(picture, augment, random)
    picture = _colour(picture, augment, random)
    picture = _camera(fit_picture(picture, spec), augment, random)
    return _erase(picture, random) if random.random() < augment.erase else picture


def replace_background(picture: Pixels, random: Random) -> Pixels:
    """A picture whose plain studio wall gives way to another surface; unchanged where no plain wall reaches the corners."""
    height, width = picture.shape[:2]
    mask = np.zeros((height + 2, width + 2), np.uint8)
    canvas = np.ascontiguousarray(picture)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (255 << 8)
    for x, y in ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)):
        if mask[y + 1, x + 1] == 0:
            cv2.floodFill(canvas, mask, (x, y), (0, 0, 0), (12, 12, 12), (12, 12, 12), flags)
    wall = mask[1:-1, 1:-1]
    # Outside of these bounds it was no studio picture, or the fill ran into a garment of the wall's colour.
    if not 0.15 < float(np.mean(wall)) / 255 < 0.85:  # noqa: PLR2004 - bounds of this one test
        return picture
    alpha = cv2.GaussianBlur(wall, (3, 3), 0).astype(np.float32)[..., None] / 255
    mixed = picture * (1 - alpha) + _surface(height, width, random) * alpha
    return mixed.astype(np.uint8)


def _surface(height: int, width: int, random: Random) -> NDArray[np.float32]:
    """A wall, floor or cloth: smooth patches of related colours under uneven light, some with a grain."""
    base = random.uniform(20, 245, 3)
    cells = int(random.integers(2, 12))
    patches = (base + random.normal(0, random.uniform(2, 35), (cells, cells, 3))).astype(np.float32)
    surface = np.asarray(cv2.resize(patches, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    if random.random() < _HALF:
        stripes = random.normal(0, random.uniform(2, 14), (height, max(2, width // int(random.integers(1, 9))), 1))
        grain = np.asarray(cv2.resize(stripes.astype(np.float32), (width, height)), np.float32)
        surface += (grain if random.random() < _HALF else np.flipud(grain))[..., None]
    return np.clip(surface, 0, 255).astype(np.float32)


def _warp(picture: Pixels, augment: Augment, random: Random) -> Pixels:
    """Rotation, shear, scaling, perspective and stepping back, with the edge pixels repeated into what becomes free."""
    height, width = picture.shape[:2]
    away = random.uniform(0.5, 1.0) if random.random() < augment.zoom_out else 1.0
    scale = away * random.uniform(1 - augment.zoom, 1 + augment.zoom, 2) if augment.zoom else away
    turn = np.deg2rad(random.uniform(-augment.rotate_deg, augment.rotate_deg))
    shear = random.uniform(-augment.shear, augment.shear)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64) * (width / 2, height / 2)
    rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = scale * (corners @ (rotate @ np.array([[1, shear], [0, 1]])).T)
    moved += random.uniform(-augment.perspective, augment.perspective, (4, 2)) * (width, height)
    moved += random.uniform(-0.5, 0.5, 2) * (1 - away) * (width, height)
    middle = (width / 2, height / 2)
    matrix = cv2.getPerspectiveTransform((corners + middle).astype(np.float32), (moved + middle).astype(np.float32))
    border = cv2.BORDER_REPLICATE if random.random() < _MOSTLY else cv2.BORDER_REFLECT_101
    return np.asarray(
        cv2.warpPerspective(picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=border), np.uint8
    )


def _crop(picture: Pixels, augment: Augment, random: Random) -> Pixels:
    """A part of at least `smallest_crop` of the area, its sides' ratio within 3:4 and 4:3 of the picture's."""
    height, width = picture.shape[:2]
    area = random.uniform(augment.smallest_crop, 1.0)
    ratio = np.exp(random.uniform(-1, 1) * np.log(4 / 3)) if augment.smallest_crop < 1 else 1.0
    h = min(height, max(8, round(height * np.sqrt(area * ratio))))
    w = min(width, max(8, round(width * np.sqrt(area / ratio))))
    top, left = int(random.integers(0, height - h + 1)), int(random.integers(0, width - w + 1))
    return np.ascontiguousarray(picture[top : top + h, left : left + w])


def _colour(picture: Pixels, augment: Augment, random: Random) -> Pixels:
    """Light, contrast, white balance, saturation and hue; sometimes no colour at all."""
    light = picture.astype(np.float32) * (1 + random.uniform(-augment.brightness, augment.brightness))
    light *= 1 + random.uniform(-augment.white_balance, augment.white_balance, 3).astype(np.float32)
    mean = float(light.mean())
    light = mean + (light - mean) * (1 + random.uniform(-augment.contrast, augment.contrast))
    if random.random() < augment.grey:
        grey = light @ np.array([0.299, 0.587, 0.114], np.float32)
        return np.clip(np.repeat(grey[..., None], 3, axis=2), 0, 255).astype(np.uint8)
    hsv = cv2.cvtColor(np.clip(light, 0, 255).astype(np.uint8), cv2.COLOR_RGB2HSV).astype(np.float32)
    # OpenCV's 8-bit hue counts in steps of two degrees and wraps at 180.
    hsv[..., 0] = (hsv[..., 0] + random.uniform(-augment.hue_deg, augment.hue_deg) / 2) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] * (1 + random.uniform(-augment.saturation, augment.saturation)), 0, 255)
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB), np.uint8)


def _camera(picture: Pixels, augment: Augment, random: Random) -> Pixels:
    """Defocus or a small original, sensor noise, and the compression of a cheap camera."""
    height, width = picture.shape[:2]
    if random.random() < augment.blur:
        if random.random() < _HALF:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), random.uniform(0.4, 1.6)), np.uint8)
        else:
            scale = random.uniform(0.35, 0.8)
            small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            picture = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    if random.random() < augment.noise:
        noisy = picture + random.normal(0, random.uniform(2, 14), picture.shape)
        picture = np.clip(noisy, 0, 255).astype(np.uint8)
    if random.random() < augment.jpeg:
        quality = int(random.integers(25, 90))
        _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return picture


def _erase(picture: Pixels, random: Random) -> Pixels:
    """A customer in the way: one flat box over up to a sixth of the picture."""
    height, width = picture.shape[:2]
    h, w = int(height * random.uniform(0.1, 0.4)), int(width * random.uniform(0.1, 0.4))
    top, left = int(random.integers(0, height - h)), int(random.integers(0, width - w))
    hidden = picture.copy()
    hidden[top : top + h, left : left + w] = random.integers(0, 256, 3)
    return hidden
