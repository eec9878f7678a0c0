"""One training session from request to run folder: read photos, fit, measure, write."""

import hashlib
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import monotonic

import keras

from training.calibration import sharpen
from training.evaluate import keras_scores, metrics_of
from training.fitting import Job, Outcome, fit
from training.photos import PhotoSet, read_photos
from training.progress import Progress
from training.recipe import Recipe
from training.report import write_report
from training.run import RunCard, RunFolder, Tested


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked for on the command line; `test` is reported on and never chosen by."""

    datasets: tuple[Path, ...]
    test: Path | None
    backbone: str
    recipe: Recipe
    weights: str
    out: Path
    cache: Path


def train(request: Request, progress: Progress) -> RunCard:
    """Trains and writes the run folder; returns what `run.json` says.

    Raises:
        TrainingError, DatasetError: an input cannot be used; nothing is left at `request.out`.
    """
    began = monotonic()
    folder = RunFolder(request.out)
    try:
        photos = read_photos(request.datasets)
        test = read_photos([request.test], photos.labels) if request.test else None
        outcome = fit(Job(photos, request.recipe, request.backbone, request.weights, request.cache, test), progress)
        tested = _test(request, outcome, test, progress) if test else None
        card = _card(request, photos, outcome, tested, monotonic() - began)
        folder.write(outcome.model, card, outcome.history)
        if outcome.unaware is not None:
            folder.write_unaware(outcome.unaware)
        write_report(folder.partial, card, outcome.history)
        folder.finish()
        outcome.checkpoints.clear()
    except BaseException:
        folder.discard()
        raise
    return card


def _test(request: Request, outcome: Outcome, test: PhotoSet, progress: Progress) -> Tested:
    scores = sharpen(keras_scores(outcome.model, test, request.recipe.input, progress), outcome.fitted.temperature)
    name = request.test.name if request.test else ""
    return Tested(dataset=name, dataset_hash=test.digest, metrics=metrics_of(scores, test, request.recipe.rejects))


def _validation(photos: PhotoSet, outcome: Outcome, rejects: tuple[str, ...]) -> Tested | None:
    if not outcome.validation:
        return None
    kept = PhotoSet(photos.labels, outcome.validation)
    scores = sharpen(outcome.validation_scores, outcome.fitted.temperature)
    sites = {sample.site for sample in outcome.validation}
    return Tested(
        dataset=f"{len(kept.samples)} photos of {len(sites)} sites",
        dataset_hash=kept.digest,
        metrics=metrics_of(scores, kept, rejects),
    )


def _card(request: Request, photos: PhotoSet, outcome: Outcome, test: Tested | None, seconds: float) -> RunCard:
    recipe = request.recipe
    return RunCard(
        created=datetime.now(UTC).replace(microsecond=0),
        labels=photos.labels,
        rejects=tuple(label for label in photos.labels if label in recipe.rejects),
        input=recipe.input,
        backbone=request.backbone,
        weights=_weights_name(request.weights),
        recipe=recipe,
        recipe_digest=recipe.digest,
        photos=photos.counts(),
        photos_hash=photos.digest,
        unreadable=len(photos.unreadable),
        temperature=outcome.fitted.temperature,
        threshold=outcome.fitted.threshold,
        validation=_validation(photos, outcome, recipe.rejects),
        test=test,
        code_version=version("vastra"),
        versions={"python": platform.python_version(), "keras": keras.__version__, "tensorflow": version("tensorflow")},
        seconds=round(seconds, 1),
    )


def _weights_name(weights: str) -> str:
    file = Path(weights)
    return f"{file.name} sha256 {hashlib.sha256(file.read_bytes()).hexdigest()}" if file.is_file() else weights
