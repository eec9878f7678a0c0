"""The way out over MQTT, against a real Mosquitto: what happens when it is away, dies, refuses, or falls silent."""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.adapters.paho_broker import PahoBroker
from agent.adapters.paho_connection import pause_s
from agent.broker_access import BrokerAccess
from agent.broker_url import BrokerUrl, parse_broker_url
from agent.errors import BrokerError
from agent.messages import EventMessage, StateMessage, encode
from agent.outbox import Bounds, Outbox
from agent.ports import Speech
from agent.store import Store
from agent.values import Incoming, Outgoing
from tests.brokers import Collector, Mosquitto, Network, RudeBroker, free_port, program
from tests.waiting import wait_until

BASE = "vastra/v1/shop/till"
STATE = f"{BASE}/state"
EVENT = f"{BASE}/camera/one/all/event"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
STOP_S = 5.0


def event(seq: int) -> Outgoing:
    message = EventMessage(
        session="s1", seq=seq, ts=NOW, camera="one", zone="all",
        event_id="e1", event="update", label="saree", score=0.9, started=NOW,
    )  # fmt: skip
    return Outgoing(EVENT, encode(message), qos=1, expiry_s=3600)


def state(text: str, seq: int = 0) -> Outgoing:
    message = StateMessage(session="s1", seq=seq, ts=NOW, state=text)  # type: ignore[arg-type] # one of its three
    return Outgoing(STATE, encode(message), qos=1, retain=True)


def online() -> Sequence[Outgoing]:
    return (state("online"),)


def access(url: BrokerUrl, **changes: object) -> BrokerAccess:
    settings_ = {"client_id": "vastra-shop-till", "longest_wait_s": 0.1, "keepalive_s": 30} | changes
    return BrokerAccess(url, **settings_)  # type: ignore[arg-type] # fields by name


@contextmanager
def running(
    where: BrokerAccess | BrokerUrl,
    outbox: Outbox | None = None,
    greeting: object = online,
    replay_per_s: float = 1000.0,
    speech: Speech | None = None,
) -> Iterator[PahoBroker]:
    """A started broker with an outbox in memory, unless one is given; stopped with a farewell."""
    with closing(outbox or Outbox(Store(None), Bounds(1000))) as kept:
        broker = PahoBroker(
            where if isinstance(where, BrokerAccess) else access(where), kept, replay_per_s=replay_per_s
        )
        broker.start(speech or Speech(state("offline"), greeting))  # type: ignore[arg-type] # whatever the test wants to be said
        try:
            yield broker
        finally:
            broker.stop(state("stopped"), STOP_S)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as server:
        yield server


def states(collector: Collector) -> list[str]:
    return [payload["state"] for payload in collector.payloads("/state")]


def seqs(collector: Collector) -> set[int]:
    return {payload["seq"] for payload in collector.payloads("/event")}


def test_a_greeting_is_sent_in_order_then_states_and_events_as_they_come(mosquitto: Mosquitto) -> None:
    greeting = [state("online", 1), Outgoing(f"{BASE}/info", b"{}", qos=1, retain=True)]
    with Collector(mosquitto.url) as collector, running(mosquitto.url, greeting=lambda: greeting) as broker:
        wait_until(lambda: broker.connected, what="the connection")
        broker.send(Outgoing(f"{BASE}/health", b"{}"))
        broker.send_event(event(2))
        wait_until(lambda: len(collector.messages) == 4, what="four messages")
        assert [m.topic for m in collector.messages][:2] == [STATE, f"{BASE}/info"]
        assert collector.payloads("/event")[0]["historical"] is False
        wait_until(lambda: broker.outbox_depth == 0, what="the acknowledgement")
    assert (broker.reconnects, broker.connected) == (0, False)


def test_a_broker_that_is_absent_at_first_is_found_when_it_appears(tmp_path: Path) -> None:
    server = Mosquitto(tmp_path)
    with ExitStack() as stack, running(server.url) as broker:
        broker.send_event(event(1))
        wait_until(lambda: broker.lost and "connection refused" in broker.lost, what="a first failed attempt")
        assert not broker.connected
        stack.enter_context(server)
        collector = stack.enter_context(Collector(server.url))
        wait_until(lambda: states(collector) == ["online"], what="online")
        wait_until(lambda: broker.outbox_depth == 0, what="the event's acknowledgement")
        broker.stop(state("stopped"), STOP_S)


