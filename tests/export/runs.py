"""Tiny finished runs and data sets for export tests: models that answer by mean colour, one of which int8 breaks."""

from datetime import UTC, datetime
from pathlib import Path

import cv2
import keras
import msgspec
import numpy as np

from tests.models import COLOURS, LABELS, SPEC
from training.recipe import read_recipe
from training.run import RunCard, RunFolder

_SHARPNESS = 12.0


def colour_model(*, loud: float = 1.0) -> keras.Model:
    """Nearest mean colour behind one convolution; `loud` scales a channel that nothing listens to.

    A channel a thousand times louder than the others takes int8's whole range for itself and leaves them one step. Its
    ReLU is a layer of its own, which the equalisation of ordinary networks does not look behind.
    """
    pixels = keras.Input((SPEC.height, SPEC.width, 3), dtype="float32", name="pixels")
    mixed = keras.layers.Conv2D(4, 1, name="mix")
    relu = keras.layers.ReLU(name="mixed")
    dense = keras.layers.Dense(len(LABELS), name="logits")
    features = keras.layers.GlobalAveragePooling2D(name="average")(relu(mixed(pixels)))
    model = keras.Model(pixels, keras.layers.Softmax(name="softmax")(dense(features)), name="vastra_tiny")
    centres = np.array([COLOURS[label] for label in LABELS], np.float32) / 255
    mixed.set_weights([np.c_[np.eye(3), np.full(3, loud / 3)].reshape(1, 1, 3, 4), np.zeros(4)])
    dense.set_weights(
        [_SHARPNESS * 2 / 255 * np.r_[centres.T, np.zeros((1, len(LABELS)))], -_SHARPNESS * (centres**2).sum(axis=1)]
    )
    return model


def card() -> RunCard:
    """A run of `colour_model`, as `run.json` would tell it."""
    recipe = msgspec.structs.replace(read_recipe("default"), input=SPEC)
    return RunCard(
        created=datetime(2026, 11, 24, 9, tzinfo=UTC),
        labels=LABELS,
        rejects=("other",),
        input=SPEC,
        backbone="none",
        weights="none",
        recipe=recipe,
        recipe_digest=recipe.digest,
        photos=dict.fromkeys(LABELS, 8),
        photos_hash="0" * 12,
        unreadable=0,
        temperature=0.8,
        threshold=0.5,
        validation=None,
        test=None,
        code_version="test",
        versions={},
        seconds=1.0,
    )


def write_run(path: Path, *, loud: float = 1.0) -> Path:
    """A finished run folder."""
    folder = RunFolder(path)
    folder.write(colour_model(loud=loud), card(), [])
    return folder.finish()


def write_photos(root: Path, *, labels: tuple[str, ...] = LABELS, count: int = 8, seed: int = 0) -> Path:
    """One folder a label of noisy pictures in the label's colour."""
    random = np.random.default_rng(seed)
    for label in labels:
        (root / label).mkdir(parents=True)
        for number in range(count):
            noisy = np.array(COLOURS.get(label, (9, 9, 9))) + random.normal(0, 40, (40, 36, 3))
            cv2.imwrite(str(root / label / f"{number}.png"), noisy.clip(0, 255).astype(np.uint8)[..., ::-1])
    return root
