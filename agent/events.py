"""The life of an event: a garment comes, stays, goes. Pure: fed decisions and times, it never reads a clock."""

from dataclasses import replace
from datetime import datetime

from agent.values import Decision, DecisionKind, Event, EventPhase


class EventTracker:
    """Turns one zone's decisions into events. At most one garment is before a zone at a time.

    An event begins with a confirmed label, is updated every `update_s` seconds while it stays, and ends when another
    label is confirmed, or the decision becomes unknown or stale. A candidate changes nothing: it may yet be either.
    `name` makes ids unique: session, camera and zone.
    """

    def __init__(self, name: str, *, update_s: float) -> None:
        self._name = name
        self._update_s = update_s
        self._count = 0
        self._running: Event | None = None
        self._told_at: datetime | None = None

    def add(self, decision: Decision, at: datetime) -> list[Event]:
        """The events that `decision`, made from a picture taken at `at`, brings about, in order."""
        if decision.kind is DecisionKind.CANDIDATE:
            return []
        if decision.kind is not DecisionKind.CONFIRMED:
            return self.finish(at)
        if self._running is None or self._running.label != decision.label:
            return [*self.finish(at), self._begin(decision, at)]
        self._running = replace(self._running, score=max(self._running.score, decision.score))
        if self._told_at is not None and (at - self._told_at).total_seconds() < self._update_s:
            return []
        self._told_at = at
        return [replace(self._running, phase=EventPhase.UPDATE)]

    def finish(self, at: datetime) -> list[Event]:
        """Ends the running event, if there is one; also called when the agent stops."""
        running, self._running = self._running, None
        return [] if running is None else [replace(running, phase=EventPhase.END, ended=at)]

    def _begin(self, decision: Decision, at: datetime) -> Event:
        self._count += 1
        self._running = Event(f"{self._name}-{self._count}", EventPhase.NEW, decision.label, decision.score, at)
        self._told_at = at
        return self._running
