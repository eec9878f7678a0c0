"""Time for the limiter and the fetcher that moves only when somebody sleeps."""

from dataclasses import dataclass, field


@dataclass
class ManualTime:
    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds
