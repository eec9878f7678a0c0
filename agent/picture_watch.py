"""Whether a camera's picture is worth looking at: frozen, black, covered or blurred. Pure: fed pictures and times."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from agent.fit import Pixels
from agent.motion import cells_of
from agent.values import Alert, Severity

_BLACK = 12.0  # grey levels of 255: brightest in a room without light, and what a cap over the lens lets through
_FLAT = 8.0  # spread of a picture's cells; the dullest of 300 photos of garments has 9.2, half of them over 60
# An edge's rise over 1/320 of the width, which is what a model of 224 pixels can see, as a share of the picture's contrast.
# Of 300 photos the softest has 0.17, the median 0.36; blurred with sigma 16 of 1280 pixels, the sharpest has 0.10.
_SOFT = 0.11
_CONTRAST = 30  # grey levels between dark and light parts, below which there are no edges to judge by
_EDGES = 99.0  # percentile: the sharpest hundredth of the picture
_LOOK_S = 2.0  # looking takes 3 ms at 720p


class Fault(StrEnum):
    """What can be wrong with a picture."""

    FROZEN = "frozen"
    BLACK = "black"
    COVERED = "covered"
    BLURRED = "blurred"


WORDS: dict[Fault, tuple[str, str]] = {
    Fault.FROZEN: (
        "the picture stands still: the camera sends the same one again and again",
        "Switch the camera off, wait ten seconds, and switch it on again.",
    ),
    Fault.BLACK: (
        "the picture is black",
        "Is there light in the shop, and no cap on the lens?",
    ),
    Fault.COVERED: (
        "the picture shows nothing but one colour",
        "Is something before the lens: a poster, a cloth, a spider's web?",
    ),
    Fault.BLURRED: (
        "the picture is badly out of focus",
        "Wipe the lens with a soft cloth; if that does not help, turn its focus ring until the picture is sharp.",
    ),
}
"""What to say to who works in the shop, and what they can do."""


def fault_of(pixels: Pixels) -> Fault | None:
    """What is wrong with a single picture, as far as one tells: it cannot be told to be frozen."""
    cells = cells_of(pixels) / 16
    if cells.mean() < _BLACK:
        return Fault.BLACK
    if cells.std(axis=(0, 1)).mean() < _FLAT:
        return Fault.COVERED
    return Fault.BLURRED if _is_soft(pixels) else None


@dataclass(frozen=True, slots=True)
class WatchRules:
    """A fault counts once it was there for `after_s`; a picture is frozen when no pixel changed for `frozen_s`."""

    after_s: float
    frozen_s: float


class PictureWatch:
    """Watches one camera's pictures, a look every two seconds."""

    def __init__(self, rules: WatchRules) -> None:
        self._rules = rules
        self._looked_s: float | None = None
        self._sample: Pixels | None = None
        self._changed_s = 0.0
        self._seen: Fault | None = None
        self._seen_since_s = 0.0
        self._seen_since: datetime | None = None
        self._alert: Alert | None = None

    def look(self, pixels: Pixels, at_s: float, at: datetime) -> Alert | None:
        """What has to be mended, now that a picture was taken at `at_s` (monotonic seconds), which is `at` (UTC)."""
        if self._looked_s is not None and 0.0 <= at_s - self._looked_s < _LOOK_S:
            return self._alert
        self._looked_s = at_s
        seen = self._judge(pixels, at_s)
        if seen is not self._seen or self._seen_since is None:
            self._seen, self._seen_since_s, self._seen_since = seen, at_s, at
        if at_s - self._seen_since_s >= self._rules.after_s:
            self._alert = None if seen is None else Alert(Severity.WARNING, *WORDS[seen], since=self._seen_since)
        return self._alert

    def _judge(self, pixels: Pixels, at_s: float) -> Fault | None:
        step = max(1, max(pixels.shape[:2]) // 160)
        sample = np.ascontiguousarray(pixels[::step, ::step])
        if self._sample is None or not np.array_equal(sample, self._sample):
            self._sample, self._changed_s = sample, at_s
        fault = fault_of(pixels)
        if fault in (None, Fault.BLURRED) and at_s - self._changed_s >= self._rules.frozen_s:
            return Fault.FROZEN
        return fault


def _is_soft(pixels: Pixels) -> bool:
    step = max(1, max(pixels.shape[:2]) // 640)
    grey = pixels[::step, ::step, 1].astype(np.int16)
    dark, light = np.percentile(grey, (1, 99))
    apart = max(1, max(grey.shape) // 320)
    if light - dark < _CONTRAST or min(grey.shape) <= apart:
        return False
    rises = (np.abs(grey[:, apart:] - grey[:, :-apart]), np.abs(grey[apart:] - grey[:-apart]))
    return all(float(np.percentile(rise, _EDGES)) < _SOFT * float(light - dark) for rise in rises)
