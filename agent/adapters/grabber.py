"""Keeps the newest picture of a camera at hand, whatever happens to the camera."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Condition, Event, Thread

from agent.config import CameraConfig
from agent.errors import AgentError
from agent.ports import Camera, Clock
from agent.source import parse_source
from agent.values import Frame

logger = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
"""Between attempts: quick for a loose cable, and easy on a camera that needs a minute to start."""
OPENING = 3.0
"""Opening may take so many times `stall_s`: it connects, negotiates and waits for a key frame, each with a limit."""
MOST_ABANDONED = 3
"""Each hung capture holds a thread and a socket; more of them would exhaust the device before they helped."""
CLOSING_S = 1.5
"""A stopping agent waits so long for the driver; systemd kills it only after 90 s, but people are less patient."""


class Grabber:
    """A `FrameSource` over one camera at a time, read by one private thread that starts at once.

    Live sources: only the newest frame is kept, others are counted in `dropped`. Videos and folders at pace "fast":
    nothing is dropped; one frame is decoded ahead while the line works on the last. A lost camera is opened again after
    1, 2, 4 ... 30 s. A call into the driver that takes longer than `stall_s` is abandoned with its thread, which cannot
    be stopped, and another takes over. Frames are numbered from 0 across all of this.
    """

    def __init__(
        self,
        config: CameraConfig,
        open_camera: Callable[[], Camera],
        clock: Clock,
        *,
        pause: Callable[[Event, float], object] = Event.wait,
    ) -> None:
        self._open = open_camera
        self._name = config.name
        self._stall_s = config.stall_s
        self._lossless = config.pace == "fast" and parse_source(config.source).finite
        self._clock = clock
        self._pause = pause
        self._closing = Event()
        self._changed = Condition()  # guards everything below
        self._frame: Frame | None = None
        self._count = 0
        self._finished = False
        self._reason: str | None = "waiting for its first picture"
        self._lost_since_s: float | None = None
        self._live_since_s: float | None = None
        self._attempts = 0
        self._wait_s = 0.0
        self._call_ends_by_s: float | None = None  # a later answer of the driver is none
        self._turn = 0  # the thread whose turn it is; others were abandoned and no longer count
        self._abandoned: list[Thread] = []
        self.dropped = 0
        self.reopened = 0
        self._thread = self._start()

    def next(self, timeout_s: float) -> Frame | None:
        with self._changed:
            self._take_over()
            self._changed.wait_for(lambda: self._frame or self._finished or self._closing.is_set(), timeout_s)
            frame, self._frame = self._frame, None
            self._changed.notify_all()
            return frame

    @property
    def ended(self) -> bool:
        with self._changed:
            return self._finished and self._frame is None

    @property
    def lost(self) -> str | None:
        with self._changed:
            return self._stalled() or self._reason

    def close(self) -> None:
        with self._changed:
            self._closing.set()
            self._frame = None
            self._changed.notify_all()
        self._thread.join(CLOSING_S)

    # ---- the private thread

    def _start(self) -> Thread:
        thread = Thread(target=self._work, args=(self._turn,), name=f"grabber-{self._name}", daemon=True)
        thread.start()
        return thread

    def _work(self, turn: int) -> None:
        while self._has_turn(turn):
            if self._wait_s:
                self._pause(self._closing, self._wait_s)
            if not self._has_turn(turn):
                return
            try:
                with self._limited(turn, self._stall_s * OPENING):
                    camera = self._open()
            except AgentError as error:
                self._lose(turn, error.message)
                continue
            try:
                self._read_all(turn, camera)
            except AgentError as error:
                self._lose(turn, error.message)
            finally:
                with self._limited(turn, self._stall_s):
                    camera.close()

    def _read_all(self, turn: int, camera: Camera) -> None:
        while self._has_turn(turn):
            if self._lossless:
                self._wait_until_taken()
            with self._limited(turn, self._stall_s):
                frame = camera.read()
            self._put(turn, frame)

    def _has_turn(self, turn: int) -> bool:
        with self._changed:
            return turn == self._turn and not self._finished and not self._closing.is_set()

    def _wait_until_taken(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._frame is None or self._closing.is_set())

    @contextmanager
    def _limited(self, turn: int, limit_s: float) -> Iterator[None]:
        """While inside, the thread counts as hung once `limit_s` have passed."""
        self._set_limit(turn, self._clock.monotonic() + limit_s)
        try:
            yield
        finally:
            self._set_limit(turn, None)

    def _set_limit(self, turn: int, call_ends_by_s: float | None) -> None:
        with self._changed:
            if turn == self._turn:
                self._call_ends_by_s = call_ends_by_s

    def _put(self, turn: int, frame: Frame | None) -> None:
        with self._changed:
            if turn != self._turn or self._closing.is_set():
                return
            if frame is None:
                self._finished, self._reason = True, None
            else:
                self.dropped += self._frame is not None
                self._frame = replace(frame, number=self._count)
                self._count += 1
                self._note_return(frame)
            self._changed.notify_all()

    # ---- loss and return, under the lock

    def _note_return(self, frame: Frame) -> None:
        if self._reason is None:
            return
        self._reason = None
        self._live_since_s = self._clock.monotonic()
        if self._lost_since_s is None:
            logger.info("%s: first picture, %dx%d", self._name, frame.pixels.shape[1], frame.pixels.shape[0])
            return
        away_s = self._live_since_s - self._lost_since_s
        logger.info("%s: back after %.0f s, attempts: %d", self._name, away_s, self._attempts)
        self._lost_since_s = None
        self._attempts = 0
        self.reopened += 1

    def _lose(self, turn: int, reason: str) -> None:
        with self._changed:
            if turn == self._turn and not self._closing.is_set():
                self._note_loss(reason)

    def _note_loss(self, reason: str) -> None:
        now_s = self._clock.monotonic()
        held_s = 0.0 if self._live_since_s is None else now_s - self._live_since_s
        # A camera that comes and goes is not mended by one picture: only holding out longer than the wait starts anew.
        starts_anew = self._wait_s == 0 or held_s > self._wait_s
        self._wait_s = FIRST_WAIT_S if starts_anew else min(self._wait_s * 2, LONGEST_WAIT_S)
        self._live_since_s = None
        self._reason = reason
        self._attempts += 1
        if self._lost_since_s is None:
            self._lost_since_s = now_s
            logger.warning("%s: lost: %s; trying again until it is back", self._name, reason)
        else:
            logger.debug("%s: still lost: %s; next attempt in %.0f s", self._name, reason, self._wait_s)

    def _stalled(self) -> str | None:
        """Why the thread whose turn it is will bring nothing; None while it may."""
        if self._finished or self._closing.is_set():
            return None
        if not self._thread.is_alive():
            return "its thread ended by an error of ours, which stands in the log"
        if self._call_ends_by_s is None or self._clock.monotonic() < self._call_ends_by_s:
            return None
        if self._hung() < MOST_ABANDONED:
            return f"the camera or its driver hangs: no answer for more than {self._stall_s:g} s"
        return f"the driver hangs, after {MOST_ABANDONED} others did: check the camera, then restart the agent"

    def _hung(self) -> int:
        """How many abandoned threads still hang; those that came back have ended."""
        self._abandoned = [thread for thread in self._abandoned if thread.is_alive()]
        return len(self._abandoned)

    def _take_over(self) -> None:
        stalled = self._stalled()
        if stalled is None:
            return
        if self._hung() >= MOST_ABANDONED:
            if self._reason != stalled:
                self._reason = stalled
                logger.error("%s: %s", self._name, stalled)
            return
        self._abandoned.append(self._thread)
        self._turn += 1
        self._call_ends_by_s = None
        self._note_loss(stalled)
        self._thread = self._start()
