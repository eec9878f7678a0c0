"""Golden samples: seeded inputs and what the exporter's runtime gave for them, so that a device can check itself."""

import cv2
import numpy as np

from agent.adapters.litert_classifier import LiteRtClassifier
from agent.bundle import Bundle, Golden, Manifest
from agent.fit import InputSpec

_COUNT = 4


def golden_samples(manifest: Manifest, flatbuffer: bytes, *, seed: int) -> Golden:
    """Blocks of random colours (drawn, so that no photo is shipped; flat, so that they pack) and this runtime's softmax."""
    inputs = _inputs(manifest.input, seed)
    empty = Golden(inputs, np.zeros((len(inputs), len(manifest.labels)), np.float32))
    classifier = LiteRtClassifier(Bundle(manifest, flatbuffer, empty))
    return Golden(inputs, np.stack([classifier.softmax(picture) for picture in inputs]))


def _inputs(spec: InputSpec, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    pictures = []
    for cells in range(3, 3 + _COUNT):
        field = random.integers(0, 256, (cells, cells, 3)).astype(np.uint8)
        pictures.append(cv2.resize(field, (spec.width, spec.height), interpolation=cv2.INTER_NEAREST))
    return np.stack(pictures).astype(np.uint8)
