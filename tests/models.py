"""Tiny bundles for tests: real TFLite models, built here in seconds, that answer by mean colour."""

import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import keras
import numpy as np

from agent.bundle import Bundle, Calibration, Golden, Manifest, Training, write_bundle
from agent.fit import InputSpec
from export.conversion import convert
from export.golden import golden_samples

LABELS = ("jeans", "other", "sarees", "trousers")
SPEC = InputSpec(height=32, width=32, fit="squash")
COLOURS = {"jeans": (0, 0, 255), "other": (128, 128, 128), "sarees": (255, 0, 0), "trousers": (0, 255, 0)}
"""The colour, RGB, that each label's pictures have in tests."""


def picture_of(label: str, height: int = 48, width: int = 40) -> np.ndarray:
    """A picture that the tiny model takes for `label`."""
    return np.full((height, width, 3), COLOURS[label], np.uint8)


@cache
def flatbuffer() -> bytes:
    """An int8 model that says which of `COLOURS` a picture's mean is nearest to."""
    pixels = keras.Input((32, 32, 3), dtype="float32")
    mean = keras.layers.AveragePooling2D(32)(pixels)
    dense = keras.layers.Dense(len(LABELS), name="logits")
    outputs = keras.layers.Softmax()(dense(keras.layers.Flatten()(mean)))
    model = keras.Model(pixels, outputs)
    centres = np.array([COLOURS[label] for label in LABELS], np.float32) / 255
    # Nearest centre as a linear layer: argmax of 2 c.x - |c|^2, sharpened.
    dense.set_weights([12 * 2 * centres.T / 255, -12 * (centres**2).sum(axis=1)])
    return convert(model, "int8", [picture_of(label, 32, 32) for label in LABELS] * 4, lambda _: None)


def manifest() -> Manifest:
    """The tiny model's manifest."""
    content = flatbuffer()
    return Manifest(
        name="tiny",
        version="2026.11.24",
        created=datetime(2026, 11, 24, tzinfo=UTC),
        labels=LABELS,
        rejects=("other",),
        input=SPEC,
        calibration=Calibration(temperature=1.0, threshold=0.6, chosen_on="nothing"),
        quantisation="int8",
        training=Training(
            recipe="none", recipe_digest="", backbone="none", photos={}, photos_hash="", code_version="test"
        ),
        metrics=None,
        flatbuffer_bytes=len(content),
        flatbuffer_sha256=hashlib.sha256(content).hexdigest(),
    )


def golden() -> Golden:
    """The tiny model's golden samples."""
    return golden_samples(manifest(), flatbuffer(), seed=1)


def tiny_bundle() -> Bundle:
    """The tiny bundle in memory."""
    return Bundle(manifest(), flatbuffer(), golden())


def write_tiny_bundle(path: Path) -> Path:
    """The tiny bundle as a file."""
    write_bundle(path, manifest(), flatbuffer(), golden())
    return path
