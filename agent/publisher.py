"""What is said, on which topic, how reliably: decisions and events become messages and go to the broker.

The greeting is built anew at every connect, with fresh sequence numbers, from the last decision of each zone and the
last availability of each camera: a retained value can therefore never be older than what is known here.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypedDict

from agent.health import Health
from agent.messages import (
    AvailabilityMessage,
    ClassificationMessage,
    EventMessage,
    Header,
    HealthMessage,
    InfoMessage,
    LabelScore,
    ModelName,
    StateMessage,
    Window,
    encode,
)
from agent.ports import Broker, Clock
from agent.topics import Topics
from agent.values import Decision, DecisionKind, Event, Outgoing

_STATED = (DecisionKind.CONFIRMED, DecisionKind.CANDIDATE)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who speaks: one device in one run (`session`), with its cameras' zones, its model and the garments it knows."""

    topics: Topics
    session: str
    agent_version: str
    zones: Mapping[str, tuple[str, ...]]
    labels: tuple[str, ...]
    model: ModelName


@dataclass(frozen=True, slots=True)
class Timing:
    """How old the picture was when its decision was published, and how long it took to classify; milliseconds."""

    frame_age_ms: float
    latency_ms: float


class _Stamp(TypedDict):
    session: str
    seq: int
    ts: datetime


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The last word on a zone."""

    decision: Decision
    timing: Timing


class Publisher:
    """Speaks for the agent. Called by the line's thread, and by the network's for the greeting."""

    def __init__(self, identity: Identity, broker: Broker, clock: Clock, *, heartbeat_s: float) -> None:
        self._identity, self._broker, self._clock = identity, broker, clock
        self._heartbeat_s = heartbeat_s
        self._lock = threading.RLock()
        self._seq = 0
        self._cameras: dict[str, str | None] = {}
        self._zones: dict[tuple[str, str], _Spoken] = {}
        self._spoken_s: dict[tuple[str, str], float] = {}

    def start(self) -> None:
        """Lets the broker connect; its last will says `offline` in the name of this session."""
        self._broker.start(self._state("offline"), self._greeting)

    def stop(self, timeout_s: float = 5.0) -> None:
        """Says `stopped`, delivers what is under way, disconnects."""
        self._broker.stop(self._state("stopped"), timeout_s)

    def camera(self, name: str, lost: str | None) -> None:
        """Says that camera `name` gives pictures (`lost` None) or why not; nothing when just that was said before."""
        with self._lock:
            if name in self._cameras and self._cameras[name] == lost:
                return
            self._cameras[name] = lost
        self._broker.send(self._availability(name))

    def decision(self, camera: str, zone: str, decision: Decision, timing: Timing) -> None:
        """Says what is seen, when that is another than before and at every heartbeat."""
        key, now_s = (camera, zone), self._clock.monotonic()
        with self._lock:
            before = self._zones.get(key)
            self._zones[key] = _Spoken(decision, timing)
            same = before is not None and _said(before.decision) == _said(decision)
            if same and now_s - self._spoken_s[key] < self._heartbeat_s:
                return
            self._spoken_s[key] = now_s
        self._broker.send(self._classification(camera, zone))

    def event(self, camera: str, zone: str, event: Event) -> None:
        """Hands an event to the outbox, from where it reaches the broker at least once."""
        message = EventMessage(
            **self._stamp(),
            camera=camera,
            zone=zone,
            event_id=event.id,
            event=event.phase.value,
            label=event.label,
            score=round(event.score, 4),
            started=event.started,
            ended=event.ended,
        )
        topic = self._identity.topics.event(camera, zone)
        self._broker.send_event(Outgoing(topic, encode(message), qos=1, expiry_s=30 * 24 * 3600))

    def health(self, health: Health) -> None:
        """Publishes how the agent is doing."""
        message = HealthMessage(
            **self._stamp(),
            uptime_s=round(health.uptime_s, 1),
            frames=health.frames,
            fps=round(health.fps, 2),
            dropped=health.dropped,
            gate_skips=health.gate_skips,
            latency_ms=health.latency_ms,
            rss_mb=health.rss_mb,
            temperature_c=health.temperature_c,
            outbox_depth=self._broker.outbox_depth,
            outbox_dropped=self._broker.outbox_dropped,
            reconnects=self._broker.reconnects,
        )
        self._broker.send(_retained(self._identity.topics.health, message, qos=0, expiry_s=180))

    def _greeting(self) -> Sequence[Outgoing]:
        """Everything retained, `online` last: who sees it can rely on the rest being there."""
        info = InfoMessage(
            **self._stamp(),
            device=self._identity.topics.device,
            site=self._identity.topics.site,
            agent_version=self._identity.agent_version,
            cameras=tuple(self._identity.zones),
            zones=dict(self._identity.zones),
            labels=self._identity.labels,
            model=self._identity.model,
        )
        with self._lock:
            cameras, zones = list(self._cameras), list(self._zones)
        return [
            _retained(self._identity.topics.info, info, qos=1),
            *(self._availability(name) for name in cameras),
            *(self._classification(camera, zone) for camera, zone in zones),
            self._state("online"),
        ]

    def _state(self, state: Literal["online", "stopped", "offline"]) -> Outgoing:
        message = StateMessage(**self._stamp(), state=state)
        return _retained(self._identity.topics.state, message, qos=1)

    def _availability(self, name: str) -> Outgoing:
        with self._lock:
            lost = self._cameras[name]
        message = AvailabilityMessage(**self._stamp(), state="online" if lost is None else "offline", reason=lost or "")
        return _retained(self._identity.topics.availability(name), message, qos=1)

    def _classification(self, camera: str, zone: str) -> Outgoing:
        with self._lock:
            spoken = self._zones[camera, zone]
        decision, timing = spoken.decision, spoken.timing
        message = ClassificationMessage(
            **self._stamp(),
            camera=camera,
            zone=zone,
            decision=decision.kind.value,
            label=decision.label if decision.kind in _STATED else None,
            score=round(decision.score, 4),
            margin=round(decision.margin, 4),
            top_k=tuple(LabelScore(label=scored.label, score=round(scored.score, 4)) for scored in decision.top_k),
            window=Window(frames=decision.window, agree=decision.agree),
            model=self._identity.model,
            frame_age_ms=round(timing.frame_age_ms, 1),
            latency_ms=round(timing.latency_ms, 1),
        )
        expiry_s = max(1, round(2 * self._heartbeat_s))
        return _retained(self._identity.topics.classification(camera, zone), message, qos=0, expiry_s=expiry_s)

    def _stamp(self) -> _Stamp:
        with self._lock:
            self._seq += 1
            return {"session": self._identity.session, "seq": self._seq, "ts": self._clock.now()}


def _said(decision: Decision) -> tuple[DecisionKind, str | None]:
    return decision.kind, decision.label if decision.kind in _STATED else None


def _retained(topic: str, message: Header, *, qos: int, expiry_s: int | None = None) -> Outgoing:
    return Outgoing(topic, encode(message), qos=qos, retain=True, expiry_s=expiry_s)
