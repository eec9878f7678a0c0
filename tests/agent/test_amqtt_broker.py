"""The broker inside the process: found on a free port, quiet, MQTT 3.1.1, and gone at the end of its block."""

import logging
import socket
import threading
from contextlib import closing

import pytest

from agent.adapters.amqtt_broker import EmbeddedBroker
from agent.adapters.paho_broker import PahoBroker
from agent.adapters.paho_subscriber import Subscriber
from agent.broker_access import BrokerAccess
from agent.broker_url import BrokerUrl, parse_broker_url
from agent.errors import BrokerError
from agent.outbox import Bounds, Outbox
from agent.ports import Speech
from agent.store import Store
from agent.values import Outgoing
from tests.waiting import wait_until

WILL = Outgoing("a/state", b"offline", qos=1, retain=True)
ONLINE = Outgoing("a/state", b"online", qos=1, retain=True)
STOPPED = Outgoing("a/state", b"stopped", qos=1, retain=True)


def with_password(url: BrokerUrl) -> BrokerUrl:
    return parse_broker_url(f"mqtt://joe:anything@{url.host}:{url.port}")


def test_an_agent_with_a_will_and_a_user_name_is_served_at_once_in_3_1_1(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with (
        EmbeddedBroker() as broker,
        Subscriber(BrokerAccess(broker.url), "a/#") as subscriber,
        closing(Outbox(Store(None), Bounds(100))) as outbox,
    ):
        wait_until(lambda: subscriber.subscribed, what="the subscription")
        agent = PahoBroker(BrokerAccess(with_password(broker.url), client_id="agent"), outbox)
        agent.start(Speech(WILL, lambda: [ONLINE]))
        agent.send_event(Outgoing("a/event", b"1", qos=1, content_type="text/plain", expiry_s=5))
        heard = [subscriber.next(5), subscriber.next(5)]
        wait_until(lambda: outbox.depth == 0, what="the acknowledgement")
        agent.stop(STOPPED, 5)
        heard.append(subscriber.next(5))
        assert [received and received.payload for received in heard] == [b"online", b"1", b"stopped"]
        assert subscriber.next(0.1) is None  # no will
    told = [record.getMessage() for record in caplog.records if record.name.startswith("agent")]
    assert any("connected with MQTT 3.1.1" in line for line in told)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_will_is_published_when_the_connection_breaks() -> None:
    connect = b"\x10\x1e\x00\x04MQTT\x04\x26\x00\x3c\x00\x01x\x00\x07a/state\x00\x04gone"
    with EmbeddedBroker() as broker, Subscriber(BrokerAccess(broker.url), "a/#") as subscriber:
        wait_until(lambda: subscriber.subscribed, what="the subscription")
        with socket.create_connection((broker.url.host, broker.url.port)) as client:
            client.sendall(connect)
            assert client.recv(4) == b"\x20\x02\x00\x00"
        will = subscriber.next(5)
        assert will is not None
        assert will.payload == b"gone"


def test_a_retained_message_waits_for_later_subscribers() -> None:
    with EmbeddedBroker() as broker, closing(Outbox(Store(None), Bounds(100))) as outbox:
        agent = PahoBroker(BrokerAccess(broker.url), outbox)
        agent.start(Speech(WILL, lambda: [ONLINE]))
        wait_until(lambda: agent.connected, what="the connection")
        agent.stop(STOPPED, 5)
        with Subscriber(BrokerAccess(broker.url), "a/#") as late:
            received = late.next(5)
    assert received is not None
    assert (received.payload, received.retained) == (b"stopped", True)


@pytest.mark.parametrize(
    "beginning",
    [b"", b"\x10", b"\x10\x10\x00\x04MQTT", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff" * 64],
    ids=["nothing", "a byte", "half a CONNECT", "HTTP", "noise"],
)
def test_what_is_not_mqtt_leaves_the_broker_unmoved(beginning: bytes) -> None:
    with EmbeddedBroker() as broker:
        with socket.create_connection((broker.url.host, broker.url.port)) as client:
            client.sendall(beginning)
        with Subscriber(BrokerAccess(broker.url), "a/#") as subscriber:
            wait_until(lambda: subscriber.subscribed, what="the subscription")


def _hung_up(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionResetError:  # it was not even accepted yet
        return True


def test_it_ends_with_clients_still_connected_and_leaves_no_thread() -> None:
    before = threading.active_count()
    with socket.socket() as silent:
        with EmbeddedBroker() as broker:
            silent.connect((broker.url.host, broker.url.port))
            silent.sendall(b"\x10")  # the rest of the CONNECT never comes
        assert _hung_up(silent)
    assert threading.active_count() == before


def test_the_subscriber_comes_back_to_a_broker_that_was_started_again() -> None:
    with EmbeddedBroker() as first:
        port = first.url.port
        subscriber = Subscriber(BrokerAccess(first.url, longest_wait_s=0.1), "a/#").__enter__()
        wait_until(lambda: subscriber.subscribed, what="the subscription")
    wait_until(lambda: subscriber.lost, what="the loss")
    with EmbeddedBroker(port):
        wait_until(lambda: subscriber.subscribed, what="the subscription again")
        subscriber.__exit__(None, None, None)


def test_a_taken_port_is_a_broker_error_with_the_reason() -> None:
    with (
        EmbeddedBroker() as first,
        pytest.raises(BrokerError, match=f"{first.url.port}: the broker cannot listen: .*in use"),
        EmbeddedBroker(first.url.port),
    ):
        pass


def test_a_taken_port_leaves_no_thread_that_puts_log_levels_back_later() -> None:
    with EmbeddedBroker() as first:
        second = EmbeddedBroker(first.url.port)
        with pytest.raises(BrokerError):
            second.__enter__()
        assert not second._thread.is_alive()


def test_the_log_levels_of_amqtt_are_put_back() -> None:
    logger = logging.getLogger("amqtt")
    before = logger.level
    with EmbeddedBroker():
        assert not logger.isEnabledFor(logging.WARNING)
    assert logger.level == before
