"""A slim network from a trained run: pruned, taught, measured on sites it did not see, then taught on all."""

from dataclasses import dataclass
from pathlib import Path

import keras
import msgspec
import numpy as np

from training.batches import Draw, ViewBatches
from training.calibration import calibrate
from training.checkpoints import Checkpoints, Finished
from training.distilling import DistillationLoss, Lesson, prepare, right_label, taught_by, with_account
from training.duplicates import near_duplicate_groups
from training.errors import RunError
from training.fitting import Job, Outcome, predict, unseen_samples
from training.frozen import ViewKey, weights_digest
from training.loop import Stage, train
from training.model import build_classifier, split_classifier
from training.normalising import folded, put_in
from training.photos import PhotoSet, Sample
from training.precision import dtype_policy, fastest_policy
from training.progress import Progress
from training.pruning import prune
from training.recipe import Recipe, Schedule
from training.run import RunCard, read_card, read_model, read_unaware
from training.sites import balance, fold_of
from training.vgg import CONVOLUTIONS
from training.views import CachedViews, ViewMaker, frozen_views, pixel_views

_PRUNED_ON = 256  # photos on which the pruned layers are solved for


@dataclass(frozen=True, slots=True, eq=False)  # eq: holds models
class _Pupil:
    """The student, whole and as it is taught, the pixels that it sees, and where finished stages are kept."""

    student: keras.Model
    taught: keras.Model
    pixels: CachedViews
    checkpoints: Checkpoints


@dataclass(frozen=True, slots=True, eq=False)  # eq: holds a model
class _Course:
    """A stage of the teaching: who teaches, on which photos, by which schedule."""

    name: str
    teacher: keras.Model
    samples: tuple[Sample, ...]
    schedule: Schedule


def slim(job: Job, run: Path, progress: Progress) -> Outcome:
    """Teaches the narrow network of `job.recipe` what the classifier of `run` knows, on the photos of that run.

    The first fold's sites are kept aside until temperature and threshold are chosen there, and their teacher has not
    seen them either; then it goes on with all sites and the run's final model as its teacher.

    Raises:
        RunError: the run kept no sites aside, or was trained on other photos.
    """
    card, samples, recipe = read_card(run), job.photos.samples, job.recipe
    if card.photos_hash != job.photos.digest:
        raise RunError(f"{run}: was trained on photos {card.photos_hash}, these are {job.photos.digest}; give the same")
    shots = near_duplicate_groups(samples)
    fold = fold_of(samples, shots, card.recipe.validation.folds)
    unaware = read_unaware(run)
    pupil = _enrol(job, unaware, progress)

    seen = tuple(sample for sample, its in zip(samples, fold, strict=True) if its != 0)
    course = _Course("without the sites kept aside", unaware, seen, recipe.schedule)
    first = _teach(job, card, pupil, course, progress)
    aside = [samples[row] for row in np.flatnonzero(unseen_samples(shots, fold) & (fold == 0))]
    scores = predict(pupil.student, pupil.pixels, aside, view=0)
    known = np.array([label not in recipe.rejects for label in job.photos.labels])
    fitted = calibrate(scores, np.array([sample.label for sample in aside]), known, recipe.validation.known_kept)

    finish = msgspec.structs.replace(
        recipe.schedule, epochs=recipe.distil.finish_epochs, learning_rate=recipe.distil.finish_learning_rate
    )
    last = _teach(job, card, pupil, _Course("all sites", read_model(run), samples, finish), progress)
    model = _narrow(job, taught=False)
    folded(pupil.student, model)
    return Outcome(model, fitted, first.history + last.history, tuple(aside), scores, None, pupil.checkpoints)


def _enrol(job: Job, teacher: keras.Model, progress: Progress) -> _Pupil:
    """The narrow network, with the weights that pruning the teacher gives it, and one more layer to tell its features."""
    recipe = job.recipe
    pixels = pixel_views(job.cache, _maker(job.photos, recipe), progress)
    random = np.random.default_rng(recipe.schedule.seed)
    chosen = random.permutation(len(job.photos.samples))[:_PRUNED_ON]
    pictures = pixels.read(
        [ViewKey(job.photos.samples[row].sha256, int(random.integers(recipe.views.count))) for row in chosen]
    )
    narrow = _narrow(job, taught=False)
    progress.start("pruning", len(CONVOLUTIONS))
    prune(teacher, narrow, pictures, progress)
    keras.utils.set_random_seed(recipe.schedule.seed)
    student = _narrow(job, taught=True)
    put_in(narrow, student, pictures)
    taught = with_account(student, teacher.get_layer("logits").input.shape[-1])
    checkpoints = Checkpoints(job.cache / "fits", recipe.digest, job.photos.digest, weights_digest(teacher))
    return _Pupil(student, taught, pixels, checkpoints)


def _narrow(job: Job, *, taught: bool) -> keras.Model:
    """The narrow network: as it is taught, fast and normalised, or as it ships."""
    recipe, labels = job.recipe, job.photos.labels
    network = recipe.network if taught else msgspec.structs.replace(recipe.network, normalise_from=0)
    # In bfloat16 the least squares of pruning would solve for its rounding.
    with dtype_policy(fastest_policy() if taught else "float32"):
        return build_classifier(job.backbone, network, recipe.input, len(labels), weights="none")


def _teach(job: Job, card: RunCard, pupil: _Pupil, course: _Course, progress: Progress) -> Finished:
    done = pupil.checkpoints.finished(course.name)
    if done is not None:
        pupil.taught.set_weights(done.weights)
        return done
    schedule, distil = course.schedule, job.recipe.distil
    weights = balance(course.samples, schedule.site_balance)
    lesson = Lesson(course.samples, weights, distil.hard, schedule.label_smoothing, card.temperature)
    draw = _answers(job, card, course.teacher, lesson, progress)
    classes = len(card.labels)
    pooled = keras.Model(pupil.student.input, pupil.student.get_layer("logits").input)
    prepare(pupil.taught, predict(pooled, pupil.pixels, course.samples, view=0), draw, classes)
    stage = Stage(
        course.name,
        ViewBatches(pupil.pixels, draw, schedule, flip=job.recipe.augment.flip),
        schedule,
        loss=DistillationLoss(classes, distil.hint),
        accuracy=right_label(classes),
    )
    keras.utils.set_random_seed(schedule.seed)
    return train(pupil.taught, stage, pupil.checkpoints, progress)


def _answers(job: Job, card: RunCard, teacher: keras.Model, lesson: Lesson, progress: Progress) -> Draw:
    """What the teacher says of every view, from the activations that its own training left in the cache."""
    with dtype_policy(fastest_policy()):
        fast = build_classifier(card.backbone, card.recipe.network, card.input, len(card.labels), weights="none")
    fast.set_weights(teacher.get_weights())
    split = split_classifier(fast, card.backbone, card.recipe.network.boundary, cached=True)
    views = frozen_views(job.cache, split.trunk, _maker(job.photos, card.recipe), progress)
    return taught_by(split, views, lesson, progress)


def _maker(photos: PhotoSet, recipe: Recipe) -> ViewMaker:
    return ViewMaker({sample.sha256: sample for sample in photos.samples}, recipe)
