"""A test looked at closely: intervals, calibration before and after, sites, and the scores of the unknown compared."""

from collections import Counter
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from training.calibration import Fitted, sharpen
from training.evidence import Evidence
from training.intervals import Interval, wilson
from training.metrics import expected_calibration_error
from training.unknown import UnknownScore, energy, mahalanobis, maximum_softmax, not_other, rate

BINS = 15
"""Bins of the reliability diagram; Guo et al. 2017 use as many for the ECE."""


UNKNOWN = "unknown"
"""The answer to what scored under the threshold."""


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Photos whose best garment scored alike: their mean score, the share that was right, how many they are."""

    confidence: float
    accuracy: float
    n: int


class Calibrated(msgspec.Struct, frozen=True, kw_only=True):
    """Expected calibration error over the known photos, and the bins behind it."""

    ece: float
    bins: tuple[Bin, ...]


class SiteDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One site: top-1 over its known photos, which label was taken for which, and its `other` photos accepted."""

    top1: Interval
    accepted: Interval
    confusion: dict[str, dict[str, int]]


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """What `Metrics` leaves out.

    `known_kept` and `other_accepted` are at the shipped threshold, and so is `shipped`, which counts true label -> answer
    with UNKNOWN for what scored less. `unknown` rates each score of the unknown that could
    be had; it is empty where the photos hold no `other`.
    """

    top1: Interval
    recall: dict[str, Interval]
    precision: dict[str, Interval]
    known_kept: Interval
    other_accepted: Interval
    shipped: dict[str, dict[str, int]]
    before: Calibrated
    after: Calibrated
    unknown: dict[str, UnknownScore]
    sites: dict[str, SiteDetail]


@dataclass(frozen=True, slots=True, eq=False)  # eq: arrays
class Answers:
    """Scores read as the agent reads them: the best garment and its calibrated score, each of shape (n,).

    `ours` says which photos show a known garment, `right` which of all were answered with their label.
    """

    scores: NDArray[np.float64]
    answers: NDArray[np.int64]
    best: NDArray[np.float64]
    ours: NDArray[np.bool_]
    right: NDArray[np.bool_]


def known_labels(labels: tuple[str, ...], rejects: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which labels are garments, shape (labels,)."""
    return np.array([label not in rejects for label in labels])


def answers_of(evidence: Evidence, known: NDArray[np.bool_], temperature: float) -> Answers:
    """The answers at a temperature."""
    scores = sharpen(evidence.softmax, temperature)
    columns = np.flatnonzero(known)
    answers = columns[scores[:, columns].argmax(axis=1)]
    return Answers(
        scores=scores,
        answers=answers,
        best=scores[:, columns].max(axis=1),
        ours=known[evidence.truth],
        right=answers == evidence.truth,
    )


def detail_of(evidence: Evidence, rejects: tuple[str, ...], fitted: Fitted) -> Detail:
    """The close look at some photos, at least one."""
    labels = evidence.photos.labels
    known = known_labels(labels, rejects)
    plain, said = (answers_of(evidence, known, temperature) for temperature in (1.0, fitted.temperature))
    recall, precision = {}, {}
    for index in map(int, np.flatnonzero(known)):
        there, given = evidence.truth == index, said.ours & (said.answers == index)
        recall[labels[index]] = wilson(int(said.right[there].sum()), int(there.sum()))
        precision[labels[index]] = wilson(int(said.right[given].sum()), int(given.sum()))
    accepted = said.best >= fitted.threshold
    return Detail(
        top1=_share(said.right[said.ours]),
        recall=recall,
        precision=precision,
        known_kept=_share(accepted[said.ours]),
        other_accepted=_share(accepted[~said.ours]),
        shipped=_confusion(evidence, said, np.ones(len(accepted), bool), accepted),
        before=_calibrated(plain),
        after=_calibrated(said),
        unknown=_unknown(evidence, said, known),
        sites=_sites(evidence, said, accepted),
    )


def _share(hits: NDArray[np.bool_]) -> Interval:
    return wilson(int(hits.sum()), len(hits))


def _calibrated(said: Answers) -> Calibrated:
    best, right = said.best[said.ours], said.right[said.ours]
    places = np.minimum((best * BINS).astype(int), BINS - 1)
    bins = tuple(
        Bin(
            confidence=float(best[places == place].mean()),
            accuracy=float(right[places == place].mean()),
            n=int((places == place).sum()),
        )
        for place in np.unique(places)
    )
    return Calibrated(ece=expected_calibration_error(best, right, BINS), bins=bins)


def _unknown(evidence: Evidence, said: Answers, known: NDArray[np.bool_]) -> dict[str, UnknownScore]:
    if said.ours.all() or not said.ours.any():
        return {}
    scores = {"maximum softmax": maximum_softmax(said.scores, known)}
    if not known.all():
        scores["1 - p(other)"] = not_other(said.scores, known)
    if evidence.logits is not None:
        scores["energy"] = energy(evidence.logits, known)
    if evidence.features is not None and evidence.gaussians is not None:
        scores["Mahalanobis"] = mahalanobis(evidence.features, evidence.gaussians)
    return {name: rate(score, said.ours) for name, score in scores.items()}


def _sites(evidence: Evidence, said: Answers, accepted: NDArray[np.bool_]) -> dict[str, SiteDetail]:
    names = np.array([sample.site for sample in evidence.photos.samples])
    return {
        str(name): SiteDetail(
            top1=_share(said.right[(names == name) & said.ours]),
            accepted=_share(accepted[(names == name) & ~said.ours]),
            confusion=_confusion(evidence, said, names == name, np.ones(len(names), bool)),
        )
        for name in np.unique(names)
    }


def _confusion(
    evidence: Evidence, said: Answers, chosen: NDArray[np.bool_], accepted: NDArray[np.bool_]
) -> dict[str, dict[str, int]]:
    labels = (*evidence.photos.labels, UNKNOWN)
    answers = np.where(accepted, said.answers, len(labels) - 1)
    pairs = Counter(zip(evidence.truth[chosen].tolist(), answers[chosen].tolist(), strict=True))
    found: dict[str, dict[str, int]] = {}
    for (true, answer), count in sorted(pairs.items()):
        found.setdefault(labels[true], {})[labels[answer]] = count
    return found
