"""What travels along the line: Frame -> Prediction -> Decision -> Event. Small, immutable, checked when made."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from agent.fit import Pixels


@dataclass(frozen=True, slots=True, eq=False)  # eq: comparing arrays raises
class Frame:
    """One picture of a camera: RGB uint8 (height, width, 3).

    `number` counts a camera's pictures from 0, dropped ones too. `taken_at` is aware UTC, for people; `taken_s` is the
    same moment on the monotonic clock, for ages, which must not jump when the wall clock is set.
    """

    pixels: Pixels
    number: int
    taken_at: datetime
    taken_s: float

    def __post_init__(self) -> None:
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 3 or self.pixels.shape[2] != 3:  # noqa: PLR2004 - RGB
            raise ValueError(f"pixels must be uint8 (height, width, 3), not {self.pixels.dtype} {self.pixels.shape}")
        if self.taken_at.utcoffset() != timedelta(0):
            raise ValueError(f"taken_at must be aware UTC, not {self.taken_at!r}")


@dataclass(frozen=True, slots=True)
class Scored:
    """A label with its calibrated probability, 0..1."""

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """A classifier's answer for one picture: calibrated probabilities in the bundle's label order, summing to about 1."""

    scores: tuple[Scored, ...]

    def __post_init__(self) -> None:
        if not self.scores or any(not 0.0 <= scored.score <= 1.0 for scored in self.scores):
            raise ValueError(f"scores must be one or more values of 0..1: {self.scores}")


class DecisionKind(StrEnum):
    """What the agent is willing to say: `unknown` is none of our garments, `stale` that it sees nothing any more."""

    CONFIRMED = "confirmed"
    CANDIDATE = "candidate"
    UNKNOWN = "unknown"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the last pictures together say. `label` is the best known label, also when it is not confirmed.

    `score` 0..1 is its smoothed probability, `margin` 0..1 its lead over the next known label, `top_k` all labels from
    most to least likely, `agree` in how many of the last `window` pictures it was best.
    """

    kind: DecisionKind
    label: str
    score: float
    margin: float
    top_k: tuple[Scored, ...]
    window: int
    agree: int


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that is classified on its own: a camera and a zone of its picture."""

    camera: str
    zone: str

    def __str__(self) -> str:
        return f"{self.camera} {self.zone}"


@dataclass(frozen=True, slots=True)
class Timing:
    """How old the picture was when its decision was published, and how long it took to classify; milliseconds."""

    frame_age_ms: float
    latency_ms: float


class EventPhase(StrEnum):
    """Where an event is in its life."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True)
class Event:
    """A garment's stay before the camera. `id` is the same for its new, update and end; `ended` is None until it ended."""

    id: str
    phase: EventPhase
    label: str
    score: float
    started: datetime
    ended: datetime | None = None


class Severity(StrEnum):
    """How bad it is: with a `warning` the agent still works, with an `error` it does not."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person has to mend: what is wrong and what to do, for who works in the shop. `since` is UTC."""

    severity: Severity
    text: str
    hint: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An MQTT message to be sent: `qos` 0 or 1, `retain` keeps it at the broker for later subscribers.

    `expiry_s` and `content_type` are sent where the broker speaks MQTT 5.
    """

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    expiry_s: int | None = None
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Incoming:
    """An MQTT message that came: `retained` if the broker had kept it, which then may be old."""

    topic: str
    payload: bytes
    retained: bool = False
