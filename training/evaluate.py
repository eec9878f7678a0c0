"""Runs a finished model over photos: a run through Keras, a bundle through the agent's own classifier."""

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from agent.adapters.litert_classifier import LiteRtClassifier
from agent.bundle import Bundle, read_bundle
from agent.fit import InputSpec
from training.calibration import sharpen
from training.metrics import Metrics, measure
from training.photos import PhotoSet, read_photos
from training.pictures import fitted_batches
from training.progress import Progress
from training.run import read_card, read_model


def evaluate(model: Path, dataset: Path, progress: Progress) -> Metrics:
    """Metrics of a run folder or a bundle on a dataset, whose classes are matched to the model's by name.

    Raises:
        DatasetError, ClassError, RunError, BundleError: whichever input cannot be used.
    """
    if model.is_dir():
        card = read_card(model)
        photos = read_photos([dataset], card.labels)
        raw = keras_scores(read_model(model), photos, card.input, progress)
        return metrics_of(sharpen(raw, card.temperature), photos, card.rejects)
    bundle = read_bundle(model)
    photos = read_photos([dataset], bundle.manifest.labels)
    return metrics_of(bundle_scores(bundle, photos, progress), photos, bundle.manifest.rejects)


def metrics_of(scores: NDArray[np.floating], photos: PhotoSet, rejects: tuple[str, ...]) -> Metrics:
    """Metrics of `scores`, shape (photos, labels), against the photos' own labels."""
    truth = np.array([sample.label for sample in photos.samples])
    sites = [sample.site for sample in photos.samples]
    return measure(scores, truth, labels=photos.labels, rejects=rejects, sites=sites)


def bundle_scores(bundle: Bundle, photos: PhotoSet, progress: Progress) -> NDArray[np.float64]:
    """The calibrated scores that a device gives for every photo, shape (photos, labels)."""
    classifier = LiteRtClassifier(bundle, threads=2)
    progress.start("testing on the device's runtime", len(photos.samples))
    rows = []
    for sample in photos.samples:
        rows.append([scored.score for scored in classifier.classify(sample.load()).scores])
        progress.advance(1)
    return np.array(rows)


def keras_scores(model: keras.Model, photos: PhotoSet, spec: InputSpec, progress: Progress) -> NDArray[np.float32]:
    """The model's own softmax for every photo, shape (photos, labels), before any temperature."""
    progress.start("evaluating", len(photos.samples))
    rows = []
    for batch in fitted_batches(photos.samples, spec):
        rows.append(np.asarray(model.predict_on_batch(batch), np.float32))
        progress.advance(len(batch))
    return np.concatenate(rows)
