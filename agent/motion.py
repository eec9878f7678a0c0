"""The motion gate: a zone whose picture has not changed need not be classified again. Pure: fed pictures and times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.fit import Pixels

Cells = NDArray[np.int32]
"""A picture in few: sums of 16 pixels each, (rows, columns, 3), about 40 cells wide."""

_SAMPLED = 160  # pixels across: few enough for a tenth of a millisecond at 720p, and a cell is an arm's width
_BLOCK = 4  # sampled pixels a side of a cell: their mean has a quarter of the sensor's noise
_CELLS_AT_LEAST = 2  # one alone may be a dead pixel or an insect


def cells_of(pixels: Pixels) -> Cells:
    """The picture's cells; of a very small picture each pixel is one."""
    step = max(1, max(pixels.shape[:2]) // _SAMPLED)
    sampled = pixels[::step, ::step]
    rows, columns = sampled.shape[0] // _BLOCK * _BLOCK, sampled.shape[1] // _BLOCK * _BLOCK
    if not rows or not columns:
        return np.asarray(sampled, np.int32) * _BLOCK**2
    # Sums of slices: four times as fast as mean() over a reshaped array.
    wide = sampled[:rows, :columns].astype(np.uint16)
    bands = wide[0::4] + wide[1::4] + wide[2::4] + wide[3::4]
    return np.asarray(bands[:, 0::4] + bands[:, 1::4] + bands[:, 2::4] + bands[:, 3::4], np.int32)


@dataclass(frozen=True, slots=True)
class MotionRules:
    """A zone has changed when two of its cells differ by `threshold` levels of 255, over the colours; 0 skips nothing.

    At least every `recheck_s` a picture passes all the same.
    """

    threshold: float
    recheck_s: float


class MotionGate:
    """Decides for one zone which pictures are classified; remembers the last of these, as cells."""

    def __init__(self, rules: MotionRules) -> None:
        self._rules = rules
        self._judged: Cells | None = None
        self._judged_s = 0.0
        self.skipped = 0

    def opens(self, pixels: Pixels, at_s: float, *, settled: bool) -> bool:
        """Whether the zone's picture of `at_s` (monotonic seconds) has to be classified.

        It has, unless it looks like the one classified last, which is what it is compared with, so that slow change adds
        up; and unless the decision is not `settled` yet.
        """
        if not self._rules.threshold:
            return True
        cells = cells_of(pixels)
        fresh = 0.0 <= at_s - self._judged_s < self._rules.recheck_s
        if settled and fresh and self._judged is not None and not self._differs(cells, self._judged):
            self.skipped += 1
            return False
        self._judged, self._judged_s = cells, at_s
        return True

    def _differs(self, cells: Cells, before: Cells) -> bool:
        if cells.shape != before.shape:
            return True
        limit = self._rules.threshold * _BLOCK**2
        change = cells - before
        # A cloud before the sun is no motion: of the change that most cells share, the threshold's worth does not count.
        change -= np.clip(np.median(change, axis=(0, 1)), -limit, limit).astype(np.int32)
        changed = int((np.abs(change).mean(axis=2) > limit).sum())  # of the colours; the largest would be noise
        return changed >= min(_CELLS_AT_LEAST, cells.size // 3)
