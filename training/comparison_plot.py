"""`compare.png`: what each backbone reaches and what it costs, a panel a figure, a bar a backbone."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.comparison import Comparison, Row

_COLOURS = ("#2f6f5e", "#3f5f9f", "#b0486f", "#c08a2e", "#6d5aa6", "#4b8f9c")
_MINUTE, _GIGA, _MILLION = 60.0, 1e9, 1e6


def draw_comparison(found: Comparison, file: Path) -> None:
    """Draws all rows into a PNG."""
    panels = (
        ("top-1 accuracy, 95 % interval", [row.top1 for row in found.rows], "{:.3f}"),
        ("macro-F1", [row.macro_f1 for row in found.rows], "{:.3f}"),
        ("AUROC against other", [row.auroc_other or 0.0 for row in found.rows], "{:.3f}"),
        ("GMAC a frame", [row.macs / _GIGA for row in found.rows], "{:.2f}"),
        ("million parameters", [row.parameters / _MILLION for row in found.rows], "{:.1f}"),
        ("ms a frame (Keras, median)", [row.latency_ms for row in found.rows], "{:.0f}"),
        ("minutes of training", [row.train_s / _MINUTE for row in found.rows], "{:.1f}"),
    )
    with mpl.rc_context({"font.size": 9.5}):
        height = 0.9 + 0.34 * len(found.rows)
        figure = Figure(figsize=(11, 0.5 + 2 * height), layout="constrained")
        grid = figure.subplots(2, 4).flatten()
        for axes, (title, values, shape) in zip(grid, panels, strict=False):
            _bars(axes, found.rows, values, shape)
            axes.set_title(title, loc="left", fontsize=10)
            axes.spines[["top", "right", "bottom"]].set_visible(False)
            axes.xaxis.set_visible(False)
        _intervals(grid[0], found.rows)
        grid[-1].axis("off")
        figure.suptitle(f"{found.test}, recipe {found.recipe_digest}, photos {found.photos_hash}", x=0.01, ha="left")
        figure.savefig(file, dpi=140)


def _bars(axes: Axes, rows: Sequence[Row], values: Sequence[float], shape: str) -> None:
    places = range(len(rows))
    colours = [_COLOURS[place % len(_COLOURS)] for place in places]
    axes.barh(places, values, color=colours, height=0.62, alpha=0.85)
    axes.set_yticks(places)
    axes.set_yticklabels([row.backbone for row in rows])
    axes.invert_yaxis()
    top = max(values) or 1.0
    axes.set_xlim(0, 1.28 * top)
    for place, value in zip(places, values, strict=True):
        axes.text(value + 0.03 * top, place, shape.format(value), va="center")


def _intervals(axes: Axes, rows: Sequence[Row]) -> None:
    axes.set_xlim(0, max(axes.get_xlim()[1], 1.1 * max(row.interval.high for row in rows)))
    for place, row in enumerate(rows):
        axes.plot([row.interval.low, row.interval.high], [place + 0.36] * 2, color="#22272e", linewidth=1.5)
