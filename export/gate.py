"""The gate: what an exported form may lose against the float model before it counts as broken."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluate import metrics_of
from training.metrics import Metrics
from training.photos import PhotoSet
from training.run import RunCard


@dataclass(frozen=True, slots=True)
class Side:
    """One form of the model on the test photos: its metrics and the share of known photos that the threshold lets pass."""

    metrics: Metrics
    known_kept: float


def side_of(scores: NDArray[np.floating], photos: PhotoSet, card: RunCard) -> Side:
    """What calibrated `scores`, shape (photos, labels), are worth on `photos`."""
    known = np.array([label not in card.rejects for label in photos.labels])
    ours = known[[sample.label for sample in photos.samples]]
    best = scores[:, known].max(axis=1)
    return Side(metrics_of(scores, photos, card.rejects), float((best[ours] >= card.threshold).mean()))


def failures(exact: Side, exported: Side, max_drop: float) -> tuple[str, ...]:
    """What `exported` loses against the float model `exact` beyond `max_drop` points of top-1, one clause each.

    A class may lose twice as much, as it has fewer photos. The threshold was chosen to keep a share of the known photos:
    one that now keeps `max_drop` fewer loses garments, one that keeps twice as many points more lets other things pass.
    """
    found = []
    lost = 100 * (exact.metrics.top1 - exported.metrics.top1)
    if _over(lost, max_drop):
        change = f"{exact.metrics.top1:.3f} to {exported.metrics.top1:.3f}"
        found.append(f"loses {lost:.1f} points of top-1 ({change}, allowed {max_drop:g})")
    for label, before in exact.metrics.per_class.items():
        after = exported.metrics.per_class[label]
        lost = 100 * (before.recall - after.recall)
        if before.n and _over(lost, 2 * max_drop):
            change = f"{before.recall:.3f} to {after.recall:.3f} of {before.n} photos"
            found.append(f"loses {lost:.1f} points of {label} ({change}, allowed {2 * max_drop:g})")
    kept = 100 * (exported.known_kept - exact.known_kept)
    if _over(-kept, max_drop) or _over(kept, 2 * max_drop):
        change = f"{exported.known_kept:.1%} of the known instead of {exact.known_kept:.1%}"
        found.append(f"keeps {change} at the threshold (allowed {max_drop:g} points fewer, {2 * max_drop:g} more)")
    return tuple(found)


def _over(lost: float, allowed: float) -> bool:
    return lost > allowed + 1e-9  # a loss of exactly what is allowed passes, whatever floating point makes of it
