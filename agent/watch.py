"""`vastra-agent watch`: what all devices say, as a live table or as one JSON object a line."""

import logging
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from time import monotonic

import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from agent.adapters.paho_subscriber import Subscriber
from agent.broker_access import BrokerAccess
from agent.fleet_view import FleetView
from agent.topics import PREFIX

EVERYTHING = f"{PREFIX}/#"
_LOOK_S = 0.5  # how often the end, a closed pipe and the connection are looked at while no message comes


def watch(
    access: BrokerAccess,
    topic_filter: str = EVERYTHING,
    *,
    as_json: bool = False,
    seconds: float | None = None,
) -> None:
    """Shows messages until interrupted, for `seconds` if given, or until nobody reads the output any more.

    Raises:
        BrokerError: the CA file cannot be used. A broker that is away is waited for.
    """
    ends_s = monotonic() + seconds if seconds is not None else float("inf")
    with suppress(KeyboardInterrupt), Subscriber(access, topic_filter) as subscriber:
        if as_json:
            _print_lines(subscriber, ends_s)
        else:
            _show_table(subscriber, ends_s)


def json_line(topic: str, payload: bytes) -> str:
    """`{"topic", "payload"}` on one line; a payload that is no JSON (a picture) is null, with its size beside."""
    try:
        content = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return msgspec.json.encode({"topic": topic, "payload": None, "bytes": len(payload)}).decode()
    return msgspec.json.encode({"topic": topic, "payload": content}).decode()


def _print_lines(subscriber: Subscriber, ends_s: float) -> None:
    while monotonic() < ends_s and not _reader_left():
        received = subscriber.next(_LOOK_S)
        if received is None:
            continue
        try:
            sys.stdout.write(json_line(received.topic, received.payload) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            # Python flushes once more at its end, and would complain then
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return


def _show_table(subscriber: Subscriber, ends_s: float) -> None:
    view = FleetView()
    with _quiet("agent.adapters"), Live(console=Console(), auto_refresh=False) as live:
        while monotonic() < ends_s:
            received = subscriber.next(_LOOK_S)
            while received is not None:  # all that there is before drawing once
                view.take(received.topic, received.payload, retained=received.retained, at=received.at)
                received = subscriber.next(0.0)
            live.update(Group(view.table(datetime.now(UTC)), _status(subscriber)), refresh=True)


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keeps log lines from tearing the table, whose last line tells the same."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _status(subscriber: Subscriber) -> Text:
    url = subscriber.access.url
    if subscriber.lost is not None:
        return Text(f"waiting for the broker at {url} ({subscriber.lost}); what is above may be old", "bold yellow")
    return Text(f"connected to {url}; Ctrl-C ends", "dim")


def _reader_left() -> bool:
    """Whether the program that we write to has ended; found out without writing, as the next message may take hours."""
    try:
        descriptor = sys.stdout.fileno()
    except OSError:  # io.UnsupportedOperation: captured, not a file
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