def test_states_are_dropped_while_there_is_no_connection(mosquitto: Mosquitto) -> None:
    with Network(mosquitto.url) as network, Collector(mosquitto.url) as collector:
        network.unplug()
        with running(network.url) as broker:
            broker.send(state("online", 7))
            network.plugged = True
            wait_until(lambda: states(collector), what="the greeting")
            assert [payload["seq"] for payload in collector.payloads("/state")] == [0]


def test_no_event_is_lost_when_the_broker_is_killed_and_started_again(tmp_path: Path) -> None:
    outbox = Outbox(Store(tmp_path / "outbox.sqlite"), Bounds(1000))
    # else it keeps, in memory, what the collector has not acknowledged, and loses that when it is killed
    hasty = ("allow_anonymous true", "max_inflight_messages 0")
    with (
        Mosquitto(tmp_path, hasty) as mosquitto,
        Collector(mosquitto.url) as collector,
        Network(mosquitto.url) as network,
        running(network.url, outbox) as broker,
    ):
        wait_until(lambda: broker.connected, what="the connection")
        for seq in range(100):
            broker.send_event(event(seq))
        wait_until(lambda: len(seqs(collector)) > 10, what="the first events")
        network.deaf = True
        for seq in range(100, 120):
            broker.send_event(event(seq))
        # What the broker has acknowledged is its to lose, so it may die only once it has passed on all that it got:
        # what has left the outbox, and the twenty that go unacknowledged.
        wait_until(lambda: len(seqs(collector)) >= 120 - outbox.depth + 20, what="all that was sent")
        network.plugged = False  # the agent may come back only once the collector listens again
        mosquitto.kill()
        wait_until(lambda: not broker.connected and not collector.subscribed.is_set(), what="the loss")
        network.deaf = False
        for seq in range(120, 200):
            broker.send_event(event(seq))
        mosquitto.start()
        wait_until(collector.subscribed.is_set, what="the collector being back")
        network.plugged = True
        wait_until(lambda: broker.connected, what="the agent being back")
        for seq in range(200, 210):
            broker.send_event(event(seq))
        wait_until(lambda: seqs(collector) == set(range(210)), what="every event")
        wait_until(lambda: broker.outbox_depth == 0, what="every acknowledgement")
        assert broker.reconnects == 1
        late = {payload["seq"]: payload["historical"] for payload in collector.payloads("/event")}
        assert all(late[seq] for seq in range(120, 200))
        assert not any(late[seq] for seq in range(200, 210))
        assert not collector.payloads("/event")[0]["historical"]


def test_events_that_were_not_acknowledged_are_sent_again_twenty_at_once(mosquitto: Mosquitto) -> None:
    with Network(mosquitto.url) as network, Collector(mosquitto.url) as collector, running(network.url) as broker:
        wait_until(lambda: broker.connected, what="the connection")
        network.deaf = True
        for seq in range(30):
            broker.send_event(event(seq))
        wait_until(lambda: len(seqs(collector)) >= 19, what="as many as go unacknowledged")
        assert seqs(collector) <= set(range(20))  # the 21st waits for an answer
        assert broker.outbox_depth == 30
        network.deaf = False
        network.cut()
        wait_until(lambda: broker.outbox_depth == 0, what="every acknowledgement")
        assert seqs(collector) == set(range(30))
        twice = [payload for payload in collector.payloads("/event") if payload["seq"] == 5]
        assert [payload["historical"] for payload in twice] == [False, True]


def test_a_broker_that_allows_less_at_once_gets_less(tmp_path: Path) -> None:
    greeting = [state("online", seq) for seq in range(10)]
    strict = ("allow_anonymous true", "max_inflight_messages 3")  # it ends connections that exceed this
    with Mosquitto(tmp_path, strict) as server, running(server.url, greeting=lambda: greeting) as broker:
        for seq in range(50):
            broker.send_event(event(seq))
        wait_until(lambda: broker.connected and broker.outbox_depth == 0, what="every acknowledgement")
        assert broker.reconnects == 0


