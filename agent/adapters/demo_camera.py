"""The drawn scenes as a camera, for a first look without one."""

import time
from collections.abc import Callable
from typing import Protocol

from agent.adapters.pacer import Pacer
from agent.fit import Pixels
from agent.ports import Clock
from agent.values import Frame

PERIOD_S = 1 / 15
"""Smooth to the eye, and leaves a small computer time to draw and classify."""


class Renderer(Protocol):
    """Something that paints a moment of a show."""

    def frame_at(self, at_s: float) -> Pixels:
        """What is seen `at_s` seconds after the start."""


class DemoCamera:
    """A show in real time, from its beginning, as a `Camera` that never ends; about 15 pictures a second."""

    def __init__(self, renderer: Renderer, clock: Clock, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._renderer = renderer
        self._clock = clock
        self._pacer = Pacer(clock, sleep)
        self._started_s = clock.monotonic()
        self._number = 0

    def read(self) -> Frame:
        self._pacer.wait(PERIOD_S)
        # Taken before it is drawn, so that a frame's age counts the drawing, as a camera's counts exposure.
        taken_at, taken_s = self._clock.now(), self._clock.monotonic()
        pixels = self._renderer.frame_at(taken_s - self._started_s)
        self._number += 1
        return Frame(pixels, self._number - 1, taken_at, taken_s)

    def close(self) -> None:
        """Nothing is held open."""
