"""What Home Assistant is told, against the keys that its documentation names."""

from random import Random
from typing import Any

import msgspec

from agent.home_assistant import BIRTH, Announcer
from agent.identity import Identity
from agent.messages import InfoMessage, ModelName
from agent.publisher import Publisher
from agent.requests import Order, Snapshot, read_request
from agent.topics import Topics
from agent.values import Incoming
from tests.fakes import ManualClock, RecordingBroker

TOPICS = Topics("shop", "till")
IDENTITY = Identity(
    TOPICS, "s1", "1.2", {"door": ("rack", "till"), "window": ("all",)}, ("jeans", "sarees"),
    ModelName(name="m", version="1", sha256="0"),
)  # fmt: skip
CONFIG = "homeassistant/device/till/config"

# https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload, and the pages of the three platforms
ROOT = {"dev", "o", "cmps", "availability", "availability_mode", "state_topic", "command_topic", "qos", "encoding"}
DEVICE = {"identifiers", "connections", "name", "manufacturer", "model", "model_id", "sw_version", "hw_version",
          "serial_number", "suggested_area", "via_device", "configuration_url"}  # fmt: skip
ANY = {"platform", "unique_id", "name", "availability", "availability_mode", "entity_category", "icon", "qos",
       "state_topic", "value_template", "json_attributes_topic", "json_attributes_template"}  # fmt: skip
PLATFORMS = {
    "sensor": ANY | {"device_class", "options", "expire_after", "force_update"},
    "event": ANY | {"device_class", "event_types"},
    "image": ANY | {"image_topic", "content_type", "image_encoding"},
    "button": ANY | {"command_topic", "payload_press", "device_class", "retain"},
    "number": ANY | {"command_topic", "command_template", "min", "max", "step", "mode", "retain", "optimistic"},
}


def told(*, snapshots: bool = False) -> dict[str, Any]:
    message = Announcer(IDENTITY, snapshots=snapshots).message()
    assert (message.topic, message.qos, message.retain) == (CONFIG, 1, True)
    return msgspec.json.decode(message.payload, type=dict[str, Any])


def test_only_keys_that_home_assistant_documents_are_sent() -> None:
    payload = told(snapshots=True)
    assert set(payload) <= ROOT
    assert set(payload["dev"]) <= DEVICE
    assert set(payload["o"]) <= {"name", "sw_version", "support_url"}
    for entity in payload["cmps"].values():
        assert set(entity) <= PLATFORMS[entity["platform"]]
        for availability in entity.get("availability", payload["availability"]):
            assert set(availability) <= {"topic", "value_template", "payload_available", "payload_not_available"}


def test_every_zone_has_a_sensor_and_an_event_and_the_device_a_threshold() -> None:
    entities = told()["cmps"]
    assert {key: entity["platform"] for key, entity in entities.items()} == {
        "door_rack_garment": "sensor", "door_rack_event": "event",
        "door_till_garment": "sensor", "door_till_event": "event",
        "window_all_garment": "sensor", "window_all_event": "event",
        "threshold": "number",
    }  # fmt: skip
    assert len({entity["unique_id"] for entity in entities.values()}) == len(entities)
    assert [entities[key]["name"] for key in ("door_rack_garment", "window_all_event")] == ["door rack", "window event"]


def test_every_decision_has_an_option_and_none_is_home_assistants_own_unknown() -> None:
    sensor = told()["cmps"]["door_rack_garment"]
    assert sensor["device_class"] == "enum"
    assert sensor["options"] == ["jeans", "sarees", "undecided", "no garment", "no picture"]
    assert sensor["state_topic"] == TOPICS.classification("door", "rack")
    assert all(decision in sensor["value_template"] for decision in ("confirmed", "candidate", "unknown", "stale"))


def test_a_sensor_is_available_only_while_both_the_device_and_its_camera_are() -> None:
    sensor = told()["cmps"]["door_rack_garment"]
    assert sensor["availability_mode"] == "all"
    assert [each["topic"] for each in sensor["availability"]] == [TOPICS.state, TOPICS.availability("door")]


def test_pictures_are_offered_only_where_they_may_be_sent() -> None:
    new = {key: entity for key, entity in told(snapshots=True)["cmps"].items() if key not in told()["cmps"]}
    assert list(new) == ["door_snapshot", "door_take", "window_snapshot", "window_take"]
    assert new["door_snapshot"]["image_topic"] == TOPICS.snapshot("door")
    button = new["door_take"]
    asked = read_request(TOPICS, Incoming(button["command_topic"], button["payload_press"].encode()))
    assert asked == Order("snapshot", Snapshot(transaction="home-assistant", camera="door"))


def publisher(announcer: Announcer | None) -> tuple[Publisher, RecordingBroker, ManualClock]:
    broker, clock = RecordingBroker(), ManualClock()
    speaker = Publisher(IDENTITY, broker, clock, heartbeat_s=30.0, announcer=announcer)
    speaker.start()
    return speaker, broker, clock


def announced(broker: RecordingBroker) -> int:
    return sum(message.topic == CONFIG for message in broker.sent)


def test_the_device_is_announced_at_every_connect_and_a_while_after_home_assistant_started() -> None:
    speaker, broker, clock = publisher(Announcer(IDENTITY, Random(1)))  # noqa: S311 - no secret
    assert broker.speech is not None
    assert BIRTH in broker.speech.filters
    assert CONFIG in [message.topic for message in broker.connect()]
    assert broker.speech.answer(Incoming(BIRTH, b"online")) == ()
    speaker.keep_time()
    clock.advance(1.9)
    speaker.keep_time()
    assert announced(broker) == 0
    clock.advance(3.2)
    speaker.keep_time()
    speaker.keep_time()
    assert announced(broker) == 1


def test_a_birth_that_the_broker_had_kept_and_a_death_announce_nothing() -> None:
    speaker, broker, clock = publisher(Announcer(IDENTITY))
    assert broker.speech is not None
    broker.speech.answer(Incoming(BIRTH, b"online", retained=True))
    broker.speech.answer(Incoming(BIRTH, b"offline"))
    clock.advance(60.0)
    speaker.keep_time()
    assert announced(broker) == 0


def test_without_the_option_nothing_is_said_or_heard_there() -> None:
    speaker, broker, _ = publisher(None)
    speaker.keep_time()
    assert broker.speech is not None
    assert not [name for name in broker.speech.filters if name.startswith("homeassistant")]
    assert not [message for message in broker.connect() if message.topic.startswith("homeassistant")]


def test_a_changed_threshold_is_told_once_and_to_every_new_connection() -> None:
    speaker, broker, _ = publisher(None)
    speaker.threshold(0.4)
    speaker.threshold(0.4)
    infos = [message for message in [*broker.sent, *broker.connect()] if message.topic == TOPICS.info]
    assert [msgspec.json.decode(message.payload, type=InfoMessage).threshold for message in infos] == [0.4, 0.4]
