"""Bundles on runtimes: the same network, the same frames, the same threads, in turn."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.bundle import Manifest, read_bundle
from agent.fit import Pixels, fit_picture
from export.runtimes import OURS, RUNTIMES, Runtime, RuntimeFailure, Timed, Workshop
from training.photos import PhotoSet
from training.progress import Progress


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One bundle on one runtime. `why_not` is empty where it ran; else the numbers are missing.

    `p50_ms` and `p95_ms` are of a frame, the median over rounds; `top1` is over the known labels; `agreement` is how
    often the best label is the one that ai-edge-litert gives.
    """

    bundle: str
    runtime: str
    threads: int
    version: str = ""
    p50_ms: float | None = None
    p95_ms: float | None = None
    top1: float | None = None
    agreement: float | None = None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: every bundle on every runtime and number of threads, `rounds` times over the photos."""

    bundles: tuple[Path, ...]
    photos: PhotoSet
    threads: tuple[int, ...] = (1, 2)
    rounds: int = 3


def run_all(plan: Plan, workshop: Workshop, progress: Progress) -> list[Result]:
    """Every result; a runtime that cannot take part has a row that says why.

    Raises:
        BundleError: a bundle cannot be read.
    """
    progress.start("runtimes", len(plan.bundles) * len(plan.threads) * len(RUNTIMES) * plan.rounds)
    results = []
    for path in plan.bundles:
        manifest = read_bundle(path).manifest
        frames = [fit_picture(sample.load(), manifest.input) for sample in plan.photos.samples]
        for threads in plan.threads:
            measured = _rounds(path, threads, frames, plan.rounds, _Bench(workshop, progress))
            results += [_result(path, threads, one, measured, (manifest, plan.photos)) for one in RUNTIMES]
    return results


@dataclass(frozen=True, slots=True)
class _Bench:
    workshop: Workshop
    progress: Progress


@dataclass(slots=True)
class _Passes:
    """What one runtime did, round by round."""

    timed: list[Timed]
    outputs: NDArray[np.generic] | None = None
    why_not: str = ""


def _rounds(path: Path, threads: int, frames: Sequence[Pixels], rounds: int, bench: _Bench) -> dict[str, _Passes]:
    """Round by round all runtimes in turn, so that a machine that slows down slows all of them."""
    passes = {runtime.name: _Passes([]) for runtime in RUNTIMES}
    models: dict[str, Path] = {}
    for _ in range(rounds):
        for runtime in RUNTIMES:
            one = passes[runtime.name]
            if not one.why_not:
                try:
                    if runtime.name not in models:
                        models[runtime.name] = bench.workshop.model(runtime, path)
                    timed, one.outputs = bench.workshop.time(runtime, models[runtime.name], threads, frames)
                    one.timed.append(timed)
                except RuntimeFailure as failure:
                    one.why_not = str(failure)
            bench.progress.advance(1, runtime.name)
    return passes


def _result(
    path: Path, threads: int, runtime: Runtime, measured: dict[str, _Passes], on: tuple[Manifest, PhotoSet]
) -> Result:
    one, ours = measured[runtime.name], measured[OURS]
    if one.why_not or one.outputs is None:
        return Result(bundle=path.name, runtime=runtime.name, threads=threads, why_not=one.why_not)
    agreement = None
    if ours.outputs is not None:
        agreement = round(float(np.mean(one.outputs.argmax(axis=1) == ours.outputs.argmax(axis=1))), 4)
    return Result(
        bundle=path.name,
        runtime=runtime.name,
        threads=threads,
        version=one.timed[0].version,
        p50_ms=_percentile(one.timed, 0.50),
        p95_ms=_percentile(one.timed, 0.95),
        top1=_top1(one.outputs, *on),
        agreement=agreement,
    )


def _percentile(timed: Sequence[Timed], share: float) -> float:
    return round(1000 * statistics.median(float(np.quantile(one.seconds, share)) for one in timed), 2)


def _top1(outputs: NDArray[np.generic], manifest: Manifest, photos: PhotoSet) -> float | None:
    known = [index for index, label in enumerate(manifest.labels) if label not in manifest.rejects]
    truth = np.array([manifest.labels.index(photos.labels[sample.label]) for sample in photos.samples])
    ours = np.isin(truth, known)
    answers = np.array(known)[outputs[:, known].argmax(axis=1)]
    return round(float((answers[ours] == truth[ours]).mean()), 4) if ours.any() else None
