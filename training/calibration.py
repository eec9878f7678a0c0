"""Temperature and unknown threshold, chosen on sites that the model did not see."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.metrics import keep_threshold

Scores = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Fitted:
    """`temperature` > 0 divides the logits; `threshold` 0..1 is the least score that is not unknown."""

    temperature: float
    threshold: float


def sharpen(scores: Scores, temperature: float) -> NDArray[np.float64]:
    """A softmax as it would be with its logits divided by `temperature`; same shape."""
    logits = np.log(np.clip(scores.astype(np.float64), 1e-6, 1.0)) / temperature
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def calibrate(scores: Scores, truth: NDArray[np.integer], known: NDArray[np.bool_], known_kept: float) -> Fitted:
    """The temperature of least log loss (Guo et al. 2017) and the threshold that keeps `known_kept` of the known photos.

    `scores` is (n, labels), `truth` (n,) indices, `known` (labels,) false for rejected labels.
    """
    grid = np.geomspace(0.25, 4.0, 81)
    losses = [-np.mean(np.log(sharpen(scores, t)[np.arange(len(truth)), truth] + 1e-12)) for t in grid]
    temperature = round(float(grid[int(np.argmin(losses))]), 3)
    best = sharpen(scores, temperature)[:, known].max(axis=1)
    return Fitted(temperature, round(keep_threshold(best[known[truth]], known_kept), 4))
