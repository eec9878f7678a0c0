"""A run's page for people: curves, confusion, sites; `report.html` beside its plots."""

import html
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from training.metrics import Metrics
from training.run import Epoch, RunCard

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}table{border-collapse:collapse}
td,th{padding:.25rem .8rem;border-bottom:1px solid #ddd;text-align:right}td:first-child,th:first-child{text-align:left}
img{max-width:100%}.note{color:#666}"""


def write_report(folder: Path, card: RunCard, history: Sequence[Epoch]) -> None:
    """Writes `report.html` and its plots into `folder`."""
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        if history:
            _plot_history(history).savefig(folder / "history.png", dpi=120, bbox_inches="tight")
        for name, tested in (("validation", card.validation), ("test", card.test)):
            if tested:
                _plot_confusion(tested.metrics).savefig(folder / f"{name}.png", dpi=120, bbox_inches="tight")
    (folder / "report.html").write_text(_page(card, has_history=bool(history)), encoding="utf-8")


def _plot_history(history: Sequence[Epoch]) -> Figure:
    stages = list(dict.fromkeys(row.stage for row in history))
    figure = Figure(figsize=(9, 3.2))
    for axes, column in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for stage in stages:
            rows = [row for row in history if row.stage == stage]
            axes.plot([row.epoch for row in rows], [getattr(row, column) for row in rows], marker="o", label=str(stage))
        axes.set(xlabel="epoch", title=f"training {column}")
        axes.grid(alpha=0.3)
    figure.axes[0].legend(frameon=False)
    return figure


def _plot_confusion(metrics: Metrics) -> Figure:
    rows, columns = list(metrics.confusion), list(metrics.per_class)
    counts = np.array([[metrics.confusion[row][column] for column in columns] for row in rows])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(1.6 + len(columns), 1.2 + 0.8 * len(rows)))
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set(xticks=range(len(columns)), yticks=range(len(rows)), xlabel="best known label", ylabel="photo of")
    axes.set_xticklabels(columns)
    axes.set_yticklabels(rows)
    for (row, column), count in np.ndenumerate(counts):
        dark = shares[row, column] > 0.5  # noqa: PLR2004 - half of the colour scale
        axes.text(column, row, str(count), ha="center", va="center", color="white" if dark else "black")
    return figure


def _page(card: RunCard, *, has_history: bool) -> str:
    parts = [
        f"<!doctype html><meta charset=utf-8><title>vastra run</title><style>{_STYLE}</style>",
        f"<h1>{html.escape(card.backbone)}, recipe “{html.escape(card.recipe.summary)}”</h1>",
        f"<p class=note>{_provenance(card)}</p>",
        f"<p>Scores are calibrated with temperature {card.temperature}; a score under {card.threshold} is unknown.</p>",
    ]
    if has_history:
        parts.append("<h2>Training</h2><img src=history.png alt='loss and accuracy an epoch'>")
    for title, name, tested in (
        ("Validation: sites kept aside, by a model that did not see them", "validation", card.validation),
        ("Test", "test", card.test),
    ):
        if tested:
            parts.append(f"<h2>{title} ({html.escape(tested.dataset)})</h2>{_figures(tested.metrics)}")
            parts.append(f"<img src={name}.png alt='confusion'>{_sites(tested.metrics)}")
    return "\n".join(parts)


def _provenance(card: RunCard) -> str:
    photos = html.escape(", ".join(f"{label} {count}" for label, count in card.photos.items()))
    hashes = f"recipe {card.recipe_digest}, photos {card.photos_hash}"
    return f"{card.created:%Y-%m-%d %H:%M} UTC, {photos}; {card.seconds / 60:.0f} min; {hashes}"


def _figures(metrics: Metrics) -> str:
    cells = {
        "photos": f"{metrics.n}",
        "top-1": f"{metrics.top1:.3f}",
        "macro-F1": f"{metrics.macro_f1:.3f}",
        "AUROC against other": "-" if metrics.auroc_other is None else f"{metrics.auroc_other:.3f}",
        "other accepted at 95 %": "-"
        if metrics.other_accepted_at_95 is None
        else f"{metrics.other_accepted_at_95:.3f}",
        "ECE": f"{metrics.ece:.3f}",
    }
    head = "".join(f"<th>{name}" for name in cells)
    return f"<table><tr>{head}<tr>{''.join(f'<td>{value}' for value in cells.values())}</table>"


def _sites(metrics: Metrics) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(site) or '(no site)'}<td>{top1:.3f}"
        for site, top1 in sorted(metrics.per_site.items(), key=lambda item: item[1])
    )
    return f"<table><tr><th>site<th>top-1{rows}</table>"
