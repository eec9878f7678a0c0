"""The page's plots, as SVG: sharp on any screen, and small enough for two to stand side by side."""

import io
from collections.abc import Sequence
from contextlib import AbstractContextManager

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Transform
from numpy.typing import NDArray

from training.detail import Calibrated
from training.run import Epoch

INK, FAINT, KNOWN, OTHER, WRONG = "#22272e", "#8b929b", "#2f6f5e", "#c08a2e", "#b23a3a"
GARMENTS = ("#3f5f9f", "#b0486f", "#2f6f5e", "#c08a2e", "#6d5aa6", "#4b8f9c", "#8c6d4f", "#7a8a3a")
STAGES = ("#2f6f5e", "#3f5f9f", "#b0486f", "#c08a2e", "#6d5aa6", "#4b8f9c", "#8c6d4f", "#7a8a3a", "#555d66", "#a0522d")


def history(rows: Sequence[Epoch], column: str) -> bytes:
    """`loss` or `accuracy` an epoch, a colour a stage; dashed where it was measured on photos not trained on."""
    with _style():
        figure, axes = _blank()
        stages = list(dict.fromkeys(row.stage for row in rows))
        for number, stage in enumerate(stages):
            own = [row for row in rows if row.stage == stage]
            colour = STAGES[number % len(STAGES)]
            axes.plot([row.epoch for row in own], [getattr(row, column) for row in own], color=colour, label=stage)
            seen = [(row.epoch, value) for row in own if (value := getattr(row, f"val_{column}")) is not None]
            if seen:
                epochs, values = zip(*seen, strict=True)
                axes.plot(epochs, values, color=colour, linestyle="--", marker=".", label=f"{stage}, not trained on")
        axes.set(xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False, fontsize=8)
        return _svg(figure)


def reliability(calibrated: Calibrated) -> bytes:
    """Accuracy against confidence: dots on the diagonal say what they mean; a dot's area is its photos."""
    with _style():
        figure, axes = _blank()
        axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":", linewidth=1)
        largest = max((one.n for one in calibrated.bins), default=1)
        for one in calibrated.bins:
            axes.plot([one.confidence] * 2, [one.confidence, one.accuracy], color=WRONG, linewidth=1.4, alpha=0.7)
            area = 14 + 240 * one.n / largest
            axes.scatter(one.confidence, one.accuracy, s=area, color=KNOWN, edgecolor="white", zorder=3)
        axes.set(xlim=(0, 1.03), ylim=(0, 1.05), xlabel="score", ylabel="share that was right")
        return _svg(figure)


def scores(best: NDArray[np.float64], ours: NDArray[np.bool_], threshold: float) -> bytes:
    """How known and other photos score, each as shares of their own number, with the threshold."""
    with _style():
        figure, axes = _blank()
        bins = np.linspace(0, 1, 31).tolist()
        for group, colour, name in ((best[ours], KNOWN, "our garments"), (best[~ours], OTHER, "other")):
            if len(group):
                weights = np.full(len(group), 100 / len(group))
                label = f"{name} ({len(group)})"
                axes.hist(group, bins, weights=weights, color=colour, alpha=0.62, label=label)
        axes.axvline(threshold, color=INK, linestyle="--", linewidth=1.2)
        axes.text(threshold - 0.012, 0.97, "unknown", ha="right", va="top", transform=_across(axes), fontsize=8.5)
        axes.text(threshold + 0.012, 0.97, "accepted", ha="left", va="top", transform=_across(axes), fontsize=8.5)
        axes.set(xlim=(0, 1), xlabel="score of the best garment", ylabel="% of the group's photos, root scale")
        # Most photos lie at the ends; what the threshold is about lies in between, and by the root it can be seen.
        axes.set_yscale("function", functions=(np.sqrt, np.square))
        axes.set_yticks([0, 1, 5, 10, 25, 50, 100])
        axes.set_ylim(0, 100)
        axes.legend(frameon=False, fontsize=8.5, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
        return _svg(figure)


def _style() -> AbstractContextManager[None]:
    return mpl.rc_context(
        {
            "font.size": 9.5,
            "svg.fonttype": "none",
            "svg.hashsalt": "vastra",  # the same run gives the same bytes
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": FAINT,
            "axes.labelcolor": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "axes.grid": True,
            "grid.color": "#e6e8eb",
            "axes.axisbelow": True,
        }
    )


def _across(axes: Axes) -> Transform:
    return axes.get_xaxis_transform()


def _blank() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(4.6, 3.0), layout="constrained")
    return figure, figure.subplots()


def _svg(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return buffer.getvalue()