def test_events_of_an_earlier_start_are_sent_as_historical(mosquitto: Mosquitto, tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    with closing(Outbox(Store(path), Bounds(10))) as outbox:
        outbox.put(event(1))
        outbox.put(Outgoing(EVENT, b"of another version", qos=1))
    with (
        Collector(mosquitto.url, EVENT) as collector,
        running(mosquitto.url, Outbox(Store(path), Bounds(10))) as broker,
    ):
        wait_until(lambda: broker.outbox_depth == 0, what="the acknowledgements")
        wait_until(lambda: len(collector.messages) == 2, what="the events")
        assert b'"historical":true' in collector.messages[0].payload
        assert collector.messages[1].payload == b"of another version"


def test_old_events_are_replayed_at_a_limited_rate_and_new_ones_do_not_wait_for_them(mosquitto: Mosquitto) -> None:
    outbox = Outbox(Store(None), Bounds())
    for seq in range(100):
        outbox.put(event(seq))
    began = monotonic()
    with Collector(mosquitto.url, EVENT) as collector, running(mosquitto.url, outbox, replay_per_s=40.0) as broker:
        wait_until(lambda: broker.connected, what="the connection")
        broker.send_event(event(1000))
        wait_until(lambda: len(seqs(collector)) == 101, what="all events")
        assert monotonic() - began > (100 - 40) / 40 - 0.1  # a second's worth comes at once
        order = [payload["seq"] for payload in collector.payloads("/event")]
        assert order.index(1000) < 60
        assert [seq for seq in order if seq < 1000] == list(range(100))
        assert not next(told for told in collector.payloads("/event") if told["seq"] == 1000)["historical"]


def test_a_retained_state_never_goes_backwards_over_a_reconnect(mosquitto: Mosquitto) -> None:
    newest = [0]
    with (
        Network(mosquitto.url) as network,
        Collector(mosquitto.url, STATE) as collector,
        running(network.url, greeting=lambda: [state("online", newest[0])]) as broker,
    ):

        def told() -> list[int]:
            return [payload["seq"] for payload in collector.payloads("/state") if payload["state"] == "online"]

        for cycle in range(3):
            wait_until(lambda: broker.connected and broker.reconnects == cycle, what="the connection")  # noqa: B023
            network.deaf = True  # so that what follows stays unacknowledged
            for _ in range(5):
                newest[0] += 1
                broker.send(state("online", newest[0]))
            last = newest[0]
            wait_until(lambda: told()[-1:] == [last], what="the states")  # noqa: B023
            newest[0] += 1  # changed while away
            network.deaf = False
            network.cut()
        wait_until(lambda: told()[-1] == newest[0], what="the last greeting")
        assert told() == sorted(told())


_AGENT = """
import sys
from agent.adapters.paho_broker import PahoBroker
from agent.outbox import Bounds, Outbox
from agent.ports import Speech
from agent.store import Store
from tests.agent.test_paho_broker import access, online, parse_broker_url, state
broker = PahoBroker(access(parse_broker_url(sys.argv[1])), Outbox(Store(None), Bounds(10)))
broker.start(Speech(state("offline"), online))
sys.stdin.read()
"""


def test_the_last_will_tells_when_the_process_dies(mosquitto: Mosquitto) -> None:
    command = [sys.executable, "-c", _AGENT, str(mosquitto.url)]
    with Collector(mosquitto.url) as collector, subprocess.Popen(command, stdin=subprocess.PIPE) as agent:
        wait_until(lambda: states(collector) == ["online"], what="online")
        agent.kill()
        wait_until(lambda: states(collector) == ["online", "offline"], what="the will")
    with Collector(mosquitto.url) as later:
        wait_until(lambda: states(later) == ["offline"], what="the retained will")
        assert later.messages[0].retain


def test_after_a_clean_stop_the_farewell_stays_and_no_will_is_sent(mosquitto: Mosquitto) -> None:
    with Collector(mosquitto.url) as collector:
        with running(mosquitto.url) as broker:
            wait_until(lambda: broker.connected, what="the connection")
            broker.send_event(event(1))
        # the broker publishes a will when it notices the end, which its log tells
        wait_until(lambda: "vastra-shop-till disconnected" in mosquitto.log.read_text(), what="the broker's notice")
        wait_until(lambda: states(collector)[-1:] == ["stopped"], what="the farewell")
        assert states(collector) == ["online", "stopped"]
        assert seqs(collector) == {1}


def test_stopping_sends_the_events_that_wait_first(mosquitto: Mosquitto) -> None:
    with Collector(mosquitto.url) as collector, running(mosquitto.url) as broker:
        wait_until(lambda: broker.connected, what="the connection")
        for seq in range(100):
            broker.send_event(event(seq))
        broker.stop(state("stopped"), STOP_S)
        assert broker.outbox_depth == 0
        wait_until(lambda: states(collector)[-1:] == ["stopped"], what="the farewell")
        assert seqs(collector) == set(range(100))


def test_stopping_on_a_dead_network_gives_up_in_time_and_leaves_the_will_to_tell(mosquitto: Mosquitto) -> None:
    with Network(mosquitto.url) as network, Collector(mosquitto.url) as collector, running(network.url) as broker:
        wait_until(lambda: broker.connected, what="the connection")
        network.deaf = True
        broker.send_event(event(1))
        began = monotonic()
        broker.stop(state("stopped"), timeout_s=0.5)
        assert monotonic() - began < 2
        assert broker.outbox_depth == 1
        wait_until(lambda: states(collector)[-1:] == ["offline"], what="the will")


def test_stopping_before_any_connection_returns_at_once(tmp_path: Path) -> None:
    del tmp_path
    with running(access(BrokerUrl("127.0.0.1", free_port()), longest_wait_s=60)) as broker:
        wait_until(lambda: broker.lost != "not connected yet", what="a first attempt")
        began = monotonic()
        broker.stop(state("stopped"), STOP_S)
        assert monotonic() - began < 1


def test_a_network_that_falls_silent_is_noticed_by_its_missing_answers(mosquitto: Mosquitto) -> None:
    with Network(mosquitto.url) as network, running(access(network.url, keepalive_s=1)) as broker:
        wait_until(lambda: broker.connected, what="the connection")
        network.frozen = True
        wait_until(lambda: not broker.connected, what="the notice")
        assert "silent" in (broker.lost or "")
        network.frozen = False
        wait_until(lambda: broker.connected, what="a new connection")


def test_mqtt_5_brokers_get_expiry_and_content_type(mosquitto: Mosquitto) -> None:
    with Collector(mosquitto.url) as collector, running(mosquitto.url) as broker:
        broker.send_event(event(1))
        wait_until(lambda: seqs(collector), what="the event")
        message = next(m for m in collector.messages if m.topic == EVENT)
        assert message.properties.ContentType == "application/json"
        assert 3590 < message.properties.MessageExpiryInterval <= 3600
    with Collector(mosquitto.url) as later:
        wait_until(lambda: later.messages, what="the retained farewell")
        assert not hasattr(later.messages[0].properties, "MessageExpiryInterval")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Mosquitto]:
    """Wants a password, and lets `joe` publish everything but events."""
    passwords, rights = tmp_path / "passwords", tmp_path / "rights"
    subprocess.run(
        [program("mosquitto_passwd", "mosquitto"), "-b", "-c", str(passwords), "joe", "right-1"],
        check=True, capture_output=True,
    )  # fmt: skip
    rights.write_text(f"user joe\ntopic write {STATE}\ntopic write {BASE}/health\n")
    for file in (passwords, rights):
        file.chmod(0o600)
    with Mosquitto(tmp_path, ("allow_anonymous false", f"password_file {passwords}", f"acl_file {rights}")) as server:
        yield server


