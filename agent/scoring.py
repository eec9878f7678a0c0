"""How often a subscriber of the drawn scene knew the right answer. Pure: messages in, a share out."""

from bisect import bisect_right
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.messages import ClassificationMessage
from agent.scene import Scene

_STEP_S = 0.1
_SETTLE_S = 1.0  # from a garment's halt: smoothing needs some pictures before it may speak
_LATEST_S = (
    10.0  # a message later than this after its moment changes nothing; without a bound, --forever would slow down
)
_KNOWN_SAID = "confirmed"


@dataclass(frozen=True, slots=True)
class Score:
    """`right` of `moments`, sampled ten times a second while a garment stood in view; the same for whole passages.

    A passage is right when most of its moments are.
    """

    moments: int
    right: int
    passages: int
    passages_right: int

    @property
    def accuracy(self) -> float:
        """Share of right moments, 0..1; 0.0 when nothing was in view long enough."""
        return self.right / self.moments if self.moments else 0.0


@dataclass(slots=True)
class _Tally:
    """A running count: of the passages that are over, and of the moments of the one that `index` names."""

    moments: int = 0
    right: int = 0
    passages: int = 0
    passages_right: int = 0
    index: int = -1
    index_moments: int = 0
    index_right: int = 0

    def add(self, index: int, *, right: bool) -> None:
        if index != self.index:
            self.close_passage()
            self.index, self.index_moments, self.index_right = index, 0, 0
        self.index_moments += 1
        self.index_right += right

    def score(self) -> Score:
        closed = copy(self)
        closed.close_passage()
        return Score(closed.moments, closed.right, closed.passages, closed.passages_right)

    def close_passage(self) -> None:
        self.moments += self.index_moments
        self.right += self.index_right
        self.passages += self.index_moments > 0
        self.passages_right += 2 * self.index_right > self.index_moments


class Scorer:
    """Compares what was published with what the scene drew; `started` is the scene's first moment."""

    def __init__(self, scene: Scene, started: datetime) -> None:
        self._scene = scene
        self._started = started
        self._said: list[tuple[float, str | None]] = []
        self._settled = _Tally()
        self._step = 0

    def take(self, message: ClassificationMessage) -> None:
        """One more published decision; its picture was taken `frame_age_ms` before `ts`."""
        taken = message.ts - timedelta(milliseconds=message.frame_age_ms)
        label = message.label if message.decision == _KNOWN_SAID else None
        self._said.append(((taken - self._started).total_seconds(), label))

    def score(self, until: datetime) -> Score:
        """The score from the scene's start `until` then; `until` never goes back."""
        ends_s = (until - self._started).total_seconds()
        settled = max(self._step, int((ends_s - _LATEST_S) / _STEP_S))
        self._count(self._settled, self._step, settled)
        self._step = settled
        del self._said[: max(0, self._heard_by(settled * _STEP_S) - 1)]  # all but the last word before it
        tally = copy(self._settled)
        self._count(tally, settled, int(ends_s / _STEP_S))
        return tally.score()

    def _count(self, tally: _Tally, first: int, end: int) -> None:
        for step in range(first, end):
            at_s = step * _STEP_S
            if self._stands(at_s):
                passage = self._scene.passage_at(at_s)
                wanted = None if passage.label == "other" else passage.label  # `other`: nothing is to be confirmed
                tally.add(passage.index, right=self._last_said(at_s) == wanted)

    def _stands(self, at_s: float) -> bool:
        """Whether the garment in view has been there, whole, since the smoothing began to see it."""
        if at_s < _SETTLE_S:
            return False
        now, before = self._scene.view_at(at_s), self._scene.view_at(at_s - _SETTLE_S)
        return now.settled and before.settled and now.passage.index == before.passage.index

    def _last_said(self, at_s: float) -> str | None:
        heard = self._heard_by(at_s)
        return self._said[heard - 1][1] if heard else None

    def _heard_by(self, at_s: float) -> int:
        """How many of the decisions kept were made from pictures taken by then; one camera's come in order."""
        return bisect_right(self._said, at_s, key=lambda said: said[0])
