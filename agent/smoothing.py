"""From single predictions to a steady decision. Pure: fed predictions and times, it never reads a clock."""

from collections import deque
from dataclasses import dataclass, replace

from agent.values import Decision, DecisionKind, Prediction, Scored


@dataclass(frozen=True, slots=True)
class Rules:
    """When a label is believed.

    Scores are averaged over the last `window` pictures. The best known label is confirmed when its mean reaches
    `threshold` (0..1) and it was best in `agree` of those pictures; with fewer it is a candidate; under the threshold
    the answer is unknown. A label in `rejects` is never an answer. Pictures older than `stale_s` say nothing.
    """

    threshold: float
    rejects: frozenset[str]
    window: int = 5
    agree: int = 3
    stale_s: float = 5.0


class Smoother:
    """Decides for one zone; keeps the last pictures' predictions and nothing else."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._recent: deque[tuple[float, Prediction]] = deque(maxlen=rules.window)
        self._last: Decision | None = None

    def add(self, prediction: Prediction, at_s: float) -> Decision:
        """The decision now that `prediction` was made from a picture taken at `at_s` (monotonic seconds)."""
        self._recent.append((at_s, prediction))
        while at_s - self._recent[0][0] > self._rules.stale_s:
            self._recent.popleft()
        self._last = self._decide([recent for _, recent in self._recent])
        return self._last

    def silent(self, at_s: float) -> Decision | None:
        """The stale decision if no picture came since `stale_s` before `at_s`; None while the last one still holds."""
        if self._last is None or not self._recent or at_s - self._recent[-1][0] <= self._rules.stale_s:
            return None
        self._recent.clear()
        return replace(self._last, kind=DecisionKind.STALE)

    def _decide(self, recent: list[Prediction]) -> Decision:
        means = _mean_scores(recent)
        known = [scored for scored in means if scored.label not in self._rules.rejects]
        best = known[0]
        agree = sum(self._best_of(prediction) == best.label for prediction in recent)
        if best.score < self._rules.threshold:
            kind = DecisionKind.UNKNOWN
        elif agree >= self._rules.agree:
            kind = DecisionKind.CONFIRMED
        else:
            kind = DecisionKind.CANDIDATE
        margin = best.score - (known[1].score if len(known) > 1 else 0.0)
        return Decision(kind, best.label, best.score, margin, tuple(means), len(recent), agree)

    def _best_of(self, prediction: Prediction) -> str:
        known = [scored for scored in prediction.scores if scored.label not in self._rules.rejects]
        return max(known, key=lambda scored: scored.score).label


def decide_once(prediction: Prediction, rules: Rules) -> Decision:
    """The decision on one picture alone, as `classify` makes it: confirmed or unknown."""
    return Smoother(replace(rules, window=1, agree=1)).add(prediction, 0.0)


def _mean_scores(recent: list[Prediction]) -> list[Scored]:
    """Mean score of every label over the pictures, highest first; equal scores keep the labels' order."""
    labels = [scored.label for scored in recent[-1].scores]
    means = [sum(prediction.scores[row].score for prediction in recent) / len(recent) for row in range(len(labels))]
    return sorted(map(Scored, labels, means), key=lambda scored: -scored.score)