def test_a_wrong_password_is_said_once_in_plain_words_and_never_shown(
    guarded: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = parse_broker_url(f"mqtt://joe:s3cret-Wr0ng@127.0.0.1:{guarded.url.port}")
    with running(url) as broker:
        wait_until(lambda: guarded.log.read_text().count("not authorised") >= 3, what="three refusals")
        assert not broker.connected
        assert "user name or password" in (broker.lost or "")
        assert "s3cret" not in (broker.lost or "")
    errors = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.levelno for record in errors] == [logging.ERROR]
    assert "s3cret" not in caplog.text
    assert "s3cret" not in repr(url) + repr(access(url))


def test_a_mended_password_file_lets_the_agent_in_without_a_restart(
    guarded: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    url = parse_broker_url(f"mqtt://joe:right-2@127.0.0.1:{guarded.url.port}")
    with running(url) as broker:
        wait_until(lambda: guarded.log.read_text().count("not authorised") >= 2, what="two refusals")
        passwords = guarded.log.with_name("passwords")
        guarded.kill()
        command = [program("mosquitto_passwd", "mosquitto"), "-b", str(passwords), "joe", "right-2"]
        subprocess.run(command, check=True, capture_output=True)
        guarded.start()
        wait_until(lambda: broker.connected, what="the connection")
    assert "failed attempts" in caplog.text


def test_events_that_the_broker_refuses_stay_in_the_outbox_and_do_not_hold_up_the_rest(
    guarded: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    url = parse_broker_url(f"mqtt://joe:right-1@127.0.0.1:{guarded.url.port}")
    with running(url) as broker:
        for seq in range(30):
            broker.send_event(event(seq))
        wait_until(lambda: guarded.log.read_text().count("Denied PUBLISH") >= 60, what="all refused, and tried again")
        assert broker.connected
        assert broker.outbox_depth == 30
    errors = [record.getMessage() for record in caplog.records]
    assert len(errors) == 1
    assert f"refuses messages on {EVENT}: not authorized" in errors[0]


def test_a_broker_that_says_why_it_hangs_up_is_quoted_in_plain_words(caplog: pytest.LogCaptureFixture) -> None:
    accepted, taken_over = b"\x20\x03\x00\x00\x00", b"\xe0\x02\x8e\x00"
    with RudeBroker({5: accepted + taken_over}) as rude, running(access(rude.url, rival_wait_s=0.1)) as broker:
        wait_until(lambda: broker.reconnects, what="another connection")
    first = caplog.records[0]
    assert first.levelno == logging.ERROR
    assert "another client connected with the same client id; every device needs a name" in first.getMessage()


def test_a_broker_that_hangs_up_on_mqtt_5_is_spoken_to_in_3_1_1_from_then_on() -> None:
    accepted = bytes([0x20, 2, 0, 0])
    with RudeBroker({4: accepted}) as rude, running(rude.url) as broker:
        wait_until(lambda: len(rude.levels) >= 4, what="four connections")
        assert rude.levels[:4] == [5, 4, 4, 4]
        assert broker.reconnects >= 1


def test_a_broker_that_hangs_up_on_everybody_is_tried_with_mqtt_5_again() -> None:
    with RudeBroker({}) as rude, running(rude.url):
        wait_until(lambda: len(rude.levels) >= 4, what="four connections")
        assert rude.levels[:4] == [5, 4, 5, 4]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40), st.sampled_from([b"", b"\x20\x03\x00\x00\x00", b"\x20\x02\x00\x05", b"\x20\x09\x00"]))
