"""How often a subscriber of the drawn scene knew the right answer. Pure: messages in, a share out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.messages import ClassificationMessage
from agent.scene import Scene

_STEP_S = 0.1
_SETTLE_S = 1.0  # from a garment's halt: smoothing needs some pictures before it may speak
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


class Scorer:
    """Compares what was published with what the scene drew; `started` is the scene's first moment."""

    def __init__(self, scene: Scene, started: datetime) -> None:
        self._scene = scene
        self._started = started
        self._said: list[tuple[float, str | None]] = []

    def take(self, message: ClassificationMessage) -> None:
        """One more published decision; its picture was taken `frame_age_ms` before `ts`."""
        taken = message.ts - timedelta(milliseconds=message.frame_age_ms)
        label = message.label if message.decision == _KNOWN_SAID else None
        self._said.append(((taken - self._started).total_seconds(), label))

    def score(self, until: datetime) -> Score:
        """The score from the scene's start `until` then."""
        ends_s = (until - self._started).total_seconds()
        by_passage: dict[int, list[bool]] = {}
        for step in range(int(ends_s / _STEP_S)):
            at_s = step * _STEP_S
            if not self._stands(at_s):
                continue
            passage = self._scene.passage_at(at_s)
            wanted = None if passage.label == "other" else passage.label  # `other` is right when nothing is confirmed
            by_passage.setdefault(passage.index, []).append(self._last_said(at_s) == wanted)
        moments = [right for rights in by_passage.values() for right in rights]
        passages = [2 * sum(rights) > len(rights) for rights in by_passage.values()]
        return Score(len(moments), sum(moments), len(passages), sum(passages))

    def _stands(self, at_s: float) -> bool:
        """Whether the garment in view has been there, whole, since the smoothing began to see it."""
        if at_s < _SETTLE_S:
            return False
        now, before = self._scene.view_at(at_s), self._scene.view_at(at_s - _SETTLE_S)
        return now.settled and before.settled and now.passage.index == before.passage.index

    def _last_said(self, at_s: float) -> str | None:
        return next((label for said_s, label in reversed(self._said) if said_s <= at_s), None)
