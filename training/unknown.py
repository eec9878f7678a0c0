"""Scores that tell our garments from anything else; higher means one of ours. Pure, so that they can be compared.

Known labels are those with a garment, `known` (labels,) is true for them; the rest (`other`) mean none of ours.
"""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from training.metrics import auroc, keep_threshold

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


class UnknownScore(msgspec.Struct, frozen=True, kw_only=True):
    """How well a score tells known from other photos: see `training.metrics.Metrics` for both figures."""

    auroc: float
    other_accepted_at_95: float


@dataclass(frozen=True, slots=True, eq=False)  # eq: arrays
class Gaussians:
    """One mean a known label, shape (labels, d), and the precision matrix (d, d) that they share."""

    means: Floats
    precision: Floats


def maximum_softmax(softmax: NDArray[np.floating], known: Mask) -> Floats:
    """The best garment's probability (Hendrycks and Gimpel 2017), what the agent compares with its threshold; (n,)."""
    return np.asarray(softmax[:, known].max(axis=1), np.float64)


def not_other(softmax: NDArray[np.floating], known: Mask) -> Floats:
    """One minus the probability of the rejected labels: how sure that it is a garment, whichever; shape (n,)."""
    return np.asarray(softmax[:, known].sum(axis=1), np.float64)


def energy(logits: NDArray[np.floating], known: Mask) -> Floats:
    """The negative free energy of the garments' logits (Liu et al. 2020), shape (n,)."""
    ours = logits[:, known].astype(np.float64)
    top = ours.max(axis=1)
    return np.asarray(top + np.log(np.exp(ours - top[:, None]).sum(axis=1)))


def mahalanobis(features: NDArray[np.floating], gaussians: Gaussians) -> Floats:
    """The negative squared distance to the nearest known label's mean (Lee et al. 2018), shape (n,)."""
    away = features[:, None, :].astype(np.float64) - gaussians.means[None]
    squared = np.einsum("nld,de,nle->nl", away, gaussians.precision, away, optimize=True)
    return np.asarray(-squared.min(axis=1))


def fit_gaussians(features: NDArray[np.floating], truth: NDArray[np.integer], known: Mask) -> Gaussians:
    """Means of the known labels' features (n, d) and their shared covariance, inverted.

    The covariance is shrunk towards a sphere as far as Ledoit and Wolf (2004) say, for there are often fewer photos
    than dimensions, and then it has no inverse.
    """
    x = features.astype(np.float64)
    labels = [label for label in np.flatnonzero(known) if np.any(truth == label)]
    means = np.stack([x[truth == label].mean(axis=0) for label in labels])
    centred = np.concatenate([x[truth == label] - mean for label, mean in zip(labels, means, strict=True)])
    n, dimensions = centred.shape
    covariance = centred.T @ centred / n
    sphere = np.trace(covariance) / dimensions * np.eye(dimensions)
    spread = float(np.sum((covariance - sphere) ** 2))
    noise = (float(np.mean(np.sum(centred**2, axis=1) ** 2)) - float(np.sum(covariance**2))) / n
    shrink = min(1.0, noise / spread) if spread > 0 else 1.0
    return Gaussians(means, np.linalg.pinv((1 - shrink) * covariance + shrink * sphere))


def rate(scores: Floats, ours: Mask) -> UnknownScore:
    """Both figures of a score, shape (n,), where `ours` says which photos show a known garment; needs some of each."""
    threshold = keep_threshold(scores[ours], 0.95)
    return UnknownScore(
        auroc=auroc(scores[ours], scores[~ours]),
        other_accepted_at_95=float((scores[~ours] >= threshold).mean()),
    )
