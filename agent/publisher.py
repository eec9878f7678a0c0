"""What is said, on which topic, how reliably: decisions and events become messages and go to the broker.

The greeting is built anew at every connect, with fresh sequence numbers, from the last decision of each zone and the
last availability of each camera: a retained value can therefore never be older than what is known here.
"""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.counting import Counts
from agent.health import Health
from agent.home_assistant import BIRTH, Announcer
from agent.identity import Identity
from agent.messages import Header, ResponseMessage, StateMessage, encode
from agent.ports import Broker, Clock, Speech
from agent.requests import Order, Refusal, read_request
from agent.sessions import Sessions
from agent.values import Alert, Decision, DecisionKind, Event, Incoming, Outgoing, Severity, Spot, Timing
from agent.wording import (
    STATED,
    Stamp,
    worded_alert,
    worded_availability,
    worded_counts,
    worded_decision,
    worded_event,
    worded_health,
    worded_info,
)

_log = logging.getLogger(__name__)
_RIVAL = "client-id"
_RIVAL_WORDS = (
    "two devices use the same name, so that one throws the other out of the network",
    "Give each its own name (`device` in agent.toml), then restart both.",
)
_RIVAL_GONE_S = 1800.0  # three times as long as we stay away from it
_ORDERS_AT_MOST = 20  # the line takes one a picture
_EVENT_EXPIRY_S = 30 * 24 * 3600
_SNAPSHOT_EXPIRY_S = 24 * 3600  # whoever was before the camera does not stay at the broker for ever


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The last word on a zone."""

    decision: Decision
    timing: Timing


class Publisher:
    """Speaks for the agent, to Home Assistant too where there is an `announcer`.

    Called by the line's thread, and by the network's for the greeting.
    """

    def __init__(
        self,
        identity: Identity,
        broker: Broker,
        clock: Clock,
        *,
        heartbeat_s: float,
        announcer: Announcer | None = None,
    ) -> None:
        self._identity, self._broker, self._clock = identity, broker, clock
        self._topics = identity.topics
        self._heartbeat_s, self._announcer = heartbeat_s, announcer
        self._lock = threading.RLock()
        self._seq = 0
        self._cameras: dict[str, str | None] = {}
        self._spots: dict[Spot, _Spoken] = {}
        self._spoken_s: dict[Spot, float] = {}
        self._alerts: dict[str, Alert | None] = {}
        self._counts: dict[Spot, Counts] = {}
        self._threshold: float | None = None
        self._rival_s = float("-inf")
        self._sessions = Sessions(identity.session)
        self._orders: deque[Order] = deque()  # put by the network's thread, taken by the line's

    def start(self) -> None:
        """Lets the broker connect; its last will says `offline` in the name of this session."""
        speech = Speech(
            will=self._state("offline"),
            greeting=self._greeting,
            filters=(self._topics.state, self._topics.requests, *((BIRTH,) if self._announcer else ())),
            answer=self._answer,
            protest=self._protest,
        )
        self._broker.start(speech)

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

    def decision(self, spot: Spot, decision: Decision, timing: Timing) -> None:
        """Says what is seen, when that is another than before and at every heartbeat."""
        now_s = self._clock.monotonic()
        with self._lock:
            before = self._spots.get(spot)
            self._spots[spot] = _Spoken(decision, timing)
            same = before is not None and _said(before.decision) == _said(decision)
            if same and now_s - self._spoken_s[spot] < self._heartbeat_s:
                return
            self._spoken_s[spot] = now_s
        self._broker.send(self._classification(spot))

    def event(self, spot: Spot, event: Event) -> None:
        """Hands an event to the outbox, from where it reaches the broker at least once."""
        message = encode(worded_event(self._stamp(), spot, event))
        topic = self._topics.event(spot.camera, spot.zone)
        self._broker.send_event(Outgoing(topic, message, qos=1, expiry_s=_EVENT_EXPIRY_S))

    def alert(self, name: str, alert: Alert | None) -> None:
        """Says what a person has to mend, or (None) that it is solved; nothing when just that was said before.

        Say None at the start for whatever may have been wrong when the agent last ran: the broker still tells it.
        """
        with self._lock:
            if name in self._alerts and self._alerts[name] == alert:
                return
            mended = self._alerts.get(name) is not None
            self._alerts[name] = alert
        if alert is not None:
            _log.warning("%s: %s; %s", name, alert.text, alert.hint)
        elif mended:
            _log.info("%s: mended", name)
        self._broker.send(self._alert(name))

    def counts(self, spot: Spot, counts: Counts) -> None:
        """Says how many events there were; nothing when just that was said before."""
        with self._lock:
            if self._counts.get(spot) == counts:
                return
            self._counts[spot] = counts
        self._broker.send(self._counted(spot))

    def snapshot(self, camera: str, jpeg: bytes) -> None:
        """Says what a camera shows, as a picture."""
        topic = self._topics.snapshot(camera)
        self._broker.send(Outgoing(topic, jpeg, 0, retain=True, expiry_s=_SNAPSHOT_EXPIRY_S, content_type="image/jpeg"))

    def threshold(self, value: float) -> None:
        """Says from which score on a garment is believed; nothing when just that was said before."""
        with self._lock:
            if self._threshold == value:
                return
            self._threshold = value
        self._broker.send(self._info())

    def keep_time(self) -> None:
        """Sends what waited for its time; to be called about once a second or more often."""
        if self._announcer is not None and self._announcer.due(self._clock.monotonic()):
            self._broker.send(self._announcer.message())

    def health(self, health: Health) -> None:
        """Publishes how the agent is doing."""
        broker = self._broker
        if self._clock.monotonic() - self._rival_s > _RIVAL_GONE_S:
            self.alert(_RIVAL, None)
        message = worded_health(
            self._stamp(),
            health,
            outbox_depth=broker.outbox_depth,
            outbox_dropped=broker.outbox_dropped,
            reconnects=broker.reconnects,
        )
        broker.send(_retained(self._topics.health, message, qos=0, expiry_s=180))

    def _greeting(self) -> Sequence[Outgoing]:
        """Everything retained, `online` last: who sees it can rely on the rest being there."""
        with self._lock:
            self._sessions.connected()
            cameras, spots, alerts = list(self._cameras), list(self._spots), list(self._alerts)
            counted = list(self._counts)
        return [
            self._info(),
            *([self._announcer.message()] if self._announcer else []),
            *map(self._availability, cameras),
            *map(self._alert, alerts),
            *map(self._classification, spots),
            *map(self._counted, counted),
            self._state("online"),
        ]

    def next_order(self) -> Order | None:
        """The next request to be carried out, and then answered with `respond`; None when there is none."""
        return self._orders.popleft() if self._orders else None

    def respond(self, command: str, transaction: str, *, reason: str | None) -> None:
        """Says that a request was carried out, or why (`reason`) not."""
        self._broker.send(self._response(command, transaction, reason))

    def _answer(self, incoming: Incoming) -> Sequence[Outgoing]:
        """Refuses requests that are none, and leaves the others to the line.

        Raises:
            RivalError: another device has our name.
        """
        if self._announcer is not None and incoming.topic == BIRTH:
            self._announcer.hear(incoming, self._clock.monotonic())
            return ()
        if incoming.topic == self._topics.state:
            with self._lock:
                late = self._sessions.hear(incoming)
            return (self._state("online"),) if late else ()
        asked = read_request(self._topics, incoming)
        if asked is None:
            return ()
        if isinstance(asked, Refusal):
            return (self._response(asked.command, asked.transaction, asked.reason),)
        if len(self._orders) >= _ORDERS_AT_MOST:
            return (self._response(asked.command, asked.request.transaction, "busy with other requests; ask again"),)
        self._orders.append(asked)
        return ()

    def _response(self, command: str, transaction: str, reason: str | None) -> Outgoing:
        message = ResponseMessage(**self._stamp(), transaction=transaction, ok=reason is None, reason=reason or "")
        return Outgoing(self._topics.response(command), encode(message), qos=1, expiry_s=60)

    def _protest(self) -> Sequence[Outgoing]:
        with self._lock:
            self._alerts[_RIVAL] = Alert(Severity.ERROR, *_RIVAL_WORDS, since=self._clock.now())
            self._rival_s = self._clock.monotonic()
            self._sessions.give_way()
        return (self._alert(_RIVAL),)

    def _info(self) -> Outgoing:
        with self._lock:
            message = worded_info(self._stamp(), self._identity, self._threshold)
        return _retained(self._topics.info, message, qos=1)

    def _state(self, state: Literal["online", "stopped", "offline"]) -> Outgoing:
        return _retained(self._topics.state, StateMessage(**self._stamp(), state=state), qos=1)

    def _availability(self, name: str) -> Outgoing:
        with self._lock:
            lost = self._cameras[name]
        return _retained(self._topics.availability(name), worded_availability(self._stamp(), lost), qos=1)

    def _alert(self, name: str) -> Outgoing:
        topic = self._topics.alert(name)
        with self._lock:
            alert = self._alerts[name]
        if alert is None:
            return Outgoing(topic, b"", qos=1, retain=True)  # MQTT's way to say that there is nothing to tell any more
        return _retained(topic, worded_alert(self._stamp(), alert), qos=1)

    def _classification(self, spot: Spot) -> Outgoing:
        with self._lock:
            spoken = self._spots[spot]
        message = worded_decision(self._stamp(), spot, spoken.decision, spoken.timing, self._identity.model)
        expiry_s = max(1, round(2 * self._heartbeat_s))
        return _retained(self._topics.classification(spot.camera, spot.zone), message, qos=0, expiry_s=expiry_s)

    def _counted(self, spot: Spot) -> Outgoing:
        with self._lock:
            counts = self._counts[spot]
        return _retained(self._topics.counts(spot.camera, spot.zone), worded_counts(self._stamp(), spot, counts), qos=1)

    def _stamp(self) -> Stamp:
        with self._lock:
            self._seq += 1
            return {"session": self._identity.session, "seq": self._seq, "ts": self._clock.now()}


def _said(decision: Decision) -> tuple[DecisionKind, str | None]:
    return decision.kind, decision.label if decision.kind in STATED else None


def _retained(topic: str, message: Header, *, qos: int, expiry_s: int | None = None) -> Outgoing:
    return Outgoing(topic, encode(message), qos=qos, retain=True, expiry_s=expiry_s)
