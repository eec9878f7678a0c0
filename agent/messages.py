"""What the agent publishes: one struct a topic, JSON on the wire. Consumers ignore unknown fields."""

from datetime import datetime
from typing import Literal

import msgspec

SCHEMA_VERSION = 1
"""Raised when a field changes its meaning or type; a new field does not raise it."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What every payload carries. De-duplicate on (device, `session`, `seq`).

    `session` names one start of the agent, `seq` counts its messages, `ts` is UTC.
    """

    session: str
    seq: int
    ts: datetime
    schema_version: int = SCHEMA_VERSION


class StateMessage(Header, frozen=True, kw_only=True):
    """`state`: `online`, `stopped` after a clean exit, `offline` as last will; a will of an old `session` is void."""

    state: Literal["online", "stopped", "offline"]


class ModelName(msgspec.Struct, frozen=True, kw_only=True):
    """Which model speaks: name, calendar version and the flatbuffer's sha256."""

    name: str
    version: str
    sha256: str


class InfoMessage(Header, frozen=True, kw_only=True):
    """`info`: what runs here. `labels` are the known garments, without those that mean "none of ours".

    `threshold` is the score from which a garment is believed; null before the line runs.
    """

    device: str
    site: str
    agent_version: str
    cameras: tuple[str, ...]
    zones: dict[str, tuple[str, ...]]
    labels: tuple[str, ...]
    model: ModelName
    threshold: float | None = None


class AvailabilityMessage(Header, frozen=True, kw_only=True):
    """`camera/<cam>/availability`: whether pictures come, and if not, why, in plain words."""

    state: Literal["online", "offline"]
    reason: str = ""


class LabelScore(msgspec.Struct, frozen=True, kw_only=True):
    """A label with its probability, 0..1."""

    label: str
    score: float


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """How many pictures the decision rests on, and in how many of them the label was best."""

    frames: int
    agree: int


class ClassificationMessage(Header, frozen=True, kw_only=True):
    """`camera/<cam>/<zone>/classification`: the present decision. `label` is null unless it is confirmed or candidate."""

    camera: str
    zone: str
    decision: Literal["confirmed", "candidate", "unknown", "stale"]
    label: str | None
    score: float
    margin: float
    top_k: tuple[LabelScore, ...]
    window: Window
    model: ModelName
    frame_age_ms: float
    latency_ms: float


class EventMessage(Header, frozen=True, kw_only=True):
    """`camera/<cam>/<zone>/event`: a garment came, stays, went. `historical` when sent again from the outbox."""

    camera: str
    zone: str
    event_id: str
    event: Literal["new", "update", "end"]
    label: str
    score: float
    started: datetime
    ended: datetime | None = None
    historical: bool = False


class PeriodCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Events that began since `start`, which carries the store's offset from UTC, by label; zeros too."""

    start: datetime
    counts: dict[str, int]


class CountsMessage(Header, frozen=True, kw_only=True):
    """`camera/<cam>/<zone>/counts`: events of the running hour and day in the store's time, over restarts."""

    camera: str
    zone: str
    hour: PeriodCounts
    day: PeriodCounts


class AlertMessage(Header, frozen=True, kw_only=True):
    """`alert/<id>`: something that a person has to mend, in their words. The topic is emptied when it is solved."""

    severity: Literal["warning", "error"]
    text: str
    hint: str
    since: datetime


class ResponseMessage(Header, frozen=True, kw_only=True):
    """`response/<cmd>`: what became of a request; `reason` says why it was not carried out."""

    transaction: str
    ok: bool
    reason: str = ""


class Percentiles(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds over the last minute's pictures."""

    p50: float
    p95: float
    p99: float


class HealthMessage(Header, frozen=True, kw_only=True):
    """`health`, every 60 s: how the agent is doing. `latency_ms` is by stage; `rss_mb` is resident memory.

    `gate_skips` counts the zones of `frames` that were not classified, because nothing had moved in them.
    """

    uptime_s: float
    frames: int
    fps: float
    dropped: int
    gate_skips: int = 0
    latency_ms: dict[str, Percentiles]
    rss_mb: float
    temperature_c: float | None
    outbox_depth: int
    outbox_dropped: int
    reconnects: int


def encode(message: Header) -> bytes:
    """The message as one JSON object; times end in `Z`."""
    return msgspec.json.encode(message)
