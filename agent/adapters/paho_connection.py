"""A connection that is made again whenever it is lost, by a thread of its own; others say what is said over it."""

import logging
import socket
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random
from secrets import token_hex
from threading import Event, Thread
from typing import Protocol

from paho.mqtt.enums import MQTTProtocolVersion

from agent.adapters.paho_link import (
    MQTT_3_1_1,
    MQTT_5,
    VERSION_NAMES,
    Link,
    RefusedError,
    VersionError,
)
from agent.broker_access import BrokerAccess
from agent.broker_url import BrokerUrl
from agent.errors import BrokerError
from agent.ports import NOT_YET, Clock
from agent.values import Outgoing

_log = logging.getLogger(__name__)
_PROTEST_S = 5.0  # for the broker to acknowledge it
_END_MARGIN_S = 0.5  # for the thread to wind up after its last deadline


class Conversation(Protocol):
    """What is said over a connection; called on the connection's thread alone."""

    def begin(self, link: Link) -> None:
        """The link has just opened."""

    def go_on(self, link: Link) -> float | None:
        """Takes what came, sends what waits, and gives the seconds to its next turn; None to say goodbye."""

    def end(self) -> None:
        """The link is gone; whatever was not acknowledged counts as not sent."""

    def protest(self) -> Sequence[Outgoing]:
        """What is to be said, under another client id, now that somebody else has taken ours."""


