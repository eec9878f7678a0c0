"""What a classifier said of photos, and what it computed on the way: pooled features, logits, the last convolution."""

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from agent.fit import InputSpec
from training.photos import PhotoSet, Sample
from training.pictures import fitted_batches
from training.progress import Progress
from training.unknown import Gaussians, fit_gaussians

REFERENCE_PHOTOS = 40
"""Training photos a label that the known labels' features are learnt from: more cost a second for every six."""
MOST_FEATURES = 4096
"""Beyond this, as with a flatten head, the covariance of the features would fill gigabytes."""


@dataclass(frozen=True, slots=True, eq=False)  # eq: arrays
class Evidence:
    """Softmax (n, labels) of the float model before any temperature, for the photos of `photos`, in their order.

    `logits` (n, labels) and `features` (n, d) are there where the model ends in a dense layer and was at hand;
    `gaussians` describe the features of training photos.
    """

    photos: PhotoSet
    softmax: NDArray[np.float32]
    logits: NDArray[np.float32] | None = None
    features: NDArray[np.float32] | None = None
    gaussians: Gaussians | None = None

    @property
    def truth(self) -> NDArray[np.int64]:
        """The label of every photo, shape (n,)."""
        return np.array([sample.label for sample in self.photos.samples], np.int64)


@dataclass(frozen=True, slots=True, eq=False)  # eq: a model
class Inside:
    """A classifier opened up: `model` gives softmax and features, `head` is the dense layer that follows these."""

    model: keras.Model
    head: keras.layers.Dense


def look_inside(model: keras.Model) -> Inside | None:
    """The classifier with its features as a second output; None where it does not end in a dense layer over its labels."""
    labels = model.output_shape[-1]
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense) and layer.units == labels]
    if not dense or dense[-1].input.shape[-1] > MOST_FEATURES or len(dense[-1].input.shape) != 2:  # noqa: PLR2004 - (n, d)
        return None
    return Inside(keras.Model(model.input, [model.output, dense[-1].input]), dense[-1])


def gather(model: keras.Model, photos: PhotoSet, spec: InputSpec, progress: Progress) -> Evidence:
    """What the model says of every photo, with features and logits where it has them."""
    inside = look_inside(model)
    progress.start("evaluating", len(photos.samples))
    softmax: list[NDArray[np.float32]] = []
    features: list[NDArray[np.float32]] = []
    for batch in fitted_batches(photos.samples, spec):
        said = inside.model.predict_on_batch(batch) if inside else [model.predict_on_batch(batch)]
        softmax.append(np.asarray(said[0], np.float32))
        features.extend(np.asarray(part, np.float32) for part in said[1:])
        progress.advance(len(batch))
    if inside is None:
        return Evidence(photos, np.concatenate(softmax))
    pooled = np.concatenate(features)
    kernel, *bias = (np.asarray(weight, np.float32) for weight in inside.head.get_weights())
    return Evidence(photos, np.concatenate(softmax), pooled @ kernel + sum(bias), pooled)


def reference(
    model: keras.Model, training: PhotoSet, spec: InputSpec, known: NDArray[np.bool_], progress: Progress
) -> Gaussians | None:
    """The known labels' features on some training photos of each; None where the model has none to show."""
    chosen = [sample for label in np.flatnonzero(known) for sample in _spread(training.samples, int(label))]
    if not chosen or look_inside(model) is None:
        return None
    seen = gather(model, PhotoSet(training.labels, tuple(chosen)), spec, progress)
    return None if seen.features is None else fit_gaussians(seen.features, seen.truth, known)


def _spread(samples: tuple[Sample, ...], label: int) -> list[Sample]:
    """REFERENCE_PHOTOS of a label, evenly spaced over its sites."""
    ours = sorted((sample for sample in samples if sample.label == label), key=lambda one: (one.site, one.sha256))
    places = np.linspace(0, len(ours) - 1, min(REFERENCE_PHOTOS, len(ours))).astype(int)
    return [ours[place] for place in places.tolist()]
