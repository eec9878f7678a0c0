from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from types import MappingProxyType

import msgspec
import pytest

from agent.count_book import CountBook
from agent.deciding import Decider, Rules
from agent.errors import CameraError
from agent.events import EventTracker
from agent.fit import Pixels
from agent.framing import Box, Framing
from agent.health import Health
from agent.identity import Identity
from agent.line import Line, Station, Zone
from agent.messages import (
    AlertMessage,
    ClassificationMessage,
    CountsMessage,
    EventMessage,
    HealthMessage,
    ModelName,
    StateMessage,
)
from agent.motion import MotionGate, MotionRules
from agent.picture_watch import PictureWatch, WatchRules
from agent.publisher import Publisher
from agent.topics import Topics
from agent.values import Outgoing, Spot
from tests.fakes import FakeNotebook, ManualClock, RecordingBroker, ScriptedSource, ShadeClassifier, picture

RULES = Rules(threshold=0.6, rejects=frozenset({"other"}), window=3, agree=2, stale_s=2.0)
TOPICS = Topics("shop", "till-1")
EVERYTHING = MotionRules(threshold=0.0, recheck_s=5.0)


class Stage:
    """A line with a scripted camera, a manual clock and a broker that remembers."""

    def __init__(
        self,
        script: Sequence[Pixels | str | None],
        *,
        boxes: Mapping[str, Box] = MappingProxyType({"all": Box()}),
        motion: MotionRules = EVERYTHING,
        watch: PictureWatch | None = None,
        notebook: FakeNotebook | None = None,
    ) -> None:
        self.clock, self.broker = ManualClock(), RecordingBroker()
        names, self.notebook = tuple(boxes), notebook or FakeNotebook()
        identity = Identity(
            TOPICS, "s1", "0", {"door": names}, ("jeans", "sarees"), ModelName(name="m", version="1", sha256="0")
        )
        self.publisher = Publisher(identity, self.broker, self.clock, heartbeat_s=30.0)
        zones = tuple(
            Zone(
                Spot("door", name),
                box,
                MotionGate(motion),
                Decider(RULES),
                EventTracker(f"s1-door-{name}", update_s=10.0),
                CountBook(Spot("door", name), ("jeans", "sarees"), UTC, self.notebook),
            )
            for name, box in boxes.items()
        )
        self.classifier = ShadeClassifier()
        station = Station("door", ScriptedSource(script, self.clock), Framing(), watch, zones)
        self.line = Line([station], self.classifier, self.publisher, self.clock, health_s=60.0)

    def play(self) -> Health:
        self.publisher.start()
        health = self.line.run(lambda: False)
        self.publisher.stop()
        return health

    def sent(self, last_level: str) -> list[Outgoing]:
        return [message for message in self.broker.sent if message.topic.endswith(f"/{last_level}")]

    def decisions(self) -> list[tuple[str, str | None]]:
        messages = [
            msgspec.json.decode(sent.payload, type=ClassificationMessage) for sent in self.sent("classification")
        ]
        return [(message.decision, message.label) for message in messages]

    def events(self) -> list[EventMessage]:
        return [msgspec.json.decode(sent.payload, type=EventMessage) for sent in self.broker.events]


def test_a_garment_passes_and_is_told_once_by_change() -> None:
    stage = Stage([picture(200)] * 5 + [picture(0)] * 5)
    health = stage.play()
    assert stage.decisions() == [("candidate", "jeans"), ("confirmed", "jeans"), ("unknown", None)]
    assert [(event.event, event.label) for event in stage.events()] == [("new", "jeans"), ("end", "jeans")]
    assert health.frames == 10


def test_the_newest_picture_can_be_had_while_there_is_a_camera() -> None:
    stage = Stage([picture(10), picture(20)])
    with pytest.raises(CameraError, match="no picture has come yet"):
        stage.line.picture("door")
    stage.play()
    assert stage.line.picture("door")[0, 0, 0] == 20
    gone = Stage([picture(10), "the cable is out"])
    gone.play()
    with pytest.raises(CameraError, match="the cable is out"):
        gone.line.picture("door")


