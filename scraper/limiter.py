"""How often a host is asked: one limiter for pages and images together, however many threads ask.

Every request books the host's next free moment, so that the distance holds between requests and not between threads.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

JITTER = 0.25
"""An interval is stretched by up to a quarter, never shortened: a metronome is what a flood of robots looks like."""
FIRST_BACK_OFF_S = 2.0
LONGEST_BACK_OFF_S = 300.0


@dataclass(slots=True)
class _Turn:
    free_at: float = 0.0
    interval_s: float | None = None
    refusals: int = 0


@dataclass(slots=True)
class Limiter:
    """Books each host's requests. Clock, sleep and chance are parameters, so that a test needs no time."""

    default_interval_s: float = 0.5
    intervals: Mapping[str, float] = field(default_factory=dict)
    """Seconds between two requests, by host; a host below a named one has its interval too."""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    chance: Callable[[], float] = random.random
    _turns: dict[str, _Turn] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, url: str) -> None:
        """Sleeps until the host of the address may be asked, and books that moment."""
        with self._lock:
            turn = self._turn(url)
            now = self.clock()
            starts = max(now, turn.free_at)
            turn.free_at = starts + self._interval(url, turn) * (1 + JITTER * self.chance())
        if starts > now:
            self.sleep(starts - now)

    def refused(self, url: str, *, retry_after_s: float | None) -> float:
        """Puts the host off after a refusal: as long as it asks, else twice as long each time; gives the seconds."""
        with self._lock:
            turn = self._turn(url)
            doubled = min(FIRST_BACK_OFF_S * 2**turn.refusals, LONGEST_BACK_OFF_S) * (1 + JITTER * self.chance())
            pause = doubled if retry_after_s is None else min(retry_after_s, LONGEST_BACK_OFF_S)
            turn.refusals += 1
            turn.free_at = max(turn.free_at, self.clock() + pause)
            return pause

    def answered(self, url: str) -> None:
        """Forgets the host's refusals: it answers again."""
        with self._lock:
            self._turn(url).refusals = 0

    def slow_down(self, url: str, interval_s: float) -> None:
        """Never asks the host more often than this: its robots.txt named a crawl delay."""
        with self._lock:
            turn = self._turn(url)
            turn.interval_s = max(interval_s, self._interval(url, turn))

    def _turn(self, url: str) -> _Turn:
        return self._turns.setdefault(host_of(url), _Turn())

    def _interval(self, url: str, turn: _Turn) -> float:
        if turn.interval_s is not None:
            return turn.interval_s
        host = host_of(url)
        named = [seconds for name, seconds in self.intervals.items() if host == name or host.endswith(f".{name}")]
        return max(named, default=self.default_interval_s)


def host_of(url: str) -> str:
    """The host of an address, with its port where one is written."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()
