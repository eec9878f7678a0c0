"""Numbers that say how good a classifier is; images of rejected labels (`other`) count for rejection only."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]
Labels = NDArray[np.integer]


class ClassMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """Precision, recall and F1 of one known label, each 0..1, over `n` photos of it."""

    n: int
    precision: float
    recall: float
    f1: float


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """A classifier's numbers on one data set.

    `top1` and `macro_f1` are over the known labels' photos, with the best known label as the answer. `auroc_other` is
    the chance that a random known photo scores above a random `other` photo; `other_accepted_at_95` the share of
    `other` photos above the threshold that keeps 95 % of the known. None where the data hold no `other`. `ece` is the
    expected calibration error of the score over 15 bins (Guo et al. 2017). `confusion` counts true label -> answer.
    """

    n: int
    top1: float
    macro_f1: float
    auroc_other: float | None
    other_accepted_at_95: float | None
    ece: float
    per_class: dict[str, ClassMetrics]
    per_site: dict[str, float]
    confusion: dict[str, dict[str, int]]


def measure(
    scores: Scores, truth: Labels, *, labels: Sequence[str], rejects: Sequence[str], sites: Sequence[str]
) -> Metrics:
    """Metrics of softmax `scores`, shape (n, labels), against `truth`, shape (n,), indices into `labels`."""
    known = np.array([label not in rejects for label in labels])
    columns = np.flatnonzero(known)
    answers = columns[scores[:, columns].argmax(axis=1)]
    best = scores[:, columns].max(axis=1)
    ours = known[truth]
    right = answers[ours] == truth[ours]
    per_class = {labels[index]: _class_metrics(answers[ours], truth[ours], index) for index in map(int, columns)}
    present = [metrics.f1 for metrics in per_class.values() if metrics.n]
    has_other = bool(np.any(~ours)) and bool(np.any(ours))
    return Metrics(
        n=len(truth),
        top1=float(right.mean()) if right.size else 0.0,
        macro_f1=float(np.mean(present)) if present else 0.0,
        auroc_other=auroc(best[ours], best[~ours]) if has_other else None,
        other_accepted_at_95=float((best[~ours] >= keep_threshold(best[ours], 0.95)).mean()) if has_other else None,
        ece=expected_calibration_error(best[ours], right),
        per_class=per_class,
        per_site=_per_site(right, [site for site, inside in zip(sites, ours, strict=True) if inside]),
        confusion=_confusion(answers, truth, labels, columns),
    )


def auroc(positive: Scores, negative: Scores) -> float:
    """Area under the ROC curve, as the rank statistic of Mann and Whitney; equal scores count half."""
    values = np.concatenate([positive, negative])
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def keep_threshold(known: Scores, share: float) -> float:
    """The highest threshold at which at least `share` of the known scores are still accepted (score >= threshold)."""
    ordered = np.sort(known)[::-1]
    return float(ordered[int(np.ceil(share * len(ordered))) - 1])


def expected_calibration_error(confidence: Scores, right: NDArray[np.bool_], bins: int = 15) -> float:
    """The mean distance between confidence and accuracy over equal bins of confidence, weighted by their photos."""
    if confidence.size == 0:
        return 0.0
    edges = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(float(confidence[edges == bin_].mean()) - float(right[edges == bin_].mean()))
        * float((edges == bin_).mean())
        for bin_ in np.unique(edges)
    ]
    return float(sum(gaps))


def _class_metrics(answers: Labels, truth: Labels, index: int) -> ClassMetrics:
    hit = int(np.sum((answers == index) & (truth == index)))
    said, there = int(np.sum(answers == index)), int(np.sum(truth == index))
    precision, recall = hit / said if said else 0.0, hit / there if there else 0.0
    f1 = 2 * hit / (said + there) if said + there else 0.0
    return ClassMetrics(n=there, precision=precision, recall=recall, f1=f1)


def _per_site(right: NDArray[np.bool_], sites: Sequence[str]) -> dict[str, float]:
    names = np.array(sites)
    return {str(site): float(right[names == site].mean()) for site in np.unique(names)} if sites else {}


def _confusion(answers: Labels, truth: Labels, labels: Sequence[str], columns: Labels) -> dict[str, dict[str, int]]:
    return {
        labels[true]: {labels[said]: int(np.sum((truth == true) & (answers == said))) for said in columns}
        for true in np.unique(truth)
    }
