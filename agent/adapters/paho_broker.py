"""The way out over MQTT: states go now or never, events go until the broker has acknowledged them."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from random import Random
from threading import Lock

import msgspec

from agent.adapters.paho_connection import Complaint, PahoConnection
from agent.adapters.paho_link import BrokerAccess, Link
from agent.errors import BrokerError, OutboxError
from agent.messages import EventMessage, encode
from agent.outbox import Outbox
from agent.ports import Clock
from agent.values import Outgoing

_log = logging.getLogger(__name__)
_EVENTS_AT_ONCE = 20  # unacknowledged: bounds what is sent twice after a loss, and how much is read from the disk
_WAITING_AT_MOST = 1000  # states that a stuck network does not take; the next greeting tells all of them anew
_TURN_S = 1.0  # how often paho looks after its pings
_DRAIN_SHARE = 0.5  # of the time to stop; the rest is for the farewell to be acknowledged


class PahoBroker:
    """A `Broker` over paho. Every connection greets, then sends the outbox's events in order, at most 20 at once.

    Events put before the connection was made are marked `historical`. The outbox stays its owner's to close.
    """

    def __init__(
        self,
        access: BrokerAccess,
        outbox: Outbox,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
    ) -> None:
        self._access = access
        self._clock = clock or Clock()
        self._connection = PahoConnection(access, self, clock=self._clock, random=random)
        self._outbox = outbox
        self._greeting: Callable[[], Sequence[Outgoing]] = tuple
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
        self._in_flight: dict[int, int] = {}
        self._sent_up_to = 0
        self._history_up_to = 0
        self._retry_s: float | None = None
        self._farewell_mid: int | None = None

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

    def start(self, will: Outgoing, greeting: Callable[[], Sequence[Outgoing]]) -> None:
        self._greeting = greeting
        self._connection.start(will)

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

    def begin(self, link: Link) -> None:  # noqa: ARG002 - nothing is sent before the first turn
        self._topics.clear()
        self._in_flight.clear()
        self._sent_up_to = 0
        self._retry_s = self._farewell_mid = None
        self._history_up_to = self._outbox.newest
        with self._lock:
            self._open = True  # before the greeting is made, so that no change after it is missed
        self._greetings = deque(self._greeting())

    def go_on(self, link: Link) -> float | None:
        self._settle(link)
        for queue in (self._greetings, self._waiting):
            while queue and link.room > 0 and link.lost is None:
                self._publish(link, queue.popleft())
        now_s = self._clock.monotonic()
        if self._farewell is not None:
            return self._say_farewell(link, self._farewell, now_s)
        self._send_events(link, now_s)
        return _TURN_S

    def end(self) -> None:
        with self._lock:
            self._open = False
            self._waiting.clear()  # it is old by the next connection, and would turn retained states back

    def _publish(self, link: Link, message: Outgoing) -> int:
        mid = link.publish(message)
        if message.qos:
            self._topics[mid] = message.topic
        return mid

    def _settle(self, link: Link) -> None:
        """Takes the broker's acknowledgements: an event leaves the outbox only now."""
        while link.acknowledged:
            answer = link.acknowledged.popleft()
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

    def _forget(self, row_id: int) -> None:
        try:
            self._outbox.done(row_id)
        except OutboxError as error:  # it will be sent once more; subscribers know it by its session and seq
            self._refused.say(logging.ERROR, error.message)

    def _send_events(self, link: Link, now_s: float) -> None:
        if self._retry_s is not None and now_s >= self._retry_s:
            self._sent_up_to, self._retry_s = 0, None  # from the beginning, with those that were refused
        under_way = set(self._in_flight.values())
        while link.lost is None and (room := min(link.room, _EVENTS_AT_ONCE - len(self._in_flight))) > 0:
            try:
                kept = self._outbox.pending(room, after=self._sent_up_to)
            except OutboxError as error:
                self._refused.say(logging.ERROR, error.message)
                return
            if not kept:
                return
            for row in kept:
                self._sent_up_to = row.row_id
                if row.row_id not in under_way:
                    old = row.row_id <= self._history_up_to
                    message = _historical(row.message) if old else row.message
                    self._in_flight[self._publish(link, message)] = row.row_id

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


def _historical(message: Outgoing) -> Outgoing:
    """The same event, marked as sent later than it happened; anything else as it is."""
    try:
        event = msgspec.json.decode(message.payload, type=EventMessage)
    except msgspec.MsgspecError:
        return message
    payload = encode(msgspec.structs.replace(event, historical=True))
    return Outgoing(message.topic, payload, message.qos, message.retain, message.expiry_s, message.content_type)
