"""Fits a classifier as a recipe says. Reads in the order it happens: views, trunk, probe, top, folds, all sites."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from training.batches import Draw, ViewBatches, ViewSource, one_hot
from training.calibration import Fitted, calibrate
from training.checkpoints import Checkpoints, Finished
from training.distribution import ALONE, Replicas, resume_together
from training.duplicates import near_duplicate_groups
from training.frozen import ViewKey, weights_digest
from training.loop import Stage, Watched, train
from training.model import Split, build_classifier, split_classifier
from training.photos import PhotoSet, Sample
from training.precision import dtype_policy, fastest_policy
from training.probe import fit_probe
from training.progress import Progress
from training.recipe import Recipe
from training.run import Epoch
from training.sites import balance, fold_of
from training.views import FreshViews, ViewMaker, frozen_views, pixel_views

_PROBE_VIEWS = 3  # a probe has a few thousand weights: the plain view and two augmented ones are enough
_SCORE_BATCH = 64


@dataclass(frozen=True, slots=True)
class Job:
    """What to train on which photos, from which weights, with the cache's folder; `test` is watched at most.

    All `replicas` train every stage together.
    """

    photos: PhotoSet
    recipe: Recipe
    backbone: str
    weights: str
    cache: Path
    test: PhotoSet | None = None
    replicas: Replicas = ALONE


@dataclass(frozen=True, slots=True, eq=False)  # eq: holds a model and arrays
class Outcome:
    """A finished fit: the classifier in float32, its calibration, the history a row an epoch, what validation scored.

    `validation` holds the samples that were kept aside in turn and `validation_scores` their softmax, shape
    (n, labels), each by a model that saw neither their site nor a near duplicate; both are empty without folds.
    `unaware` is the model that did not see the first fold's sites: a smaller model that learns from it can be measured
    there. `checkpoints` may be cleared once the outcome is written.
    """

    model: keras.Model
    fitted: Fitted
    history: tuple[Epoch, ...]
    validation: tuple[Sample, ...]
    validation_scores: NDArray[np.float32]
    unaware: keras.Model | None
    checkpoints: Checkpoints


@dataclass(frozen=True, slots=True, eq=False)  # eq: holds models
class _Ready:
    """A classifier cut where its views come in, those views, and what was finished before."""

    split: Split
    views: ViewSource
    checkpoints: Checkpoints
    features: list[NDArray[np.float32]] = field(default_factory=list)
    """What the untouched backbone makes of every sample, a few views of it: the same for every fold's probe."""


def fit(job: Job, progress: Progress) -> Outcome:
    """Trains one model a fold of sites, to measure it on the sites that it did not see, and then one on all photos.

    Temperature and threshold are chosen on what the folds' models said of unseen sites; without folds neither is chosen.
    """
    ready = _prepare(job, progress)
    start = ready.split.top.get_weights()
    samples, labels = job.photos.samples, job.photos.labels
    shots = near_duplicate_groups(samples)
    folds = min(job.recipe.validation.folds, len(set(shots.tolist())))
    fold = fold_of(samples, shots, max(1, folds))
    unseen = unseen_samples(shots, fold) & (folds > 1)
    scores = np.zeros((len(samples), len(labels)), np.float32)
    history: list[Epoch] = []
    unaware = None
    for number in range(folds if folds > 1 else 0):
        ready.split.top.set_weights(start)
        seen = np.flatnonzero(fold != number)
        history += _train(job, ready, seen, f"fold {number + 1} of {folds}", progress).history
        aside = np.flatnonzero(unseen & (fold == number))
        scores[aside] = _scores(ready, [samples[row] for row in aside])
        unaware = unaware or in_float32(job, ready.split.whole)
    ready.split.top.set_weights(start)
    history += _train(job, ready, np.arange(len(samples)), "all sites", progress).history
    kept = tuple(sample for sample, use in zip(samples, unseen, strict=True) if use)
    model = in_float32(job, ready.split.whole)
    fitted = _calibrated(job, kept, scores[unseen])
    return Outcome(model, fitted, tuple(history), kept, scores[unseen], unaware, ready.checkpoints)


def _calibrated(job: Job, kept: Sequence[Sample], scores: NDArray[np.float32]) -> Fitted:
    if not kept:
        return Fitted(temperature=1.0, threshold=0.5)
    known = np.array([label not in job.recipe.rejects for label in job.photos.labels])
    return calibrate(scores, np.array([sample.label for sample in kept]), known, job.recipe.validation.known_kept)


