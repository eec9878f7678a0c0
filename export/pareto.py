"""Accuracy against latency, and which results nothing beats in both."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from export.benchmark import Result
from export.errors import ComparisonError
from export.runtimes import OURS


def pareto_front(results: Sequence[Result]) -> list[Result]:
    """Results with no other at least as fast and as accurate and better in one, the fastest first."""
    ran = sorted(
        (one for one in results if one.p50_ms is not None and one.top1 is not None),
        key=lambda one: (one.p50_ms or 0.0, -(one.top1 or 0.0)),
    )
    front: list[Result] = []
    for one in ran:
        if not front or (one.top1 or 0.0) > (front[-1].top1 or 0.0):
            front.append(one)
    return front


def plot(results: Sequence[Result], path: Path) -> None:
    """Writes a picture of all results that ran; one colour a runtime, the front of ours as a line.

    Raises:
        ComparisonError: the file cannot be written.
    """
    figure = Figure(figsize=(8, 4.5))
    axes = figure.subplots()
    ran = [one for one in results if one.p50_ms is not None and one.top1 is not None]
    for name in dict.fromkeys(one.runtime for one in ran):
        points = [one for one in ran if one.runtime == name]
        axes.scatter([one.p50_ms or 0.0 for one in points], [one.top1 or 0.0 for one in points], label=name, s=36)
    front = pareto_front([one for one in ran if one.runtime == OURS])
    axes.plot([one.p50_ms or 0.0 for one in front], [one.top1 or 0.0 for one in front], color="0.5", lw=1, zorder=0)
    for one in front:
        label = f"{one.bundle.removesuffix('.tflite')}, {one.threads} thr."
        axes.annotate(label, (one.p50_ms or 0.0, one.top1 or 0.0), xytext=(5, 5), textcoords="offset points", size=8)
    axes.set(xscale="log", xlabel="median latency of a frame, ms", ylabel="top-1 accuracy")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    try:
        figure.savefig(path, dpi=120, bbox_inches="tight")
    except OSError as error:
        raise ComparisonError(f"{path}: cannot write the plot: {error.strerror}") from error


def standing(results: Sequence[Result]) -> list[str]:
    """For every bundle and number of threads a sentence: is our runtime first, and if not, by how much it is behind."""
    sentences = []
    for bundle, threads in dict.fromkeys((one.bundle, one.threads) for one in results):
        ran = {
            one.runtime: one.p50_ms
            for one in results
            if (one.bundle, one.threads) == (bundle, threads) and one.p50_ms is not None
        }
        if OURS in ran:
            best = min(ran, key=lambda name: ran[name])
            ours = ran[OURS]
            verdict = "is first" if best == OURS else f"takes {ours / ran[best] - 1:.0%} longer than {best}"
            sentences.append(f"{bundle}, {threads} thread{'s' * (threads > 1)}: {OURS} {verdict} ({ours:.1f} ms)")
    return sentences
