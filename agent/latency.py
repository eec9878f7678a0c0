"""How long each stage takes: percentiles over the last pictures, in milliseconds."""

from collections import deque

from agent.messages import Percentiles

_KEPT = 600  # about a minute of pictures at ten a second; bounds memory however long the agent runs


class Latencies:
    """The last durations of each stage, by name."""

    def __init__(self) -> None:
        self._stages: dict[str, deque[float]] = {}

    def add(self, stage: str, seconds: float) -> None:
        """One more duration of `stage`."""
        self._stages.setdefault(stage, deque(maxlen=_KEPT)).append(seconds * 1000)

    def percentiles(self) -> dict[str, Percentiles]:
        """p50, p95 and p99 of each stage, nearest rank, in milliseconds."""
        return {stage: _percentiles(sorted(values)) for stage, values in self._stages.items()}


def _percentiles(ordered: list[float]) -> Percentiles:
    p50, p95, p99 = (round(ordered[min(len(ordered) - 1, int(len(ordered) * q))], 2) for q in (0.50, 0.95, 0.99))
    return Percentiles(p50=p50, p95=p95, p99=p99)