def test_a_running_event_ends_when_the_line_stops() -> None:
    stage = Stage([picture(100)] * 4)
    stage.play()
    assert [event.event for event in stage.events()] == ["new", "end"]
    assert stage.events()[-1].ended is not None


def test_silence_makes_the_decision_stale_and_ends_the_event() -> None:
    stage = Stage([picture(200)] * 4 + [None] * 25)
    stage.play()
    assert stage.decisions()[-1] == ("stale", None)
    assert [event.event for event in stage.events()] == ["new", "end"]


def test_a_lost_camera_is_told_once_a_reason_and_so_is_its_return() -> None:
    stage = Stage([picture(0), "the cable is out", "the cable is out", "there is no /dev/video0", picture(0)])
    stage.play()
    told = [msgspec.json.decode(sent.payload) for sent in stage.sent("availability")]
    assert [(message["state"], message["reason"]) for message in told] == [
        ("online", ""),
        ("offline", "the cable is out"),
        ("offline", "there is no /dev/video0"),
        ("online", ""),
    ]


def test_an_unchanged_decision_is_repeated_at_every_heartbeat() -> None:
    stage = Stage([picture(0)] * 650)
    stage.play()
    assert stage.decisions() == [("unknown", None)] * 3


def test_the_greeting_tells_everything_retained_and_online_last() -> None:
    stage = Stage([picture(200)] * 3)
    stage.play()
    greeting = stage.broker.connect()
    assert [message.topic.removeprefix(f"{TOPICS.base}/") for message in greeting] == [
        "info",
        "camera/door/availability",
        "alert/client-id",
        "camera/door/all/classification",
        "camera/door/all/counts",
        "state",
    ]
    assert all(message.retain for message in greeting)
    assert msgspec.json.decode(greeting[-1].payload, type=StateMessage).state == "online"


def test_every_message_of_a_session_has_a_number_of_its_own() -> None:
    stage = Stage([picture(200)] * 5 + [picture(100)] * 5)
    stage.play()
    messages = [
        stage.broker.will,
        *stage.broker.sent,
        *stage.broker.events,
        *stage.broker.connect(),
        stage.broker.farewell,
    ]
    headers = [msgspec.json.decode(message.payload) for message in messages if message is not None and message.payload]
    assert {header["session"] for header in headers} == {"s1"}
    assert len({header["seq"] for header in headers}) == len(headers)
    assert all(header["ts"].endswith("Z") for header in headers)


def test_will_and_farewell_differ_so_that_a_crash_is_told_from_a_clean_stop() -> None:
    stage = Stage([])
    stage.play()
    assert stage.broker.will is not None
    assert stage.broker.farewell is not None
    assert msgspec.json.decode(stage.broker.will.payload, type=StateMessage).state == "offline"
    assert msgspec.json.decode(stage.broker.farewell.payload, type=StateMessage).state == "stopped"


def test_health_says_how_fast_it_was() -> None:
    stage = Stage([picture(200)] * 20)
    stage.play()
    health = msgspec.json.decode(stage.sent("health")[-1].payload, type=HealthMessage)
    assert health.frames == 20
    assert abs(health.fps - 10) < 0.1
    assert set(health.latency_ms) == {"classify", "frame_to_message"}


def test_each_zone_is_judged_on_its_own() -> None:
    pixels = picture(200)
    pixels[:, 4:] = 100
    stage = Stage([pixels] * 5, boxes={"left": Box(right=0.5), "right": Box(left=0.5)})
    stage.play()
    told = {message.zone: message.label for message in stage.events() if message.event == "new"}
    assert told == {"left": "jeans", "right": "sarees"}
    assert {message.topic.split("/")[-2] for message in stage.broker.events} == {"left", "right"}


