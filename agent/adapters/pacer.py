"""Lets recorded and drawn pictures pass at the speed of life."""

from collections.abc import Callable

from agent.ports import Clock

LONGEST_GAP_S = 1.0
"""A longer pause in a recording is cut to this, so that a closing agent never waits longer for a sleeping camera."""


class Pacer:
    """Sleeps between pictures for as long as they were apart when they were taken.

    Time lost in decoding is made up for, up to `LONGEST_GAP_S`; more (a machine that was suspended) is let go.
    """

    def __init__(self, clock: Clock, sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._due_s: float | None = None

    def wait(self, gap_s: float) -> None:
        """Returns when the next picture is due, `gap_s` seconds after the one before; the first is due at once."""
        now_s = self._clock.monotonic()
        if self._due_s is None:
            self._due_s = now_s
            return
        self._due_s = max(self._due_s + min(gap_s, LONGEST_GAP_S), now_s - LONGEST_GAP_S)
        if self._due_s > now_s:
            self._sleep(self._due_s - now_s)
