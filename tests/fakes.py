"""Hand-written fakes of the ports; each name says how it lies."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event

import numpy as np

from agent.errors import OutboxError
from agent.fit import Pixels
from agent.ports import Clock, Speech
from agent.values import Frame, Outgoing, Prediction, Scored


class ManualClock(Clock):
    """Time that moves only by hand: by `advance`, or by `sleep`, which notes its length in `slept`."""

    def __init__(self, start: datetime = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)) -> None:
        self.start = start
        self.passed_s = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return self.passed_s

    def advance(self, seconds: float) -> None:
        self.passed_s += seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)


def picture(shade: int = 0) -> Pixels:
    """A small picture of one grey, to be told from others by its shade."""
    return np.full((8, 8, 3), shade, np.uint8)


class Hang:
    """A step of a script that does not come back before `release` is set, and then gives a picture."""

    def __init__(self) -> None:
        self.reached = Event()
        self.release = Event()


class ScriptedCamera:
    """A camera that plays a script: each read gives the next picture, raises the next error or hangs; then it ends."""

    def __init__(self, script: Sequence[Pixels | Hang | Exception], clock: Clock) -> None:
        self._script = iter(script)
        self._clock = clock
        self.given = 0
        self.closed = Event()

    def read(self) -> Frame | None:
        step = next(self._script, None)
        if step is None:
            return None
        if isinstance(step, Exception):
            raise step
        if isinstance(step, Hang):
            step.reached.set()
            step.release.wait()
            step = picture()
        self.given += 1
        return Frame(step, self.given - 1, self._clock.now(), self._clock.monotonic())

    def close(self) -> None:
        self.closed.set()


class RecordingBroker:
    """A `Broker` that delivers nothing and remembers everything, in order; `connect` plays a connection being made."""

    def __init__(self) -> None:
        self.will: Outgoing | None = None
        self.sent: list[Outgoing] = []
        self.events: list[Outgoing] = []
        self.farewell: Outgoing | None = None
        self.speech: Speech | None = None

    def start(self, speech: Speech) -> None:
        self.will, self.speech = speech.will, speech

    def connect(self) -> list[Outgoing]:
        return list(self.speech.greeting()) if self.speech else []

    def send(self, message: Outgoing) -> None:
        self.sent.append(message)

    def send_event(self, message: Outgoing) -> None:
        self.events.append(message)

    outbox_depth = outbox_dropped = reconnects = 0
    lost: str | None = None

    def stop(self, farewell: Outgoing, timeout_s: float) -> None:
        assert timeout_s > 0
        self.farewell = farewell


class ScriptedSource:
    """A `FrameSource` that gives its frames one by one, moving a clock on by `step_s` each time, and then ends.

    A None in the script is a moment without a picture; a string is the reason for which the camera is lost from there.
    """

    dropped = 0

    def __init__(self, script: Sequence[Pixels | str | None], clock: ManualClock, step_s: float = 0.1) -> None:
        self._script, self._clock, self._step_s = list(script), clock, step_s
        self._number = 0
        self.lost: str | None = None

    @property
    def ended(self) -> bool:
        return not self._script

    def next(self, timeout_s: float) -> Frame | None:
        assert timeout_s >= 0
        self._clock.advance(self._step_s)
        step = self._script.pop(0)
        self.lost = step if isinstance(step, str) else None
        if step is None or isinstance(step, str):
            return None
        self._number += 1
        return Frame(step, self._number - 1, self._clock.now(), self._clock.monotonic())

    def close(self) -> None:
        self._script.clear()


class ShadeClassifier:
    """A `Classifier` that takes shade 200 for jeans, 100 for sarees, and anything else for none of both."""

    asked = 0

    def classify(self, pixels: Pixels) -> Prediction:
        self.asked += 1
        jeans, sarees = {200: (0.9, 0.05), 100: (0.05, 0.9)}.get(int(pixels[0, 0, 0]), (0.1, 0.1))
        return Prediction((Scored("jeans", jeans), Scored("other", 1 - jeans - sarees), Scored("sarees", sarees)))


class FakeNotebook:
    """A `Notebook` in memory, on a disk that does not write where it `fails`."""

    def __init__(self, *, fails: bool = False) -> None:
        self._notes: dict[str, bytes] = {}
        self._fails = fails

    def note(self, name: str) -> bytes | None:
        return self._notes.get(name)

    def set_note(self, name: str, content: bytes) -> None:
        if self._fails:
            raise OutboxError("outbox.db: disk I/O error")
        self._notes[name] = content


class RecordingSupervisor:
    """A `Supervisor` that never loses patience, and remembers what it was told and when."""

    def __init__(self, clock: Clock, within_s: float | None = 20.0) -> None:
        self._clock, self.within_s = clock, within_s
        self.told: list[tuple[float, str]] = []

    def tell(self, *lines: str) -> None:
        self.told += [(self._clock.monotonic(), line) for line in lines]

    def times(self, line: str) -> list[float]:
        """When that line was told."""
        return [at_s for at_s, told in self.told if told == line]
