"""How values become messages. Pure: a value and a stamp in, the struct of `agent/messages.py` out."""

from datetime import datetime
from typing import TypedDict

from agent.counting import Counts
from agent.health import Health
from agent.identity import Identity
from agent.messages import (
    AlertMessage,
    AvailabilityMessage,
    ClassificationMessage,
    CountsMessage,
    EventMessage,
    HealthMessage,
    InfoMessage,
    LabelScore,
    ModelName,
    PeriodCounts,
    Window,
)
from agent.values import Alert, Decision, DecisionKind, Event, Spot, Timing

STATED = (DecisionKind.CONFIRMED, DecisionKind.CANDIDATE)
"""The decisions that name a label."""


class Stamp(TypedDict):
    """What makes a message one of a kind: the fields of `Header`."""

    session: str
    seq: int
    ts: datetime


def worded_info(stamp: Stamp, identity: Identity, threshold: float | None) -> InfoMessage:
    """What runs here, and the threshold in force, as `info`."""
    return InfoMessage(
        **stamp,
        device=identity.topics.device,
        site=identity.topics.site,
        agent_version=identity.agent_version,
        cameras=tuple(identity.zones),
        zones=dict(identity.zones),
        labels=identity.labels,
        model=identity.model,
        threshold=threshold,
    )


def worded_decision(
    stamp: Stamp, spot: Spot, decision: Decision, timing: Timing, model: ModelName
) -> ClassificationMessage:
    """What is seen at a spot, as `classification`."""
    return ClassificationMessage(
        **stamp,
        camera=spot.camera,
        zone=spot.zone,
        decision=decision.kind.value,
        label=decision.label if decision.kind in STATED else None,
        score=round(decision.score, 4),
        margin=round(decision.margin, 4),
        top_k=tuple(LabelScore(label=scored.label, score=round(scored.score, 4)) for scored in decision.top_k),
        window=Window(frames=decision.window, agree=decision.agree),
        model=model,
        frame_age_ms=round(timing.frame_age_ms, 1),
        latency_ms=round(timing.latency_ms, 1),
    )


def worded_event(stamp: Stamp, spot: Spot, event: Event) -> EventMessage:
    """A garment's coming, staying or going, as `event`."""
    return EventMessage(
        **stamp,
        camera=spot.camera,
        zone=spot.zone,
        event_id=event.id,
        event=event.phase.value,
        label=event.label,
        score=round(event.score, 4),
        started=event.started,
        ended=event.ended,
    )


def worded_counts(stamp: Stamp, spot: Spot, counts: Counts) -> CountsMessage:
    """How many events there were, as `counts`."""
    hour, day = (PeriodCounts(start=one.start, counts=dict(one.counts)) for one in (counts.hour, counts.day))
    return CountsMessage(**stamp, camera=spot.camera, zone=spot.zone, hour=hour, day=day)


def worded_health(
    stamp: Stamp, health: Health, *, outbox_depth: int, outbox_dropped: int, reconnects: int
) -> HealthMessage:
    """The agent's own figures and the network's, as `health`."""
    return HealthMessage(
        **stamp,
        uptime_s=round(health.uptime_s, 1),
        frames=health.frames,
        fps=round(health.fps, 2),
        dropped=health.dropped,
        gate_skips=health.gate_skips,
        latency_ms=health.latency_ms,
        rss_mb=health.rss_mb,
        temperature_c=health.temperature_c,
        outbox_depth=outbox_depth,
        outbox_dropped=outbox_dropped,
        reconnects=reconnects,
    )


def worded_availability(stamp: Stamp, lost: str | None) -> AvailabilityMessage:
    """Whether a camera gives pictures, as `availability`; `lost` is why it gives none."""
    return AvailabilityMessage(**stamp, state="online" if lost is None else "offline", reason=lost or "")


def worded_alert(stamp: Stamp, alert: Alert) -> AlertMessage:
    """Something for a person to mend, as `alert`."""
    return AlertMessage(**stamp, severity=alert.severity.value, text=alert.text, hint=alert.hint, since=alert.since)
