"""What the line needs from the outside, as roles; `agent/adapters` holds the drivers that fill them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol

from agent.fit import Pixels
from agent.values import Frame, Incoming, Outgoing, Prediction

NOT_YET = "not connected yet"
"""Why a broker is `lost` until the first attempt to connect has ended."""


class Clock:
    """The time: `now` is aware UTC and may jump, `monotonic` is seconds that never do. Tests give one that stands still."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return monotonic()


def nothing(_: Incoming) -> Sequence[Outgoing]:
    """No answer."""
    return ()


class Camera(Protocol):
    """A source of pictures that is open until closed."""

    def read(self) -> Frame | None:
        """The next picture, waiting for it; None when a finite source (a video, a folder) is at its end.

        Raises:
            CameraError: the source is lost; close it and open another.
        """

    def close(self) -> None:
        """Releases the device; later reads are an error."""


class Classifier(Protocol):
    """A model that says how likely each label is."""

    def classify(self, pixels: Pixels) -> Prediction:
        """The calibrated prediction for one picture of any size, RGB uint8 (height, width, 3)."""


class FrameSource(Protocol):
    """The newest picture of a camera that may come and go; the grabber in `agent/adapters` is one."""

    def next(self, timeout_s: float) -> Frame | None:
        """The newest picture not yet taken, waiting up to `timeout_s`; None when there is none in that time."""

    @property
    def ended(self) -> bool:
        """True once a finite source has given its last picture."""

    @property
    def lost(self) -> str | None:
        """Why there is no camera at the moment, in plain words; None while pictures come."""

    @property
    def dropped(self) -> int:
        """How many pictures gave way to newer ones before they were taken."""

    def close(self) -> None:
        """Stops grabbing and releases the camera."""


@dataclass(frozen=True, slots=True)
class Speech:
    """What is said over every connection to a broker, and what is answered; called on the network's thread.

    `greeting` is sent, in order, after every connect. `answer` is given every message on one of the topic `filters`, and
    what it gives is sent; it raises RivalError when another device has our name. `protest` is sent then, and when the
    broker says so, before we stay away.
    """

    will: Outgoing
    greeting: Callable[[], Sequence[Outgoing]]
    filters: tuple[str, ...] = ()
    answer: Callable[[Incoming], Sequence[Outgoing]] = nothing
    protest: Callable[[], Sequence[Outgoing]] = tuple


class Broker(Protocol):
    """The way out, owned by one network thread that connects, and connects again, until stopped."""

    def start(self, speech: Speech) -> None:
        """Begins to connect and returns at once.

        Raises:
            BrokerError: never for a broker that is away; only for settings that cannot work, such as a missing CA file.
        """

    def send(self, message: Outgoing) -> None:
        """Sends now, or drops it while there is no connection: the next greeting tells the state anew."""

    def send_event(self, message: Outgoing) -> None:
        """Keeps the message in the outbox until the broker has acknowledged it, also over a restart."""

    @property
    def lost(self) -> str | None:
        """Why there is no connection, in plain words; None while there is one."""

    @property
    def outbox_depth(self) -> int:
        """How many events wait for the broker."""

    @property
    def outbox_dropped(self) -> int:
        """How many events were lost since the start because the outbox was full."""

    @property
    def reconnects(self) -> int:
        """How often a connection was made again after the first."""

    def stop(self, farewell: Outgoing, timeout_s: float) -> None:
        """Sends what is under way and the farewell, disconnects cleanly, and gives up after `timeout_s`."""


class Supervisor(Protocol):
    """Who started the agent, and starts it again when it hangs; systemd is one."""

    @property
    def within_s(self) -> float | None:
        """How often, at least, it wants to hear that the work gets on; None: not at all."""

    def tell(self, *lines: str) -> None:
        """Tells it, in the words of sd_notify(3). Raises nothing: that it does not hear must not stop the camera."""