def _prepare(job: Job, progress: Progress) -> _Ready:
    split = _build(job)
    maker = ViewMaker({sample.sha256: sample for sample in job.photos.samples}, job.recipe)
    start = weights_digest(split.whole)
    checkpoints = Checkpoints(job.cache / "fits", job.recipe.digest, job.photos.digest, job.backbone, start)
    resume_together(job.replicas, checkpoints)
    if job.recipe.views.count == 0:
        return _Ready(split, FreshViews(maker), checkpoints)
    if job.recipe.network.boundary == 0:
        return _Ready(split, pixel_views(job.cache, maker, progress), checkpoints)
    return _Ready(split, frozen_views(job.cache, split.trunk, maker, progress), checkpoints)


def _build(job: Job) -> Split:
    keras.utils.set_random_seed(job.recipe.schedule.seed)
    with dtype_policy(fastest_policy()):
        whole = build_classifier(
            job.backbone, job.recipe.network, job.recipe.input, len(job.photos.labels), weights=job.weights
        )
    return split_classifier(whole, job.backbone, job.recipe.network.boundary, cached=job.recipe.views.count > 0)


def unseen_samples(shots: NDArray[np.int64], fold: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which samples have no near duplicate in another fold: the others were, in effect, trained on."""
    folds_of: dict[int, set[int]] = {}
    for shot, its in zip(shots.tolist(), fold.tolist(), strict=True):
        folds_of.setdefault(shot, set()).add(its)
    return np.array([len(folds_of[shot]) == 1 for shot in shots.tolist()])


def _train(job: Job, ready: _Ready, rows: NDArray[np.int64], name: str, progress: Progress) -> Finished:
    """Fits the top on the samples of these rows, from the weights that it has."""
    schedule, samples = job.recipe.schedule, [job.photos.samples[row] for row in rows]
    keras.utils.set_random_seed(schedule.seed)  # dropout's, the same for every fold and after an interruption
    targets = one_hot(samples, len(job.photos.labels), schedule.label_smoothing)
    draw = Draw(tuple(samples), balance(samples, schedule.site_balance), {0: targets})
    if schedule.probe_epochs and ready.checkpoints.finished(name) is None:
        if not ready.features:
            ready.features.extend(_features(ready, job.photos.samples))
        seen = [view[rows] for view in ready.features]
        fit_probe(ready.split.whole.get_layer("logits"), seen, draw, epochs=schedule.probe_epochs)
    stage = Stage(name, ViewBatches(ready.views, draw, schedule), schedule, _watched(job, ready, samples))
    return train(ready.split.top, stage, ready.checkpoints, progress, job.replicas)


def _watched(job: Job, ready: _Ready, seen: Sequence[Sample]) -> Watched | None:
    """What is scored after each epoch: the sites kept aside, or the test set of a recipe without folds."""
    if not job.recipe.validation.each_epoch:
        return None
    classes = len(job.photos.labels)
    if job.recipe.validation.folds:
        inside = {sample.sha256 for sample in seen}
        aside = [sample for sample in job.photos.samples if sample.sha256 not in inside]
        rows = ready.views.read([ViewKey(sample.sha256, 0) for sample in aside])
        return Watched(rows.astype(np.float32), one_hot(aside, classes, 0.0))
    if job.test is None:
        return None
    maker = ViewMaker({sample.sha256: sample for sample in job.test.samples}, job.recipe)
    pictures = np.stack([maker.picture(ViewKey(sample.sha256, 0)) for sample in job.test.samples])
    rows = ready.split.trunk.predict(pictures, batch_size=_SCORE_BATCH, verbose=0)
    return Watched(rows, one_hot(job.test.samples, classes, 0.0))


def _features(ready: _Ready, samples: Sequence[Sample]) -> Iterator[NDArray[np.float32]]:
    for view in range(min(_PROBE_VIEWS, ready.views.count or _PROBE_VIEWS)):
        yield predict(ready.split.pooled, ready.views, samples, view)


def _scores(ready: _Ready, samples: Sequence[Sample]) -> NDArray[np.float32]:
    return predict(ready.split.top, ready.views, samples, view=0)


def predict(model: keras.Model, views: ViewSource, samples: Sequence[Sample], view: int) -> NDArray[np.float32]:
    """What `model` gives for one view of each sample, float32 (samples, outputs)."""
    keys = [ViewKey(sample.sha256, view) for sample in samples]
    batches = [keys[start : start + _SCORE_BATCH] for start in range(0, len(keys), _SCORE_BATCH)]
    rows = [model.predict_on_batch(views.read(batch).astype(np.float32)) for batch in batches]
    return np.concatenate([np.zeros((0, model.output_shape[-1])), *rows]).astype(np.float32)


def in_float32(job: Job, trained: keras.Model) -> keras.Model:
    """The same weights in a graph that computes in float32 everywhere: what is saved, exported and measured."""
    with dtype_policy("float32"):
        model = build_classifier(
            job.backbone, job.recipe.network, job.recipe.input, len(job.photos.labels), weights="none"
        )
    model.set_weights(trained.get_weights())
    return model