class Complaint:
    """Logs what is wrong once and counts its repeats. For one thread."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._said: Counter[str] = Counter()

    def say(self, level: int, reason: str) -> None:
        """Logs `reason`, unless it has been said since the last `over`."""
        if not self._said[reason]:
            self._logger.log(level, "%s", reason)
        self._said[reason] += 1

    def over(self) -> int:
        """How many complaints there were since the last time; they are logged anew from here on."""
        total = self._said.total()
        self._said.clear()
        return total


def pause_s(tries: int, longest_s: float, random: Random) -> float:
    """How long to wait after `tries` failures in a row: at random up to 1, 2, 4... seconds, at most `longest_s`.

    "Full jitter", so that a shop's devices do not all come back in the same second after a power cut; see
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    return random.uniform(0.0, min(longest_s, 2.0 ** min(tries, 16)))


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a round of attempts ended: whether a person has to mend it, another took our id, and how long we were on."""

    needs_person: bool
    taken_over: bool = False
    held_s: float = 0.0


class PahoConnection:
    """Connects, holds the conversation, and connects again, until stopped. MQTT 5, or 3.1.1 where 5 is refused.

    Where there are several addresses, they are tried one after the other, beginning with the one that answered last.
    When another client connects with our id, that is said and we stay away for long: fighting back would throw it out,
    it us, and so on for ever.
    """

    def __init__(
        self,
        access: BrokerAccess,
        conversation: Conversation,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
    ) -> None:
        self._access = access
        self._conversation = conversation
        self._clock = clock or Clock()
        self._random = random or Random()  # noqa: S311 - jitter, no secret
        self._complaint = Complaint(_log)
        self._at = 0  # which of the addresses
        self._versions = {url: [MQTT_5, MQTT_3_1_1] for url in access.addresses}
        self._stopping = Event()
        self._thread: Thread | None = None
        self._waker: socket.socket | None = None
        self._wake: socket.socket | None = None
        self._will: Outgoing | None = None
        self._lost: str | None = NOT_YET
        self._connects = 0

    @property
    def lost(self) -> str | None:
        """Why there is no connection, in plain words; None while there is one."""
        return self._lost

    @property
    def reconnects(self) -> int:
        """How often the connection was made again."""
        return max(self._connects - 1, 0)

    @property
    def alive(self) -> bool:
        """Whether the thread runs; False before `start`, after `stop`, and after a bug in the conversation."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """True from `stop` on."""
        return self._stopping.is_set()

    def start(self, will: Outgoing | None = None) -> None:
        """Starts the thread.

        Raises:
            BrokerError: the CA file or our certificate cannot be used.
        """
        if any(url.tls for url in self._access.addresses):
            self._access.tls()  # to fail now, and not in the thread, when it can never work
        self._will = will
        self._wake, self._waker = socket.socketpair()
        self._wake.settimeout(0.0)
        self._waker.settimeout(0.0)
        # daemon: name resolution may hang for longer than anyone waits for the agent to end
        self._thread = Thread(target=self._run, name=f"mqtt-{self._access.client_id}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Gives the conversation its turn soon. For any thread."""
        if self._waker is not None:
            with suppress(OSError):  # full: it will wake anyway; closed: there is nobody to wake
                self._waker.send(b"\0")

    def stop(self, timeout_s: float) -> None:
        """Ends pauses and attempts, and waits for the conversation to end."""
        self._stopping.set()
        self.wake()
        if self._thread is not None:
            self._thread.join(timeout_s + _END_MARGIN_S)
            if self._thread.is_alive():
                _log.warning("%s: still busy after %.1f s; left to itself", self._access.url, timeout_s)

    def _run(self) -> None:
        try:
            self._keep_connected()
        finally:
            for end in (self._wake, self._waker):
                if end is not None:
                    end.close()

    def _keep_connected(self) -> None:
        tries = 0
        while not self.stopping:
            ending = self._round()
            if ending.taken_over:
                self._say_protest()
            if ending.held_s > self._access.longest_wait_s:
                tries = 0  # not for a connection that breaks at once, again and again
            self._stopping.wait(self._pause_s(ending, tries))
            tries += 1

    def _pause_s(self, ending: _Ending, tries: int) -> float:
        longest_s = self._access.longest_wait_s
        if ending.taken_over:
            return self._access.rival_wait_s * self._random.uniform(0.5, 1.0)
        # what needs a person does not pass in seconds, and some brokers ban who tries too often
        return longest_s if ending.needs_person else pause_s(tries, longest_s, self._random)

    def _round(self) -> _Ending:
        """Tries each address once, and converses with the first that answers, until its end."""
        needs_person = False
        for _ in self._access.addresses:
            if self.stopping:
                break
            url = self._url
            try:
                link = self._connect(replace(self._access, url=url))
            except BrokerError as error:
                refused = isinstance(error, RefusedError)
                needs_person |= refused
                self._lost = error.message.removeprefix(f"{url}: ")
                level = logging.ERROR if refused else logging.WARNING
                self._complaint.say(level, f"{error.message}; waiting for the broker")
                self._at = (self._at + 1) % len(self._access.addresses)
            else:
                began_s = self._clock.monotonic()
                self._converse(link)
                return _Ending(link.needs_person, link.taken_over, self._clock.monotonic() - began_s)
        return _Ending(needs_person)

    @property
    def _url(self) -> BrokerUrl:
        return self._access.addresses[self._at]

    def _connect(self, access: BrokerAccess) -> Link:
        versions = self._versions[access.url]
        try:
            return self._open(access, versions[0])
        except VersionError as refusal:
            if len(versions) == 1:
                self._versions[access.url] = [MQTT_5, MQTT_3_1_1]  # another broker may have taken this one's place
                raise
            try:
                link = self._open(access, versions[1])
            except RefusedError:
                raise  # it speaks 3.1.1, at least enough to say no
            except BrokerError:
                raise refusal from None  # it is no better with 3.1.1: the broker is just not there
            _log.info("%s", refusal.message)
            self._versions[access.url] = [MQTT_3_1_1]  # remembered, as finding out may take seconds
            return link

    def _open(self, access: BrokerAccess, version: MQTTProtocolVersion) -> Link:
        assert self._wake is not None
        link = Link(access, version, will=self._will, wake=self._wake)
        failures = self._complaint.over()
        again = f", after {failures} failed attempts" if failures else ""
        _log.info("%s: connected with MQTT %s%s", access.url, VERSION_NAMES[version], again)
        return link

    def _converse(self, link: Link) -> None:
        if self.stopping:  # too late: an "online" would stay behind
            link.disconnect()
            return
        self._connects += 1
        self._lost = None
        try:
            self._conversation.begin(link)
            while link.lost is None:
                wait_s = self._conversation.go_on(link)
                if wait_s is None:
                    link.disconnect()
                elif link.lost is None:  # it may have been given up in the conversation
                    link.turn(wait_s)
        finally:
            link.drop()  # also after a bug: the broker then says that we are offline
            self._lost = link.lost
            self._conversation.end()
        if not self.stopping:
            level = logging.ERROR if link.needs_person else logging.WARNING
            what_next = "staying away for a while" if link.taken_over else "connecting again"
            _log.log(level, "%s: %s; %s", self._url, link.lost, what_next)

    def _say_protest(self) -> None:
        """Tells of the client that took our id over a short connection with another one, and without a last will."""
        messages = self._conversation.protest()
        if not messages or self.stopping:
            return
        assert self._wake is not None
        access = replace(self._access, url=self._url, client_id=f"{self._access.client_id}-{token_hex(3)}")
        try:
            link = Link(access, self._versions[access.url][0], will=None, wake=self._wake)
        except BrokerError as error:
            _log.warning("%s (while telling that our client id was taken)", error.message)
            return
        for message in messages:
            link.publish(message)
        ends_s = self._clock.monotonic() + _PROTEST_S
        while len(link.acknowledged) < len(messages) and link.lost is None and self._clock.monotonic() < ends_s:
            link.turn(0.1)
        link.disconnect()
