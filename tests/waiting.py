"""Waiting for what another thread or process does: until it is so, and never longer than a deadline."""

from collections.abc import Callable
from threading import Event
from time import monotonic

DEADLINE_S = 10.0


def wait_until(condition: Callable[[], object], *, what: str = "the condition") -> None:
    """Returns as soon as `condition()` is true; fails the test when that takes longer than `DEADLINE_S`."""
    ends_s = monotonic() + DEADLINE_S
    never = Event()
    while not condition():
        assert monotonic() < ends_s, f"{what} did not come true within {DEADLINE_S:g} s"
        never.wait(0.005)
