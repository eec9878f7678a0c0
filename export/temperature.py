"""The temperature of a quantised model: the one with which it says most nearly what the calibrated float model says.

The run's temperature and threshold come from whole sites kept aside, by a model that had not seen them. The exported model
was then trained on all photos; refitted on those it would look surer than it is on a new shop (a temperature fitted to
labels that it knows by heart goes towards zero). So nothing is fitted to labels here. Quantisation may stretch the logits,
and the stretch is what is fitted: the temperature of least cross entropy from the float model's calibrated scores to the
quantised ones, photo by photo. That needs no label and holds for photos seen or unseen. The quantised scores are then on the
float model's scale, so its threshold keeps its meaning and is carried over; whether it still keeps the known is checked by
the gate on photos that were never trained on.
"""

import numpy as np
from numpy.typing import NDArray

from training.calibration import sharpen

Scores = NDArray[np.floating]

_RATIOS = np.geomspace(0.5, 2.0, 139)  # steps of one percent, the middle one exactly 1


def matched_temperature(target: Scores, scores: Scores, start: float) -> float:
    """The temperature, between half and twice `start`, that brings `scores` nearest to `target`.

    Both have shape (photos, labels). `target` is the float model's, calibrated; `scores` the quantised model's at
    temperature 1.
    """
    losses = [-np.mean(np.sum(target * np.log(sharpen(scores, start * ratio) + 1e-12), axis=1)) for ratio in _RATIOS]
    return round(start * float(_RATIOS[int(np.argmin(losses))]), 5)
