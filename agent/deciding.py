"""From steady scores to a decision that does not flap. Pure: fed predictions and times, it never reads a clock."""

from collections import deque
from dataclasses import dataclass, replace
from typing import Literal

from agent.smoothing import ExponentialMean, Smoothing, WindowMean
from agent.values import Decision, DecisionKind, Prediction, Scored

SmoothingName = Literal["majority", "exponential"]


@dataclass(frozen=True, slots=True)
class Rules:
    """When a label is believed, and for how long. A label in `rejects` is never an answer.

    Scores are smoothed over the last `window` pictures ("majority") or exponentially over `memory_s`. The best known
    label is confirmed when its score reaches `threshold` (0..1), it leads the next by `margin`, was best in `agree` of
    the last `window` pictures, and was not confirmed until less than `cooldown_s` ago; failing one of the latter three
    it is a candidate; under the threshold the answer is unknown.

    A confirmed label stays until, for `hold_s` without a break, its score was under `leave` (0..1) of the threshold or
    another label fulfilled all of this. After `stale_s` without a picture all is forgotten.
    """

    threshold: float
    rejects: frozenset[str]
    smoothing: SmoothingName = "majority"
    window: int = 5
    agree: int = 3
    memory_s: float = 0.7
    margin: float = 0.0
    leave: float = 1.0
    hold_s: float = 0.0
    cooldown_s: float = 0.0
    stale_s: float = 5.0


@dataclass(frozen=True, slots=True)
class _Held:
    """A confirmed label, and since when something speaks against it."""

    label: str
    doubted_s: float | None = None


class Decider:
    """Decides for one zone; what it remembers is bounded by the window and the number of labels."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._smoothing = _smoothing(rules)
        self._bests: deque[tuple[float, Scored]] = deque(maxlen=rules.window)  # of single pictures
        self._seen_s: float | None = None
        self._still_s = 0.0  # how long altogether nothing moved: pictures do not grow old in that time
        self._held: _Held | None = None
        self._left_s: dict[str, float] = {}
        self._last: Decision | None = None

    def add(self, prediction: Prediction, at_s: float) -> Decision:
        """The decision now that `prediction` was made from a picture taken at `at_s` (monotonic seconds)."""
        if self._seen_s is not None and at_s - self._seen_s > self._rules.stale_s:
            self._forget(self._seen_s)
        self._seen_s = at_s
        moving_s = at_s - self._still_s
        self._bests.append((moving_s, _ranked(self._known(prediction.scores))[0]))
        while moving_s - self._bests[0][0] > self._rules.stale_s:
            self._bests.popleft()
        scores = self._smoothing.add(prediction, moving_s)
        known = _ranked(self._known(scores))
        self._last = self._decide(known, tuple(_ranked(scores)), at_s)
        return self._last

    def silent(self, at_s: float) -> Decision | None:
        """The stale decision if no picture came since `stale_s` before `at_s`; None while the last one still holds."""
        if self._last is None or self._seen_s is None or at_s - self._seen_s <= self._rules.stale_s:
            return None
        self._forget(self._seen_s)
        return replace(self._last, kind=DecisionKind.STALE)

    @property
    def settled(self) -> bool:
        """Whether more pictures of the same would change nothing: then they need not be classified."""
        if self._last is None or len(self._bests) < self._rules.window:
            return False
        newest = self._bests[-1][1]
        if self._held is None:
            return self._last.kind is DecisionKind.UNKNOWN and newest.score < self._rules.threshold
        firm = newest.label == self._held.label and newest.score >= self._rules.leave * self._rules.threshold
        return firm and self._held.doubted_s is None

    def same(self, at_s: float) -> Decision:
        """The decision, which still holds, as a picture taken at `at_s` shows what the last one showed.

        Raises:
            ValueError: there is none yet.
        """
        if self._last is None or self._seen_s is None:
            raise ValueError("there is no decision yet, or only a stale one")
        self._still_s += max(at_s - self._seen_s, 0.0)
        self._seen_s = max(self._seen_s, at_s)
        return self._last

    def believe_from(self, threshold: float) -> None:
        """Takes another threshold (0..1) from the next picture on."""
        self._rules = replace(self._rules, threshold=threshold)

    def _decide(self, known: list[Scored], top_k: tuple[Scored, ...], at_s: float) -> Decision:
        challenge = self._judge(known, at_s)
        self._doubt(known, challenge, at_s)
        if self._held is None and challenge is DecisionKind.CONFIRMED:
            self._held = _Held(known[0].label)
        label = self._held.label if self._held else known[0].label
        score = _score_of(known, label)
        others = [scored.score for scored in known if scored.label != label]
        return Decision(
            kind=DecisionKind.CONFIRMED if self._held else challenge,
            label=label,
            score=score,
            margin=max(0.0, score - max(others, default=0.0)),
            top_k=top_k,
            window=len(self._bests),
            agree=self._agree(label),
        )

    def _judge(self, known: list[Scored], at_s: float) -> DecisionKind:
        """What the best label would be, if none were held."""
        best, lead = known[0], known[0].score - (known[1].score if len(known) > 1 else 0.0)
        if best.score < self._rules.threshold:
            return DecisionKind.UNKNOWN
        cooling = at_s - self._left_s.get(best.label, float("-inf")) < self._rules.cooldown_s
        if cooling or lead < self._rules.margin or self._agree(best.label) < self._rules.agree:
            return DecisionKind.CANDIDATE
        return DecisionKind.CONFIRMED

    def _doubt(self, known: list[Scored], challenge: DecisionKind, at_s: float) -> None:
        """Lets go of the held label, once it was doubted for long enough."""
        if self._held is None:
            return
        weak = _score_of(known, self._held.label) < self._rules.leave * self._rules.threshold
        beaten = challenge is DecisionKind.CONFIRMED and known[0].label != self._held.label
        if not weak and not beaten:
            self._held = _Held(self._held.label)
            return
        doubted_s = at_s if self._held.doubted_s is None else self._held.doubted_s
        self._held = _Held(self._held.label, doubted_s)
        if at_s - doubted_s >= self._rules.hold_s:
            self._left_s[self._held.label] = at_s
            self._held = None

    def _forget(self, at_s: float) -> None:
        if self._held is not None:
            self._left_s[self._held.label] = at_s
        self._held = self._seen_s = None
        self._bests.clear()
        self._smoothing.clear()

    def _agree(self, label: str) -> int:
        return sum(best.label == label for _, best in self._bests)

    def _known(self, scores: tuple[Scored, ...]) -> list[Scored]:
        return [scored for scored in scores if scored.label not in self._rules.rejects]


def decide_once(prediction: Prediction, rules: Rules) -> Decision:
    """The decision on one picture alone, as `classify` makes it: confirmed or unknown."""
    return Decider(Rules(rules.threshold, rules.rejects, window=1, agree=1)).add(prediction, 0.0)


def _smoothing(rules: Rules) -> Smoothing:
    if rules.smoothing == "exponential":
        return ExponentialMean(rules.memory_s)
    return WindowMean(rules.window, rules.stale_s)


def _ranked(scores: list[Scored] | tuple[Scored, ...]) -> list[Scored]:
    """Highest first; equal scores keep the labels' order."""
    return sorted(scores, key=lambda scored: -scored.score)


def _score_of(known: list[Scored], label: str) -> float:
    return next(scored.score for scored in known if scored.label == label)
