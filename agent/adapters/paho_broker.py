"""The way out over MQTT: states go now or never, events go until the broker has acknowledged them."""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from threading import Lock

import msgspec

from agent.adapters.paho_connection import Complaint, PahoConnection
from agent.adapters.paho_link import Link
from agent.allowance import Allowance
from agent.broker_access import BrokerAccess
from agent.errors import BrokerError, OutboxError, RivalError
from agent.messages import EventMessage, encode
from agent.outbox import Outbox
from agent.ports import Clock, Speech
from agent.values import Incoming, Outgoing

_log = logging.getLogger(__name__)
_EVENTS_AT_ONCE = 20  # unacknowledged: bounds what is sent twice after a loss, and how much is read from the disk
_WAITING_AT_MOST = 1000  # states that a stuck network does not take; the next greeting tells all of them anew
_TURN_S = 1.0  # how often paho looks after its pings
_REPLAY_TURN_S = 0.05  # while more may be replayed: a few at a time, and not one
_DRAIN_SHARE = 0.5  # of the time to stop; the rest is for the farewell to be acknowledged


class PahoBroker:
    """A `Broker` over paho. Every connection greets, then sends the outbox's events, at most 20 at once.

    Events put before the connection was made are marked `historical`, and sent in order at `replay_per_s` at most; those
    put since do not wait for them. The outbox stays its owner's to close.
    """

    def __init__(
        self,
        access: BrokerAccess,
        outbox: Outbox,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
        replay_per_s: float = 100.0,
    ) -> None:
        self._access = access
        self._clock = clock or Clock()
        self._connection = PahoConnection(access, self, clock=self._clock, random=random)
        self._outbox = outbox
        self._speech: Speech | None = None
        self._not_kept = Complaint(_log)  # of the line's thread
        self._refused = Complaint(_log)  # of the network thread
        self._lock = Lock()  # guards the next two: a state must not slip from one connection into the next
        self._open = False
        self._waiting: deque[Outgoing] = deque(maxlen=_WAITING_AT_MOST)
        self._farewell: Outgoing | None = None
        self._stop_began_s = self._stop_ends_s = 0.0
        # all below: of the network thread, for one connection
        self._greetings: deque[Outgoing] = deque()
        self._topics: dict[int, str] = {}
        self._subscriptions: dict[int | None, str] = {}
        self._in_flight: dict[int, int] = {}
        self._history, self._news = _Cursor(0), _Cursor(0)
        self._replay = Allowance(replay_per_s)
        self._retry_s: float | None = None
        self._farewell_mid: int | None = None
        self._history_up_to = 0

    @property
    def connected(self) -> bool:
        """Whether the broker can be reached at the moment."""
        return self._open

    @property
    def lost(self) -> str | None:
        """Why there is no connection, in plain words; None while there is one."""
        return self._connection.lost

    @property
    def reconnects(self) -> int:
        """How often the connection was made again since the start."""
        return self._connection.reconnects

    @property
    def outbox_depth(self) -> int:
        """How many events the broker has not acknowledged."""
        return self._outbox.depth

    @property
    def outbox_dropped(self) -> int:
        """How many events gave way to newer ones because the outbox was full."""
        return self._outbox.dropped

    def start(self, speech: Speech) -> None:
        self._speech = speech
        self._connection.start(speech.will)

    def send(self, message: Outgoing) -> None:
        self._check_alive()
        with self._lock:
            if self._open:
                self._waiting.append(message)
        self._connection.wake()

    def send_event(self, message: Outgoing) -> None:
        self._check_alive()
        try:
            self._outbox.put(message)
        except OutboxError as error:
            # a full disk must not stop the camera: better an event that may get lost than none
            self._not_kept.say(
                logging.ERROR, f"{error.message}; events are sent, but not kept for a broker that is away"
            )
            self.send(message)
            return
        self._not_kept.over()
        self._connection.wake()

    def stop(self, farewell: Outgoing, timeout_s: float) -> None:
        self._stop_began_s = self._clock.monotonic()
        self._stop_ends_s = self._stop_began_s + timeout_s
        self._farewell = farewell
        self._connection.stop(timeout_s)

    def begin(self, link: Link) -> None:
        assert self._speech is not None
        self._topics.clear()
        self._subscriptions.clear()
        self._in_flight.clear()
        self._retry_s = self._farewell_mid = None
        self._expire()
        self._history_up_to = self._outbox.newest
        self._rewind()
        for topic_filter in self._speech.filters:  # first, so that the greeting can be answered
            self._subscriptions[link.subscribe(topic_filter)] = topic_filter
        with self._lock:
            self._open = True  # before the greeting is made, so that no change after it is missed
        self._greetings = deque(self._speech.greeting())

    def go_on(self, link: Link) -> float | None:
        self._settle(link)
        self._hear(link)
        if link.lost is not None:
            return _TURN_S
        for queue in (self._greetings, self._waiting):
            while queue and link.room > 0 and link.lost is None:
                self._publish(link, queue.popleft())
        now_s = self._clock.monotonic()
        if self._farewell is not None:
            return self._say_farewell(link, self._farewell, now_s)
        self._send_events(link, now_s)
        return _TURN_S if self._history.ended else min(_TURN_S, max(self._replay.wait_s, _REPLAY_TURN_S))

    def end(self) -> None:
        with self._lock:
            self._open = False
            self._waiting.clear()  # it is old by the next connection, and would turn retained states back

    def protest(self) -> Sequence[Outgoing]:
        return () if self._speech is None else self._speech.protest()

    def _hear(self, link: Link) -> None:
        while link.received and self._speech is not None:
            message = link.received.popleft()
            try:
                topic = message.topic
            except UnicodeDecodeError:
                continue  # no topic of any conforming publisher
            try:
                self._greetings.extend(self._speech.answer(Incoming(topic, bytes(message.payload), message.retain)))
            except RivalError:
                link.surrender()
                return

    def _publish(self, link: Link, message: Outgoing) -> int:
        mid = link.publish(message)
        if message.qos:
            self._topics[mid] = message.topic
        return mid

    def _settle(self, link: Link) -> None:
        """Takes the broker's acknowledgements: an event leaves the outbox only now."""
        while link.acknowledged:
            answer = link.acknowledged.popleft()
            if answer.mid in self._subscriptions:
                self._settle_subscription(self._subscriptions.pop(answer.mid), answer.refusal)
                continue
            topic = self._topics.pop(answer.mid, "")
            row_id = self._in_flight.pop(answer.mid, None)
            if answer.mid == self._farewell_mid:
                self._farewell_mid = 0  # paho counts from 1
            if answer.refusal is not None:
                self._refused.say(
                    logging.ERROR,
                    f"{self._access.url}: the broker refuses messages on {topic}: {answer.refusal.lower()};"
                    " allow this user to publish there (events wait in the outbox)",
                )
                self._retry_s = self._retry_s or self._clock.monotonic() + self._access.longest_wait_s
            elif row_id is not None:
                self._forget(row_id)

    def _settle_subscription(self, topic_filter: str, refusal: str | None) -> None:
        if refusal is not None:
            self._refused.say(
                logging.WARNING,
                f"{self._access.url}: the broker refuses to tell of {topic_filter}: {refusal.lower()};"
                " allow this user to read there",
            )

    def _forget(self, row_id: int) -> None:
        try:
            self._outbox.done(row_id)
        except OutboxError as error:  # it will be sent once more; subscribers know it by its session and seq
            self._refused.say(logging.ERROR, error.message)

    def _send_events(self, link: Link, now_s: float) -> None:
        if self._retry_s is not None and now_s >= self._retry_s:
            self._retry_s = None
            self._rewind()  # from the beginning, with those that were refused
        try:
            self._send_of(self._news, link, _EVENTS_AT_ONCE)
            allowed = min(self._replay.now(now_s), _EVENTS_AT_ONCE)
            self._replay.use(self._send_of(self._history, link, allowed))
        except OutboxError as error:
            self._refused.say(logging.ERROR, error.message)

    def _send_of(self, cursor: "_Cursor", link: Link, allowed: int) -> int:
        """Sends up to `allowed` events from where the cursor is; gives how many."""
        under_way, sent = set(self._in_flight.values()), 0
        while link.lost is None and (room := self._room(link, allowed - sent)) > 0:
            kept = self._outbox.pending(room, after=cursor.sent_up_to, up_to=cursor.up_to)
            if not kept:
                cursor.ended = True
                break
            for row in kept:
                cursor.sent_up_to = row.row_id
                if row.row_id not in under_way:
                    message = _historical(row.message) if cursor.up_to is not None else row.message
                    self._in_flight[self._publish(link, message)] = row.row_id
                    sent += 1
        return sent

    def _room(self, link: Link, allowed: int) -> int:
        return min(link.room, _EVENTS_AT_ONCE - len(self._in_flight), allowed)

    def _rewind(self) -> None:
        self._history, self._news = _Cursor(0, self._history_up_to), _Cursor(self._history_up_to)

    def _expire(self) -> None:
        try:
            self._outbox.expire()
        except OutboxError as error:
            self._refused.say(logging.ERROR, error.message)

    def _say_farewell(self, link: Link, farewell: Outgoing, now_s: float) -> float | None:
        if self._farewell_mid is None:
            draining_until_s = self._stop_began_s + (self._stop_ends_s - self._stop_began_s) * _DRAIN_SHARE
            if now_s < draining_until_s:
                self._send_events(link, now_s)
                if self._greetings or self._waiting or self._in_flight:
                    return min(_TURN_S, draining_until_s - now_s)
            if link.room > 0:
                self._farewell_mid = self._publish(link, farewell)
        if self._farewell_mid == 0:
            return None
        if now_s >= self._stop_ends_s:
            link.drop()  # it does not answer: then let the will tell that we are gone
            return None
        return min(_TURN_S, self._stop_ends_s - now_s)

    def _check_alive(self) -> None:
        """The line must not run on, thinking that it is heard, when a bug has ended the network thread."""
        if not self._connection.alive and not self._connection.stopping:
            raise BrokerError(f"{self._access.url}: the network thread does not run; its error is in the log")


@dataclass(slots=True)
class _Cursor:
    """How far the events up to `up_to` (None: all that come) have been sent; `ended` when there were no more."""

    sent_up_to: int
    up_to: int | None = None
    ended: bool = False


def _historical(message: Outgoing) -> Outgoing:
    """The same event, marked as sent later than it happened; anything else as it is."""
    try:
        event = msgspec.json.decode(message.payload, type=EventMessage)
    except msgspec.MsgspecError:
        return message
    payload = encode(msgspec.structs.replace(event, historical=True))
    return Outgoing(message.topic, payload, message.qos, message.retain, message.expiry_s, message.content_type)
