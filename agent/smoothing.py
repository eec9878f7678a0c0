"""From the scores of single pictures to steady ones. Pure: fed predictions and times, it never reads a clock."""

from collections import deque
from math import exp
from typing import Protocol

from agent.values import Prediction, Scored


class Smoothing(Protocol):
    """Scores that ride over single bad pictures; of one zone."""

    def add(self, prediction: Prediction, at_s: float) -> tuple[Scored, ...]:
        """Every label's smoothed score, in label order, now that a picture taken at `at_s` (monotonic) was judged."""

    def clear(self) -> None:
        """Forgets all pictures so far."""


class WindowMean:
    """The mean over the last `window` pictures, of those not older than `oldest_s`: each counts alike."""

    def __init__(self, window: int, oldest_s: float) -> None:
        self._oldest_s = oldest_s
        self._recent: deque[tuple[float, Prediction]] = deque(maxlen=window)

    def add(self, prediction: Prediction, at_s: float) -> tuple[Scored, ...]:
        self._recent.append((at_s, prediction))
        while at_s - self._recent[0][0] > self._oldest_s:
            self._recent.popleft()
        columns = zip(*(recent.scores for _, recent in self._recent), strict=True)
        return tuple(Scored(column[0].label, sum(one.score for one in column) / len(column)) for column in columns)

    def clear(self) -> None:
        self._recent.clear()


class ExponentialMean:
    """A mean in which a picture's weight falls to a third (1/e) in `memory_s`, however many pictures come in a second.

    https://en.wikipedia.org/wiki/Exponential_smoothing, for pictures that do not come at even times.
    """

    def __init__(self, memory_s: float) -> None:
        self._memory_s = memory_s
        self._last: tuple[float, tuple[Scored, ...]] | None = None

    def add(self, prediction: Prediction, at_s: float) -> tuple[Scored, ...]:
        scores = prediction.scores
        if self._last is not None:
            before_s, before = self._last
            kept = exp(-max(at_s - before_s, 0.0) / self._memory_s)
            scores = tuple(
                Scored(new.label, kept * old.score + (1 - kept) * new.score)
                for old, new in zip(before, prediction.scores, strict=True)
            )
        self._last = at_s, scores
        return scores

    def clear(self) -> None:
        self._last = None
