"""What others publish: as a queue, as one JSON object a line, and as a table for the person who looks after devices."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from rich.console import Console

from agent.adapters.amqtt_broker import EmbeddedBroker
from agent.adapters.paho_subscriber import Subscriber
from agent.broker_access import BrokerAccess
from agent.broker_url import BrokerUrl
from agent.errors import ConfigError
from agent.fleet_view import FleetView
from agent.messages import (
    AvailabilityMessage,
    ClassificationMessage,
    EventMessage,
    Header,
    HealthMessage,
    ModelName,
    StateMessage,
    Window,
    encode,
)
from agent.watch import json_line, watch
from tests.brokers import Collector, Mosquitto, RudeBroker, free_port
from tests.fakes import ManualClock
from tests.waiting import wait_until

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
BASE = "vastra/v1/shop/till"
ZONE = f"{BASE}/camera/one/all"
MODEL = ModelName(name="m", version="2026.11.24", sha256="0" * 64)


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as server:
        yield server


@pytest.fixture
def publisher(mosquitto: Mosquitto) -> Iterator[Collector]:
    """A plain paho client to publish with; what it retained is emptied at the end."""
    with Collector(mosquitto.url) as client:
        yield client
        for topic in {message.topic for message in client.messages}:
            client._client.publish(topic, b"", 1, retain=True).wait_for_publish(5)


def publish(client: Collector, topic: str, payload: bytes, *, retain: bool = False) -> None:
    client._client.publish(topic, payload, 1, retain).wait_for_publish(5)


def test_messages_come_with_their_topic_time_and_whether_they_were_retained(publisher: Collector) -> None:
    publish(publisher, "a/state", b"online", retain=True)
    clock = ManualClock(NOW)
    with Subscriber(BrokerAccess(publisher._url), "a/#", clock=clock) as subscriber:
        kept = subscriber.next(5)
        publish(publisher, "a/event", b"\x00\xff")
        live = subscriber.next(5)
    assert kept is not None
    assert (kept.topic, kept.payload, kept.retained, kept.at) == ("a/state", b"online", True, NOW)
    assert live is not None
    assert (live.topic, live.payload, live.retained) == ("a/event", b"\x00\xff", False)


def test_a_consumer_that_is_too_slow_loses_the_oldest_messages_and_the_loss_is_counted(publisher: Collector) -> None:
    with Subscriber(BrokerAccess(publisher._url), "b", capacity=3) as subscriber:
        wait_until(lambda: subscriber.subscribed, what="the subscription")
        for number in range(10):
            publish(publisher, "b", b"%d" % number)
        wait_until(lambda: subscriber.dropped == 7, what="seven dropped")
        left = [subscriber.next(0) for _ in range(4)]
    assert [received and received.payload for received in left] == [b"7", b"8", b"9", None]


def test_a_broker_that_is_away_is_waited_for_and_found_again(tmp_path: Path) -> None:
    server = Mosquitto(tmp_path)
    with Subscriber(BrokerAccess(server.url, longest_wait_s=0.1), "#") as subscriber:
        wait_until(lambda: "connection refused" in (subscriber.lost or ""), what="a failed attempt")
        for _ in range(2):
            server.start()
            wait_until(lambda: subscriber.subscribed, what="the subscription")
            assert subscriber.lost is None
            server.kill()
            wait_until(lambda: subscriber.lost, what="the loss")


def test_a_subscription_that_is_refused_is_said_in_plain_words(caplog: pytest.LogCaptureFixture) -> None:
    # Mosquitto accepts every subscription and then withholds messages; others refuse: SUBACK "not authorized"
    accepted, refused = b"\x20\x03\x00\x00\x00", b"\x90\x04\x00\x01\x00\x87"
    with RudeBroker({5: accepted + refused}) as rude, Subscriber(BrokerAccess(rude.url), "a/#") as subscriber:
        wait_until(lambda: "refuses" in caplog.text, what="the refusal")
        assert not subscriber.subscribed
    assert "refuses to tell of a/#: not authorized" in caplog.text


@pytest.mark.parametrize("wrong", ["", "a/#/b", "a/b#", "a/b+/c", "a\0b", "x" * 70_000])
def test_what_is_no_topic_filter_is_refused_before_anything_starts(wrong: str) -> None:
    with pytest.raises(ConfigError, match="is no topic filter"):
        Subscriber(BrokerAccess(BrokerUrl("x", 1)), wrong)


@given(st.text("ab/+#", min_size=1, max_size=8))
def test_a_filter_is_refused_just_when_paho_would(topic_filter: str) -> None:
    access = BrokerAccess(BrokerUrl("x", 1))
    try:
        Client(CallbackAPIVersion.VERSION2).subscribe(topic_filter)
    except ValueError:
        with pytest.raises(ConfigError):
            Subscriber(access, topic_filter)
    else:
        Subscriber(access, topic_filter)


def test_an_anonymous_client_has_an_id_of_its_own() -> None:
    assert BrokerAccess(BrokerUrl("x", 1)).client_id != BrokerAccess(BrokerUrl("x", 1)).client_id


# watch --json


def header(session: str = "s1", ts: datetime = NOW) -> dict[str, object]:
    return {"session": session, "seq": 1, "ts": ts}


def test_a_line_holds_topic_and_payload_as_one_json_object() -> None:
    line = json_line("a/b", b'{"x": 1,\n "y": "\xe2\x82\xac"}')
    assert "\n" not in line
    assert json.loads(line) == {"topic": "a/b", "payload": {"x": 1, "y": "€"}}


@given(st.text(), st.binary())
def test_any_message_makes_one_valid_line(topic: str, payload: bytes) -> None:
    line = json_line(topic, payload)
    assert json.loads(line)["topic"] == topic
    assert "\n" not in line


def test_a_picture_is_null_with_its_size() -> None:
    assert json.loads(json_line("a/snapshot", b"\xff\xd8")) == {"topic": "a/snapshot", "payload": None, "bytes": 2}


_WATCH = """
import sys
from agent.broker_access import BrokerAccess
from agent.broker_url import parse_broker_url
from agent.watch import watch
watch(BrokerAccess(parse_broker_url(sys.argv[1]), longest_wait_s=0.1), as_json=True)
"""


def watching(url: BrokerUrl) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _WATCH, str(url)]
    environment = os.environ | {"PYTHONWARNINGS": "error"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def test_watch_prints_each_message_at_once_and_ends_cleanly_when_nobody_reads_any_more(publisher: Collector) -> None:
    publish(publisher, f"{BASE}/state", b'{"state":"online"}', retain=True)
    with watching(publisher._url) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline()) == {"topic": f"{BASE}/state", "payload": {"state": "online"}}
        process.stdout.close()  # as `| head -1` does
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def test_watch_ends_cleanly_on_ctrl_c_and_tells_on_stderr_which_broker_it_waits_for() -> None:
    url = BrokerUrl("127.0.0.1", free_port())
    with watching(url) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        process.send_signal(2)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""
    assert said == f"{url}: connection refused; waiting for the broker\n"


def test_watch_ends_after_the_given_seconds_and_has_drawn_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    with EmbeddedBroker() as broker:
        watch(BrokerAccess(broker.url), seconds=0.2)
    assert "no device heard of yet" in capsys.readouterr().out


def test_watch_tells_in_the_table_that_it_waits_for_the_broker(capsys: pytest.CaptureFixture[str]) -> None:
    url = BrokerUrl("127.0.0.1", free_port())
    watch(BrokerAccess(url, longest_wait_s=0.1), seconds=0.8)
    assert f"waiting for the broker at {url}" in capsys.readouterr().out


def test_watch_prints_json_lines_into_whatever_stands_for_stdout(
    publisher: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(publisher, f"{BASE}/health", b"[1]", retain=True)
    watch(BrokerAccess(publisher._url), f"{BASE}/health", as_json=True, seconds=0.4)
    assert json.loads(capsys.readouterr().out) == {"topic": f"{BASE}/health", "payload": [1]}


# the table


def drawn(view: FleetView, now: datetime = NOW) -> str:
    console = Console(file=io.StringIO(), width=200, legacy_windows=False)
    console.print(view.table(now))
    return console.file.getvalue()  # type: ignore[attr-defined] # the StringIO above


def told(*messages: tuple[str, Header], retained: bool = False, at: datetime = NOW) -> FleetView:
    view = FleetView()
    for topic, message in messages:
        view.take(topic, encode(message), retained=retained, at=at)
    return view


def state(text: str, session: str = "s1", ts: datetime = NOW) -> tuple[str, Header]:
    return f"{BASE}/state", StateMessage(session=session, seq=1, ts=ts, state=text)  # type: ignore[arg-type]


def decision(kind: str, label: str | None, age_ms: float = 120.0) -> tuple[str, Header]:
    message = ClassificationMessage(
        session="s1", seq=2, ts=NOW, camera="one", zone="all", decision=kind, label=label, score=0.934, margin=0.5,
        top_k=(), window=Window(frames=5, agree=5), model=MODEL, frame_age_ms=age_ms, latency_ms=40.0,
    )  # type: ignore[arg-type] # fmt: skip
    return f"{ZONE}/classification", message


def event(phase: str, *, historical: bool = False) -> tuple[str, Header]:
    message = EventMessage(
        session="s1", seq=3, ts=NOW, camera="one", zone="all", event_id="e", event=phase, label="saree", score=0.9,
        started=NOW, historical=historical,
    )  # type: ignore[arg-type] # fmt: skip
    return f"{ZONE}/event", message


def health(fps: float) -> tuple[str, Header]:
    message = HealthMessage(
        session="s1", seq=4, ts=NOW, uptime_s=1, frames=9, fps=fps, dropped=0, latency_ms={}, rss_mb=1,
        temperature_c=None, outbox_depth=0, outbox_dropped=0, reconnects=0,
    )  # fmt: skip
    return f"{BASE}/health", message


def test_a_working_device_shows_what_it_sees_how_sure_it_is_how_fast_and_its_last_garment() -> None:
    table = drawn(told(state("online"), decision("confirmed", "saree"), health(9.5), event("new")))
    for word in ("shop/till one", "working", "saree", "93%", "0.1 s old, 9.5 a second", "saree came"):
        assert word in table


@pytest.mark.parametrize(
    ("kind", "label", "words"),
    [
        ("candidate", "jeans", "perhaps jeans"),
        ("unknown", None, "none of our garments"),
        ("stale", None, "no picture"),
    ],
)
def test_every_decision_has_plain_words(kind: str, label: str | None, words: str) -> None:
    assert words in drawn(told(state("online"), decision(kind, label)))


def test_a_lost_device_says_what_to_look_at_and_not_what_it_saw() -> None:
    table = drawn(told(state("online"), decision("confirmed", "saree"), state("offline")))
    assert "LOST - check power and network" in table
    assert "93%" not in table


def test_a_last_will_of_an_earlier_start_is_void() -> None:
    assert "working" in drawn(told(state("online", "s2"), state("offline", "s1")))


def test_a_retained_will_is_void_once_a_later_start_speaks() -> None:
    view = told(state("offline", "s0"), retained=True)
    assert "LOST" in drawn(view)
    topic, message = health(5)
    view.take(topic, encode(message), retained=False, at=NOW)
    assert "LOST" not in drawn(view)
    assert "working" in drawn(view)


def test_a_device_that_was_switched_off_is_not_an_alarm() -> None:
    assert "switched off" in drawn(told(state("online"), state("stopped")))


def test_a_lost_camera_is_named_with_its_reason_until_it_is_back() -> None:
    topic = f"{BASE}/camera/one/availability"
    lost = AvailabilityMessage(session="s1", seq=5, ts=NOW, state="offline", reason="no such device")
    back = AvailabilityMessage(session="s1", seq=6, ts=NOW, state="online")
    view = told(state("online"), decision("confirmed", "saree"), (topic, lost))
    assert "camera lost: no such device" in drawn(view)
    view.take(topic, encode(back), retained=False, at=NOW)
    assert "camera lost" not in drawn(view)


def test_a_camera_that_was_lost_from_the_start_is_shown_although_it_never_told_what_it_sees() -> None:
    lost = AvailabilityMessage(session="s1", seq=5, ts=NOW, state="offline", reason="no such device")
    assert "no such device" in drawn(told(state("online"), (f"{BASE}/camera/one/availability", lost)))


def test_a_device_that_has_said_nothing_for_long_is_silent_rather_than_working() -> None:
    view = told(state("online"))
    assert "silent, last heard" in drawn(view, NOW + timedelta(minutes=10))
    never = told(state("online"), retained=True)
    assert "silent, not heard from yet" in drawn(never, NOW + timedelta(minutes=10))


def test_an_old_picture_is_shown_with_its_age() -> None:
    assert "7.5 s old" in drawn(told(state("online"), decision("confirmed", "saree", age_ms=7500)))


def test_an_event_from_the_outbox_is_marked_as_told_later() -> None:
    assert "told later" in drawn(told(event("end", historical=True)))


def test_devices_are_sorted_and_zones_share_their_devices_line() -> None:
    view = told(state("online"), decision("confirmed", "saree"))
    other = StateMessage(session="s", seq=1, ts=NOW, state="online")
    view.take("vastra/v1/alpha/door/state", encode(other), retained=False, at=NOW)
    lines = drawn(view).splitlines()
    assert [line.split()[1] for line in lines if "/" in line and "│" in line][:1] == ["alpha/door"]


@given(st.one_of(st.text(), st.sampled_from([f"{BASE}/state", f"{ZONE}/event", f"{ZONE}/x", BASE])), st.binary())
def test_no_message_breaks_the_table(topic: str, payload: bytes) -> None:
    view = FleetView()
    view.take(topic, payload, retained=False, at=NOW)
    view.take(topic, b'{"session":"s","seq":1,"ts":"2026-11-24T09:00:00Z"}', retained=False, at=NOW)
    assert drawn(view)
