"""What others publish, as a queue that may be read at leisure: for `watch`, the demo and the tests."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, Full, Queue
from random import Random
from threading import Event
from types import TracebackType
from typing import Self

from agent.adapters.paho_connection import Complaint, PahoConnection
from agent.adapters.paho_link import Link
from agent.broker_access import BrokerAccess
from agent.errors import BrokerError, ConfigError
from agent.ports import Clock
from agent.values import Outgoing

_log = logging.getLogger(__name__)
_TURN_S = 1.0
_STOP_TIMEOUT_S = 5.0
_LONGEST_TOPIC = 65_535  # bytes; its length is sent in two


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it came: `retained` if the broker had kept it for new subscribers, `at` is when it came, UTC."""

    topic: str
    payload: bytes
    retained: bool
    at: datetime


class Subscriber:
    """The messages that match `topic_filter`, from whenever the broker is there; use it in a `with` block.

    Holds up to `capacity` messages that nobody has taken; then the oldest are dropped and counted.

    Raises:
        ConfigError: when made, if `topic_filter` is none; MQTT 3.1.1 section 4.7.
        BrokerError: on entering, when the CA file cannot be used; never for a broker that is away.
    """

    def __init__(
        self,
        access: BrokerAccess,
        topic_filter: str,
        *,
        capacity: int = 10_000,
        clock: Clock | None = None,
        random: Random | None = None,
    ) -> None:
        self.access = access
        self._topic_filter = _checked(topic_filter)
        self._clock = clock or Clock()
        self._connection = PahoConnection(access, self, clock=self._clock, random=random)
        self._complaint = Complaint(_log)
        self._queue: Queue[Received] = Queue(capacity)
        self._dropped = 0
        self._subscription: int | None = None
        self._subscribed = Event()

    @property
    def lost(self) -> str | None:
        """Why there is no connection, in plain words; None while there is one."""
        return self._connection.lost

    @property
    def subscribed(self) -> bool:
        """Whether the broker has confirmed the subscription, so that nothing published from here on is missed."""
        return self._subscribed.is_set()

    @property
    def dropped(self) -> int:
        """How many messages were thrown away because nobody took them in time."""
        return self._dropped

    def await_subscription(self, timeout_s: float) -> None:
        """Waits until the broker has confirmed the subscription.

        Raises:
            BrokerError: it did not within `timeout_s`; the message says why.
        """
        if not self._subscribed.wait(timeout_s):
            raise BrokerError(f"{self.access.url}: {self.lost or 'does not answer'}")

    def next(self, timeout_s: float) -> Received | None:
        """The oldest message not yet taken, waiting up to `timeout_s`; None when there is none in that time."""
        try:
            return self._queue.get(timeout=timeout_s)
        except Empty:
            return None

    def __enter__(self) -> Self:
        self._connection.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.stop(_STOP_TIMEOUT_S)

    def begin(self, link: Link) -> None:
        self._subscription = link.subscribe(self._topic_filter)

    def go_on(self, link: Link) -> float | None:
        while link.acknowledged:
            answer = link.acknowledged.popleft()
            if answer.mid != self._subscription:
                continue
            if answer.refusal is None:
                self._subscribed.set()
            else:
                self._subscribed.clear()
                self._complaint.say(
                    logging.ERROR,
                    f"{self.access.url}: the broker refuses to tell of {self._topic_filter}: {answer.refusal.lower()}",
                )
        while link.received:
            message = link.received.popleft()
            try:
                topic = message.topic
            except UnicodeDecodeError:
                continue  # no topic of ours, nor of any conforming publisher
            self._keep(Received(topic, bytes(message.payload), message.retain, self._clock.now()))
        return None if self._connection.stopping else _TURN_S

    def end(self) -> None:
        self._subscribed.clear()

    def protest(self) -> Sequence[Outgoing]:
        return ()  # its id is random

    def _keep(self, received: Received) -> None:
        while True:
            try:
                self._queue.put_nowait(received)
            except Full:
                try:
                    self._queue.get_nowait()
                except Empty:  # the consumer was faster
                    continue
                self._dropped += 1
            else:
                return


def _checked(topic_filter: str) -> str:
    levels = topic_filter.split("/")
    wild = [level for level in levels if "+" in level or "#" in level]
    misplaced = any(level not in ("+", "#") for level in wild) or "#" in levels[:-1]
    if not topic_filter or "\0" in topic_filter or len(topic_filter.encode()) > _LONGEST_TOPIC or misplaced:
        raise ConfigError(f"topic: {topic_filter[:80]!r} is no topic filter; + stands for one level, # ends the filter")
    return topic_filter