def test_whatever_a_broker_answers_the_thread_lives_on(rest: bytes, beginning: bytes) -> None:
    with RudeBroker({5: beginning + rest, 4: beginning + rest}) as rude, running(rude.url) as broker:
        wait_until(lambda: len(rude.levels) >= 3, what="three attempts")
        broker.send_event(event(1))  # raises if the thread is dead


def test_a_full_disk_keeps_no_event_but_the_event_is_sent(
    mosquitto: Mosquitto, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(Store(tmp_path / "outbox.sqlite"), Bounds(10))
    with Collector(mosquitto.url) as collector, running(mosquitto.url, outbox) as broker:
        wait_until(lambda: broker.connected, what="the connection")
        outbox._store._db.execute(
            "PRAGMA query_only = 1"
        )  # SQLite then refuses to write, as on a read-only file system
        broker.send_event(event(1))
        broker.send_event(event(2))
        wait_until(lambda: seqs(collector) == {1, 2}, what="both events")
        outbox._store._db.execute("PRAGMA query_only = 0")
    assert caplog.text.count("are sent, but not kept") == 1


def test_a_missing_ca_file_is_an_error_at_the_start() -> None:
    where = access(BrokerUrl("127.0.0.1", 8883, tls=True), ca_file="/nowhere/ca.pem")
    with (
        closing(Outbox(Store(None), Bounds(10))) as outbox,
        pytest.raises(BrokerError, match=r"/nowhere/ca\.pem: no such"),
    ):
        PahoBroker(where, outbox).start(Speech(state("offline"), online))


def test_a_ca_file_without_certificates_is_an_error_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("-----BEGIN NONSENSE-----")
    where = access(BrokerUrl("127.0.0.1", 8883, tls=True), ca_file=str(file))
    with (
        closing(Outbox(Store(None), Bounds(10))) as outbox,
        pytest.raises(BrokerError, match="no certificates in PEM form"),
    ):
        PahoBroker(where, outbox).start(Speech(state("offline"), online))


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[Mosquitto]:
    """Speaks TLS with a certificate for 127.0.0.1 that it signed itself: `ca.pem` beside its log."""
    key, certificate = tmp_path / "key.pem", tmp_path / "ca.pem"
    subprocess.run(
        [program("openssl", "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=test",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    settings_ = ("allow_anonymous true", f"certfile {certificate}", f"keyfile {key}")
    with Mosquitto(tmp_path, settings_, tls=True) as server:
        yield server


def test_tls_is_spoken_to_a_broker_whose_certificate_the_ca_file_knows(encrypted: Mosquitto) -> None:
    where = access(encrypted.url, ca_file=str(encrypted.log.with_name("ca.pem")))
    with running(where) as broker:
        for seq in range(50):
            broker.send_event(event(seq))
        wait_until(lambda: broker.connected and broker.outbox_depth == 0, what="every acknowledgement")


# paho leaves the socket of a failed handshake to the garbage collector
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_a_certificate_of_nobody_we_trust_is_refused(encrypted: Mosquitto, caplog: pytest.LogCaptureFixture) -> None:
    with running(encrypted.url) as broker:
        wait_until(lambda: broker.lost and "certificate is not trusted" in broker.lost, what="our refusal")
        assert not broker.connected
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_in_the_greeting_ends_the_line_too_instead_of_leaving_it_unheard(mosquitto: Mosquitto) -> None:
    def broken() -> Sequence[Outgoing]:
        raise ZeroDivisionError

    with Collector(mosquitto.url) as collector, running(mosquitto.url, greeting=broken) as broker:
        wait_until(lambda: states(collector) == ["offline"], what="the will")
        wait_until(lambda: not broker.connected, what="the end")
        wait_until(lambda: threading.active_count() <= 2 or not broker._connection.alive, what="the thread's end")
        with pytest.raises(BrokerError, match="network thread does not run"):
            broker.send(state("online"))


@given(st.integers(0, 10_000), st.floats(0.01, 3600), st.integers())
def test_pauses_grow_to_the_longest_and_are_spread_at_random(tries: int, longest_s: float, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - no secret
    pauses = [pause_s(tries, longest_s, random) for _ in range(20)]
    assert all(0 <= pause <= min(longest_s, 2.0 ** min(tries, 16)) for pause in pauses)
    assert len(set(pauses)) > 1


# ---- certificates


def openssl(*arguments: object) -> None:
    subprocess.run([program("openssl", "openssl"), *map(str, arguments)], check=True, capture_output=True)


def issue(folder: Path, name: str) -> None:
    """A key and a certificate for `name`, signed by the folder's authority."""
    key, request, extensions = folder / f"{name}.key", folder / f"{name}.csr", folder / "extensions"
    extensions.write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
            "-out", request, "-subj", f"/CN={name}")  # fmt: skip
    openssl("x509", "-req", "-in", request, "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-days", 2,
            "-out", folder / f"{name}.pem", "-extfile", extensions)  # fmt: skip


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `ca.pem`, and certificates that it signed: `server` and `till`."""
    folder = tmp_path_factory.mktemp("authority")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 2,
            "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-subj", "/CN=a shop's own authority")  # fmt: skip
    for name in ("server", "till"):
        issue(folder, name)
    return folder


@pytest.fixture
def choosy(authority: Path, tmp_path: Path) -> Iterator[Mosquitto]:
    """Lets in whoever shows a certificate of the authority, as the user that it names."""
    settings_ = (
        f"cafile {authority / 'ca.pem'}", f"certfile {authority / 'server.pem'}", f"keyfile {authority / 'server.key'}",
        "require_certificate true", "use_identity_as_username true",
    )  # fmt: skip
    with Mosquitto(tmp_path, settings_, tls=True) as server:
        yield server


def test_a_broker_that_wants_a_certificate_gets_ours(choosy: Mosquitto, authority: Path) -> None:
    files = {"ca_file": "ca.pem", "cert_file": "till.pem", "key_file": "till.key"}
    where = access(choosy.url, **{key: str(authority / file) for key, file in files.items()})
    with running(where) as broker:
        broker.send_event(event(1))
        wait_until(lambda: broker.connected and broker.outbox_depth == 0, what="the acknowledgement")
    assert "u'till'" in choosy.log.read_text()


def test_without_a_certificate_we_are_told_what_may_be_missing(choosy: Mosquitto, authority: Path) -> None:
    with running(access(choosy.url, ca_file=str(authority / "ca.pem"))) as broker:
        wait_until(lambda: "does it want a client certificate? broker.cert_file" in (broker.lost or ""))
        assert not broker.connected


@pytest.mark.parametrize(
    ("cert", "key", "said"),
    [
        ("none.pem", None, "none.pem: no such file"),
        ("ca.key", None, "holds no certificate"),
        ("till.pem", "server.key", "the key is not this certificate's"),
        ("till.pem", "locked.key", "protected by a passphrase"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_an_error_at_the_start(
    authority: Path, cert: str, key: str | None, said: str
) -> None:
    openssl("ec", "-in", authority / "till.key", "-aes128", "-passout", "pass:1234", "-out", authority / "locked.key")
    key_file = str(authority / key) if key else None
    where = access(BrokerUrl("127.0.0.1", 8883, tls=True), cert_file=str(authority / cert), key_file=key_file)
    with closing(Outbox(Store(None), Bounds(10))) as outbox, pytest.raises(BrokerError, match=said):
        PahoBroker(where, outbox).start(Speech(state("offline"), online))


# ---- several addresses, rivals and late wills


def test_the_next_address_is_tried_at_once_when_one_is_away(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    with Mosquitto(folders[0]) as first, Mosquitto(folders[1]) as second:
        where = access(BrokerUrl("127.0.0.1", free_port()), others=(first.url, second.url), longest_wait_s=60.0)
        with running(where) as broker, Collector(second.url) as collector:
            wait_until(lambda: broker.connected, what="the second address")
            first.kill()
            wait_until(lambda: states(collector) == ["online"], what="the third address")
            assert broker.reconnects == 1


def test_a_client_that_takes_our_id_is_told_of_and_not_fought(caplog: pytest.LogCaptureFixture) -> None:
    """As brokers do that say so; Mosquitto 2.0 does not."""
    accepted, taken_over = b"\x20\x03\x00\x00\x00", b"\xe0\x02\x8e\x00"
    said: list[bool] = []

    def protest() -> Sequence[Outgoing]:
        said.append(True)
        return (Outgoing(f"{BASE}/alert/client-id", b"{}", qos=1, retain=True),)

    speech = Speech(state("offline"), online, protest=protest)
    with RudeBroker({5: accepted + taken_over}) as rude, running(rude.url, speech=speech) as broker:
        wait_until(lambda: len(rude.levels) == 2, what="the connection under another id")
        assert not broker.connected
        assert "another client connected with the same client id" in (broker.lost or "")
    assert said == [True]
    assert broker.reconnects == 0
    assert "staying away for a while" in caplog.text


def test_what_comes_on_the_topics_listened_to_is_answered(mosquitto: Mosquitto) -> None:
    heard: list[Incoming] = []

    def answer(incoming: Incoming) -> Sequence[Outgoing]:
        heard.append(incoming)
        return (Outgoing(f"{BASE}/response/ping", incoming.payload, qos=1),)

    speech = Speech(state("offline"), online, filters=(f"{BASE}/request/+",), answer=answer)
    with Collector(mosquitto.url, f"{BASE}/#") as collector, running(mosquitto.url, speech=speech) as broker:
        wait_until(lambda: broker.connected and states(collector), what="the greeting")
        collector._client.publish(f"{BASE}/request/ping", b"one", qos=1)
        wait_until(lambda: collector.messages[-1].topic.endswith("/response/ping"), what="the answer")
        assert collector.messages[-1].payload == b"one"
    assert heard == [Incoming(f"{BASE}/request/ping", b"one", retained=False)]


def test_a_broker_that_lets_us_read_nothing_is_quoted_and_still_told_everything(
    caplog: pytest.LogCaptureFixture,
) -> None:
    accepted, refused = b"\x20\x03\x00\x00\x00", b"\x90\x04\x00\x01\x00\x87"
    with (
        RudeBroker({5: accepted + refused}) as rude,
        running(rude.url, speech=Speech(state("offline"), online, filters=(STATE,))),
    ):
        wait_until(lambda: f"refuses to tell of {STATE}: not authorized" in caplog.text, what="the refusal")
