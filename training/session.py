"""One training session from request to run folder: read photos, fit, measure, write."""

import hashlib
import os
import platform
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import monotonic

import keras
import msgspec

from training.calibration import Fitted, sharpen
from training.detail import detail_of, known_labels
from training.distribution import find_replicas
from training.duplicates import shared_shots
from training.errors import LeakError
from training.evaluate import metrics_of
from training.evidence import Evidence, gather, reference
from training.fitting import Job, Outcome, fit
from training.photos import PhotoSet, count_reasons, read_photos
from training.progress import Progress
from training.recipe import Recipe
from training.report import Findings, write_report
from training.run import RunCard, RunFolder, Tested
from training.slim import slim
from training.tensorboard import write_logs

_PACKAGES = ("tensorflow", "numpy", "opencv-python-headless", "pillow")
_PAIRS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked for on the command line; `test` is reported on and never chosen by.

    With a `teacher`, a run, a slim network is taught by that instead of being fitted from `weights`.
    """

    datasets: tuple[Path, ...]
    test: Path | None
    backbone: str
    recipe: Recipe
    weights: str
    out: Path
    cache: Path
    allow_near_duplicates: bool = False
    teacher: Path | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """The photos of a request, and how many pairs of a training and a test photo show the same shot."""

    photos: PhotoSet
    test: PhotoSet | None
    near_duplicates: int


def train(request: Request, progress: Progress) -> RunCard:
    """Trains and writes the run folder; returns what `run.json` says. Of several workers only the chief writes it.

    Raises:
        TrainingError, DatasetError: an input cannot be used; nothing is left at `request.out`.
    """
    began = monotonic()
    folder = RunFolder(request.out)
    try:
        replicas = find_replicas()
        read = _read(request)
        cache = replicas.folder(request.cache)
        job = Job(read.photos, request.recipe, request.backbone, request.weights, cache, read.test, replicas)
        outcome = slim(job, request.teacher, progress) if request.teacher else fit(job, progress)
        findings = _findings(request, read, outcome, progress, began)
        folder.write(outcome.model, findings.card, outcome.history)
        if outcome.unaware is not None:
            folder.write_unaware(outcome.unaware)
        write_logs(folder.partial / "tensorboard", outcome.history)
        write_report(folder.partial, findings)
        folder.finish() if replicas.writes else folder.discard()
    except BaseException:
        folder.discard()
        raise
    outcome.checkpoints.clear()
    replicas.wait()
    return findings.card


def _read(request: Request) -> _Read:
    photos = read_photos(request.datasets)
    if request.test is None:
        return _Read(photos, None, 0)
    test = read_photos([request.test], photos.labels)
    pairs = shared_shots(photos.samples, test.samples)
    if pairs and not request.allow_near_duplicates:
        named = "; ".join(f"{one.file} and {other.file}" for one, other in pairs[:_PAIRS_NAMED])
        raise LeakError(
            f"training and test share {len(pairs)} photos of one shot, so the test would flatter: {named}"
            f"{'; ...' if len(pairs) > _PAIRS_NAMED else ''}. Remove them, or give --allow-near-duplicates"
        )
    return _Read(photos, test, len(pairs))


def _findings(request: Request, read: _Read, outcome: Outcome, progress: Progress, began: float) -> Findings:
    recipe, validation, test = request.recipe, None, None
    if outcome.validation:
        validation = Evidence(PhotoSet(read.photos.labels, outcome.validation), outcome.validation_scores)
    if read.test:
        known = known_labels(read.photos.labels, recipe.rejects)
        test = gather(outcome.model, read.test, recipe.input, progress)
        if not known[test.truth].all():
            gaussians = reference(outcome.model, read.photos, recipe.input, known, progress)
            test = replace(test, gaussians=gaussians)
    tested = _tested(test, request.test.name if request.test else "", recipe, outcome.fitted)
    sites = len({sample.site for sample in outcome.validation})
    kept = _tested(validation, f"{len(outcome.validation)} photos of {sites} sites", recipe, outcome.fitted)
    card = _card(request, read, outcome)
    card = msgspec.structs.replace(card, test=tested, validation=kept, seconds=round(monotonic() - began, 1))
    return Findings(card, outcome.history, outcome.model, test, validation)


def _tested(evidence: Evidence | None, name: str, recipe: Recipe, fitted: Fitted) -> Tested | None:
    if evidence is None:
        return None
    scores = sharpen(evidence.softmax, fitted.temperature)
    return Tested(
        dataset=name,
        dataset_hash=evidence.photos.digest,
        metrics=metrics_of(scores, evidence.photos, recipe.rejects),
        detail=detail_of(evidence, recipe.rejects, fitted),
    )


def _card(request: Request, read: _Read, outcome: Outcome) -> RunCard:
    recipe, photos = request.recipe, read.photos
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
        validation=None,
        test=None,
        code_version=version("vastra"),
        versions={
            "python": platform.python_version(),
            "keras": keras.__version__,
            **{package: version(package) for package in _PACKAGES},
        },
        seconds=0.0,
        sites=photos.sites(),
        skipped=count_reasons((*photos.skipped, *(read.test.skipped if read.test else ()))),
        near_duplicates=read.near_duplicates,
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, {keras.backend.backend()}",
    )


def _weights_name(weights: str) -> str:
    file = Path(weights)
    return f"{file.name} sha256 {hashlib.sha256(file.read_bytes()).hexdigest()}" if file.is_file() else weights