def test_a_zone_in_which_nothing_moves_is_classified_now_and_then_only_and_its_event_goes_on() -> None:
    stage = Stage([picture(200)] * 300, motion=MotionRules(threshold=10.0, recheck_s=5.0))
    health = stage.play()
    assert stage.classifier.asked == 3 + 5  # until settled, and every five of thirty seconds
    assert health.frames == 300
    assert health.gate_skips == 300 - 8
    assert [event.event for event in stage.events()] == ["new", "update", "update", "end"]
    assert stage.decisions() == [("candidate", "jeans"), ("confirmed", "jeans")]


def test_a_garment_that_comes_while_nothing_else_moves_is_seen_at_once() -> None:
    stage = Stage([picture(0)] * 30 + [picture(200)] * 5, motion=MotionRules(threshold=10.0, recheck_s=5.0))
    stage.play()
    assert [event.event for event in stage.events()] == ["new", "end"]


def test_the_gate_opens_again_after_a_silence() -> None:
    stage = Stage([picture(200)] * 10 + [None] * 25 + [picture(200)] * 10, motion=MotionRules(10.0, 5.0))
    stage.play()
    assert [event.event for event in stage.events()] == ["new", "end", "new", "end"]


def test_a_black_picture_is_an_alert_until_it_is_mended() -> None:
    shop = picture(200)
    shop[:4] = 0
    stage = Stage([picture(0)] * 100 + [shop] * 100, watch=PictureWatch(WatchRules(after_s=5.0, frozen_s=60.0)))
    stage.play()
    told = stage.sent("door-picture")
    assert all(message.retain and message.qos == 1 for message in told)
    assert [message.payload == b"" for message in told] == [True, False, True]
    alert = msgspec.json.decode(told[1].payload, type=AlertMessage)
    assert (alert.severity, alert.text) == ("warning", "the picture is black")
    assert alert.since == stage.clock.start + timedelta(seconds=0.1)


def test_an_alert_is_told_to_every_new_connection_and_so_is_that_it_is_solved() -> None:
    stage = Stage([picture(0)] * 100, watch=PictureWatch(WatchRules(after_s=5.0, frozen_s=60.0)))
    stage.play()
    assert [message.payload[:1] for message in stage.broker.connect() if "door-picture" in message.topic] == [b"{"]
    stage.publisher.alert("door-picture", None)
    assert [message.payload for message in stage.broker.connect() if "door-picture" in message.topic] == [b""]


def counted(stage: Stage) -> list[tuple[int, int]]:
    """Jeans of the running hour and of the running day, message by message."""
    told = [msgspec.json.decode(sent.payload, type=CountsMessage) for sent in stage.sent("counts")]
    return [(message.hour.counts["jeans"], message.day.counts["jeans"]) for message in told]


def test_events_are_counted_as_they_begin_and_a_new_hour_begins_at_zero() -> None:
    stage = Stage([*[picture(200)] * 20, *[None] * 36_100])
    stage.play()
    assert counted(stage) == [(0, 0), (1, 1), (0, 1)]
    assert all(message.retain and message.qos == 1 for message in stage.sent("counts"))


def test_counts_go_on_after_a_restart() -> None:
    notebook = FakeNotebook()
    Stage([picture(200)] * 20, notebook=notebook).play()
    stage = Stage([picture(200)] * 20, notebook=notebook)
    stage.play()
    assert counted(stage) == [(1, 1), (2, 2)]


def test_a_note_that_cannot_be_read_begins_the_counts_anew() -> None:
    notebook = FakeNotebook()
    notebook.set_note("counts door all", b"torn")
    stage = Stage([picture(200)] * 20, notebook=notebook)
    stage.play()
    assert counted(stage)[0] == (0, 0)


def test_a_disk_that_does_not_write_is_said_once_and_stops_no_counting(caplog: pytest.LogCaptureFixture) -> None:
    notebook = FakeNotebook(fails=True)
    stage = Stage(([picture(200)] * 20 + [picture(0)] * 20) * 3, notebook=notebook)
    stage.play()
    assert counted(stage)[-1] == (3, 3)
    assert [record.levelname for record in caplog.records if "memory only" in record.message] == ["ERROR"]
