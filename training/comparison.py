"""Backbones trained on the same photos by the same recipe, side by side: how good each is and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter

import keras
import msgspec
import numpy as np

from agent.fit import InputSpec
from training.backbone import backbone_named
from training.cost import cost_of
from training.errors import RunError
from training.intervals import Interval
from training.photos import read_photos
from training.progress import Progress
from training.run import RunCard, read_card, read_model
from training.session import Request, train

_WARM_UP, _FRAMES = 3, 20


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One backbone. Scores are on the test data set, float32.

    `macs` and `latency_ms` (the median) are of one frame through Keras on this machine; the agent's own runtime on an
    int8 bundle is several times faster, by about the same factor for each. `train_s` is the run's wall time from photos
    to report, whatever was cached before.
    """

    backbone: str
    run: str
    top1: float
    interval: Interval
    macro_f1: float
    auroc_other: float | None
    other_accepted_at_95: float | None
    parameters: int
    macs: int
    train_s: float
    latency_ms: float


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """`compare.json`: which photos and recipe all rows share, and a row a backbone, in the order asked for."""

    photos_hash: str
    test: str
    test_hash: str
    recipe_digest: str
    machine: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Contest:
    """What to compare: `request` as for one run, whose `out` holds a run a backbone; weights by backbone's name."""

    request: Request
    backbones: tuple[str, ...]
    weights: Mapping[str, str]


def compare(contest: Contest, progress: Progress) -> Comparison:
    """Trains what has no run yet, measures all, and writes `compare.json`; stopped and started again it goes on.

    Raises:
        RecipeError: there is no such backbone.
        RunError: a run of another recipe, test or photos lies where one of this comparison belongs.
        TrainingError, DatasetError: as `train` raises them.
    """
    for name in contest.backbones:
        backbone_named(name)
    contest.request.out.mkdir(parents=True, exist_ok=True)
    cards = {name: _run_of(name, contest, progress) for name in contest.backbones}
    first = next(iter(cards.values()))
    found = Comparison(
        photos_hash=first.photos_hash,
        test=first.test.dataset if first.test else "",
        test_hash=first.test.dataset_hash if first.test else "",
        recipe_digest=first.recipe_digest,
        machine=first.machine,
        rows=tuple(_row(contest.request.out / name, card) for name, card in cards.items()),
    )
    beside = contest.request.out / ".compare.json"
    beside.write_bytes(msgspec.json.format(msgspec.json.encode(found)))
    beside.replace(contest.request.out / "compare.json")
    return found


def frame_latency_ms(model: keras.Model, spec: InputSpec) -> float:
    """The median time that the model takes for one frame, in milliseconds."""
    frame = np.random.default_rng(0).integers(0, 256, (1, spec.height, spec.width, 3), dtype=np.uint8)
    taken = []
    for _ in range(_WARM_UP + _FRAMES):
        began = perf_counter()
        np.asarray(model.predict_on_batch(frame))
        taken.append(1000 * (perf_counter() - began))
    return median(taken[_WARM_UP:])


def _run_of(name: str, contest: Contest, progress: Progress) -> RunCard:
    out = contest.request.out / name
    if not out.exists():
        weights = contest.weights.get(name, contest.request.weights)
        return train(replace(contest.request, backbone=name, weights=weights, out=out), progress)
    card, request = read_card(out), contest.request
    photos = read_photos(request.datasets)
    test = read_photos([request.test], photos.labels) if request.test else None
    for what, its, ours in (
        ("backbone", card.backbone, name),
        ("recipe", card.recipe_digest, request.recipe.digest),
        ("photos", card.photos_hash, photos.digest),
        ("test", card.test.dataset_hash if card.test else "", test.digest if test else ""),
    ):
        if its != ours:
            raise RunError(f"{out}: a run of another {what} ({its}, not {ours}); remove it or choose another --out")
    return card


def _row(run: Path, card: RunCard) -> Row:
    if card.test is None or card.test.detail is None:
        raise RunError(f"{run}: was not tested; remove it and compare again")
    model = read_model(run)
    cost = cost_of(model)
    metrics = card.test.metrics
    return Row(
        backbone=card.backbone,
        run=str(run),
        top1=metrics.top1,
        interval=card.test.detail.top1,
        macro_f1=metrics.macro_f1,
        auroc_other=metrics.auroc_other,
        other_accepted_at_95=metrics.other_accepted_at_95,
        parameters=cost.parameters,
        macs=cost.macs,
        train_s=card.seconds,
        latency_ms=round(frame_latency_ms(model, card.input), 2),
    )
