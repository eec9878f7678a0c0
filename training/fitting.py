"""Fits a classifier as a recipe says. Reads in the order it happens: views, trunk, top, calibration, all photos."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from agent.fit import Pixels, fit_picture
from training.augment import view_of
from training.batches import Draw, ViewBatches
from training.calibration import Fitted, calibrate
from training.frozen import FrozenCache, ViewKey, cache_folder, fill_cache
from training.model import Split, build_classifier, split_classifier
from training.photos import PhotoSet, Sample
from training.precision import dtype_policy, fastest_policy
from training.progress import Progress
from training.recipe import Recipe
from training.run import Epoch
from training.sites import balance, keep_aside

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """What to train on which photos, from which weights, with the cache's folder."""

    photos: PhotoSet
    recipe: Recipe
    backbone: str
    weights: str
    cache: Path


@dataclass(frozen=True, slots=True, eq=False)  # eq: holds a model and arrays
class Outcome:
    """A finished fit: the classifier in float32, its calibration, the history a row an epoch, what validation scored.

    `validation` holds the kept-aside samples and `validation_scores` their softmax, shape (n, labels), by a model that
    never saw their sites; both are empty where the recipe keeps nothing aside.
    """

    model: keras.Model
    fitted: Fitted
    history: tuple[Epoch, ...]
    validation: tuple[Sample, ...]
    validation_scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)  # eq: holds models
class _Ready:
    """A classifier cut at its boundary, and the activations there of every view."""

    split: Split
    cache: FrozenCache


def fit(job: Job, progress: Progress) -> Outcome:
    """Trains once without the kept-aside sites, to calibrate and to tell how it generalises, then once on all photos."""
    samples = job.photos.samples
    aside = keep_aside(samples, job.recipe.validation.share, job.recipe.schedule.seed)
    seen = tuple(sample for sample, out in zip(samples, aside, strict=True) if not out)
    unseen = tuple(sample for sample, out in zip(samples, aside, strict=True) if out)

    split = _build(job)
    cache = _fill(job, split, progress)
    fitted, scores = Fitted(temperature=1.0, threshold=0.5), np.zeros((0, len(job.photos.labels)), np.float32)
    history: list[Epoch] = []
    if unseen:
        history += _fit_top(job, _Ready(split, cache), seen, progress, stage="without validation sites")
        scores = _score(split, cache, unseen)
        known = np.array([label not in job.recipe.rejects for label in job.photos.labels])
        truth = np.array([sample.label for sample in unseen])
        fitted = calibrate(scores, truth, known, job.recipe.validation.known_kept)
        split = _build(job)
    history += _fit_top(job, _Ready(split, cache), samples, progress, stage="all sites")
    return Outcome(_in_float32(job, split.whole), fitted, tuple(history), unseen, scores)


def _build(job: Job) -> Split:
    keras.utils.set_random_seed(job.recipe.schedule.seed)
    with dtype_policy(fastest_policy()):
        whole = build_classifier(
            job.backbone, job.recipe.network, job.recipe.input, len(job.photos.labels), weights=job.weights
        )
    return split_classifier(whole, job.backbone, job.recipe.network.boundary)


def _fill(job: Job, split: Split, progress: Progress) -> FrozenCache:
    recipe = job.recipe
    made_by = repr((recipe.input, recipe.augment, recipe.views.seed))
    folder = cache_folder(job.cache, split.trunk, made_by)
    cache = FrozenCache(folder, tuple(split.trunk.output_shape[1:]))
    by_sha = {sample.sha256: sample for sample in job.photos.samples}
    # All plain views first: validation and a first look need only those.
    keys = [ViewKey(sha256, view) for view in range(recipe.views.count) for sha256 in by_sha]
    progress.start("frozen layers", len(cache.missing(keys)))

    def picture_of(key: ViewKey) -> Pixels:
        photo = by_sha[key.sha256].load()
        if key.view == 0:
            return fit_picture(photo, recipe.input)
        seed = [recipe.views.seed, key.view, int(key.sha256[:15], 16)]
        return view_of(photo, recipe.input, recipe.augment, np.random.default_rng(seed))

    for added in fill_cache(cache, split.trunk, keys, picture_of):
        progress.advance(added)
    return cache


def _fit_top(job: Job, ready: _Ready, samples: Sequence[Sample], progress: Progress, *, stage: str) -> list[Epoch]:
    schedule = job.recipe.schedule
    draw = Draw(tuple(samples), balance(samples, schedule.site_balance), len(job.photos.labels))
    batches = ViewBatches(ready.cache, draw, job.recipe, schedule.seed)
    steps = len(batches) * schedule.epochs
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if schedule.warmup else schedule.learning_rate,
        decay_steps=max(1, round(steps * (1 - schedule.warmup))),
        warmup_target=schedule.learning_rate if schedule.warmup else None,
        warmup_steps=round(steps * schedule.warmup),
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=schedule.weight_decay)
    ready.split.top.compile(optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    progress.start(f"training ({stage})", steps)
    report = keras.callbacks.LambdaCallback(
        on_batch_end=lambda _, logs: progress.advance(1, f"loss {logs['loss']:.3f}"),
    )
    fitted = ready.split.top.fit(batches, epochs=schedule.epochs, verbose=0, callbacks=[report])
    return [
        Epoch(stage=stage, epoch=epoch, loss=float(loss), accuracy=float(accuracy))
        for epoch, (loss, accuracy) in enumerate(
            zip(fitted.history["loss"], fitted.history["accuracy"], strict=True), start=1
        )
    ]


def _score(split: Split, cache: FrozenCache, samples: Sequence[Sample]) -> NDArray[np.float32]:
    keys = [ViewKey(sample.sha256, 0) for sample in samples]
    batches = [keys[start : start + 64] for start in range(0, len(keys), 64)]
    rows = [split.top.predict_on_batch(cache.read(batch).astype(np.float32)) for batch in batches]
    return np.concatenate([np.asarray(row, np.float32) for row in rows])


def _in_float32(job: Job, trained: keras.Model) -> keras.Model:
    """The same weights in a graph that computes in float32 everywhere: what is saved, exported and measured."""
    with dtype_policy("float32"):
        model = build_classifier(
            job.backbone, job.recipe.network, job.recipe.input, len(job.photos.labels), weights="none"
        )
    model.set_weights(trained.get_weights())
    return model
