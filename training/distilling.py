"""Distillation: a small network learns a trained one's answers and features on the same views (Hinton et al. 2015).

The same view goes to both, as Beyer et al. 2022 ("A good teacher is patient and consistent") found best. Four labels say
little of what the teacher sees, so the student also learns to tell the teacher's pooled features (FitNets, Romero et al.
2015) through a linear layer that is dropped afterwards.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from training.batches import Draw, one_hot
from training.frozen import ViewKey
from training.model import Split
from training.photos import Sample
from training.probe import fit_probe
from training.progress import Progress
from training.pruning import ridge
from training.views import CachedViews

_BATCH = 64
_ACCOUNT = "account"
_PROBE_EPOCHS = 20


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is taught: of these samples, drawn by these weights, `hard` 0..1 parts their own smoothed label.

    The rest is the teacher's answer, calibrated by its `temperature`.
    """

    samples: tuple[Sample, ...]
    weights: NDArray[np.float64]
    hard: float
    label_smoothing: float
    temperature: float


def taught_by(teacher: Split, views: CachedViews, lesson: Lesson, progress: Progress) -> Draw:
    """A draw whose targets are, for every view, (samples, classes + features): mixed labels, then the features to tell.

    `views` are the teacher's: activations at its frozen boundary. Features are told as their logarithm, standardised:
    few of a VGG16's are much larger than the rest (of mean 0.5 and deviation 2 the largest is 54), and as they are
    their squared errors drown everything else.
    """
    samples = lesson.samples
    progress.start("the teacher's answers", len(samples) * views.count)
    features: dict[int, NDArray[np.float32]] = {}
    for view in range(views.count):
        rows = []
        for start in range(0, len(samples), _BATCH):
            keys = [ViewKey(sample.sha256, view) for sample in samples[start : start + _BATCH]]
            rows.append(np.asarray(teacher.pooled.predict_on_batch(views.read(keys).astype(np.float32)), np.float32))
            progress.advance(len(keys))
        features[view] = np.concatenate(rows)
    kernel, bias = teacher.whole.get_layer("logits").get_weights()
    stacked = np.log1p(np.concatenate(list(features.values())))
    mean, scale = stacked.mean(axis=0), stacked.std(axis=0) + 1e-3
    own = one_hot(samples, kernel.shape[-1], lesson.label_smoothing)
    targets = {}
    for view, seen in features.items():
        labels = lesson.hard * own + (1 - lesson.hard) * _softmax((seen @ kernel + bias) / lesson.temperature)
        targets[view] = np.hstack([labels, (np.log1p(seen) - mean) / scale]).astype(np.float32)
    return Draw(samples, lesson.weights, targets)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def with_account(student: keras.Model, features: int) -> keras.Model:
    """The student as it is taught: its softmax and, after that, its account of the teacher's `features`."""
    own = keras.ops.log1p(keras.ops.cast(student.get_layer("logits").input, "float32"))
    account = keras.layers.Dense(features, dtype="float32", name=_ACCOUNT)(own)
    return keras.Model(student.input, keras.layers.Concatenate(dtype="float32")([student.output, account]))


def prepare(taught: keras.Model, pooled: NDArray[np.float32], draw: Draw, classes: int) -> None:
    """Fits both heads of a student to its `pooled` features of every sample's view 0, before the layers below them move."""
    own, told = draw.targets[0][:, :classes], draw.targets[0][:, classes:]
    fit_probe(taught.get_layer("logits"), [pooled], Draw(draw.samples, draw.weights, {0: own}), epochs=_PROBE_EPOCHS)
    solved = ridge(np.log1p(pooled), told)
    taught.get_layer(_ACCOUNT).set_weights([solved[:-1], solved[-1]])


class DistillationLoss(keras.losses.Loss):
    """Cross-entropy over the first `classes` columns, plus `hint` times the squared error of the rest."""

    def __init__(self, classes: int, hint: float) -> None:
        super().__init__(name="distillation")
        self._classes, self._hint = classes, hint

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        labels = keras.losses.categorical_crossentropy(y_true[:, : self._classes], y_pred[:, : self._classes])
        error = keras.ops.square(y_true[:, self._classes :] - y_pred[:, self._classes :])
        return labels + self._hint * keras.ops.mean(error, axis=-1)


def right_label(classes: int) -> Callable[[keras.KerasTensor, keras.KerasTensor], keras.KerasTensor]:
    """The accuracy over the first `classes` columns."""

    def accuracy(y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        return keras.metrics.categorical_accuracy(y_true[:, :classes], y_pred[:, :classes])

    return accuracy
