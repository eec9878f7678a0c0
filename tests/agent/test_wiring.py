"""The agent as it is put together from a configuration: real model, real broker."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from agent.config import CameraConfig, HomeAssistantConfig, OutboxConfig, SnapshotConfig, ZoneConfig
from agent.fit import decode_picture
from tests.brokers import Collector, Mosquitto
from tests.models import picture_of, write_tiny_bundle
from tests.running import Stand, config_for, running_agent
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_bundle(tmp_path_factory.mktemp("wiring") / "tiny.tflite")


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as server:
        yield server


def labels(collector: Collector, zone: str) -> list[str | None]:
    return [told["label"] for told in collector.payloads(f"/{zone}/classification") if told["decision"] == "confirmed"]


def test_zones_of_a_turned_and_cropped_picture_are_told_apart(mosquitto: Mosquitto, tiny: Path) -> None:
    # As the camera hangs on its side, jeans above sarees are seen side by side, and a trousers-coloured wall is cropped.
    upright = np.concatenate(
        [picture_of("jeans", 40, 40), picture_of("sarees", 40, 40), picture_of("trousers", 40, 40)]
    )
    zones = (ZoneConfig(name="upper", box=(0.0, 0.0, 1.0, 0.5)), ZoneConfig(name="lower", box=(0.0, 0.5, 1.0, 1.0)))
    camera = CameraConfig(name="door", rotate=90, crop=(0.0, 0.0, 1.0, 0.6667), zones=zones)
    config = config_for(mosquitto, tiny, cameras=(camera,))
    with Collector(mosquitto.url, "vastra/#") as collector, running_agent(config, Stand(np.rot90(upright))):
        wait_until(lambda: labels(collector, "upper") and labels(collector, "lower"), what="both zones")
        assert labels(collector, "upper") == ["jeans"]
        assert labels(collector, "lower") == ["sarees"]
        assert collector.payloads("/info")[-1]["zones"] == {"door": ["upper", "lower"]}


def test_a_still_shop_costs_few_classifications_and_a_new_garment_is_seen_at_once(
    mosquitto: Mosquitto, tiny: Path
) -> None:
    stand = Stand(picture_of("jeans"))
    config = config_for(mosquitto, tiny, health_s=0.5)
    with Collector(mosquitto.url, "vastra/#") as collector, running_agent(config, stand):
        wait_until(lambda: collector.payloads("/health") and collector.payloads("/health")[-1]["gate_skips"] > 20)
        assert labels(collector, "all") == ["jeans"]
        stand.pixels = picture_of("sarees")
        wait_until(lambda: labels(collector, "all") == ["jeans", "sarees"], what="the sarees")
    health = collector.payloads("/health")[-1]
    assert health["frames"] - health["gate_skips"] < 30


def test_counts_go_on_where_the_agent_stopped(mosquitto: Mosquitto, tiny: Path, tmp_path: Path) -> None:
    config = config_for(
        mosquitto, tiny, outbox=OutboxConfig(path=str(tmp_path / "outbox.db")), time_zone="Asia/Kolkata"
    )
    for start in (1, 2):
        with Collector(mosquitto.url, "vastra/#") as collector, running_agent(config, Stand(picture_of("jeans"))):
            wait_until(lambda: labels(collector, "all") == ["jeans"] * start, what="the jeans")  # noqa: B023 - retained ones too
            wait_until(
                lambda: collector.payloads("/counts")[-1]["day"]["counts"]["jeans"] == start,  # noqa: B023
                what="the count",
            )
            assert collector.payloads("/counts")[-1]["hour"]["start"].endswith(":00:00+05:30")


def test_a_late_last_will_does_not_leave_the_device_offline(mosquitto: Mosquitto, tiny: Path) -> None:
    topic = "vastra/v1/shop/till/state"
    with (
        Collector(mosquitto.url, topic) as collector,
        running_agent(config_for(mosquitto, tiny), Stand(picture_of("jeans"))),
    ):
        wait_until(lambda: collector.payloads("/state"), what="online")
        will = collector.messages[-1].payload.replace(b"online", b"offline")
        collector._client.publish(topic, will, qos=1, retain=True)
        wait_until(lambda: len(collector.messages) >= 3, what="the answer")
        assert [told["state"] for told in collector.payloads("/state")] == ["online", "offline", "online"]


def test_two_devices_of_the_same_name_do_not_throw_each_other_out_for_ever(mosquitto: Mosquitto, tiny: Path) -> None:
    config = config_for(mosquitto, tiny)
    with (
        Collector(mosquitto.url, "vastra/#") as collector,
        running_agent(config, Stand(picture_of("jeans"))),
        running_agent(config, Stand(picture_of("sarees"))),
    ):
        wait_until(lambda: [m for m in collector.messages if m.topic.endswith("alert/client-id") and m.payload])
        alert = next(told for told in collector.messages if told.topic.endswith("alert/client-id") and told.payload)
        assert b"two devices use the same name" in alert.payload
        # each is thrown out once, comes back once, and tells of it once
        assert mosquitto.log.read_text().count("New client connected") <= 8


def test_requests_are_answered_by_the_running_agent(mosquitto: Mosquitto, tiny: Path) -> None:
    base = "vastra/v1/shop/till"
    with (
        Collector(mosquitto.url, "vastra/#") as collector,
        running_agent(config_for(mosquitto, tiny), Stand(picture_of("jeans"))),
    ):
        wait_until(lambda: collector.payloads("/state"), what="online")
        collector._client.publish(f"{base}/request/ping", b'{"transaction": "1"}', qos=1)
        wait_until(lambda: collector.payloads("/response/ping"), what="the answer")
        assert collector.payloads("/response/ping")[0]["transaction"] == "1"
        collector._client.publish(f"{base}/request/restart", b'{"transaction": "2"}', qos=1)
        wait_until(lambda: collector.payloads("/state")[-1]["state"] == "stopped", what="the end")
        assert collector.payloads("/response/restart")[0] == collector.payloads("/response/restart")[0] | {
            "transaction": "2",
            "ok": True,
        }


def test_home_assistant_finds_the_device_hears_it_again_after_its_own_start_and_sets_the_threshold(
    mosquitto: Mosquitto, tiny: Path
) -> None:
    config = config_for(mosquitto, tiny, home_assistant=HomeAssistantConfig(enabled=True))
    topic = "homeassistant/device/till/config"
    with Collector(mosquitto.url) as collector, running_agent(config, Stand(picture_of("jeans"))):
        wait_until(lambda: collector.payloads("/classification"), what="a first decision")
        first, *_ = collector.payloads(topic)
        collector._client.publish("homeassistant/status", b"online")
        wait_until(lambda: len(collector.payloads(topic)) == 2, what="the second announcement")
        number = first["cmps"]["threshold"]
        command = number["command_template"].replace("{{ value }}", "0.25")
        collector._client.publish(number["command_topic"], command.encode(), qos=1)
        wait_until(lambda: collector.payloads("/info")[-1]["threshold"] == 0.25, what="the threshold")
    with Collector(mosquitto.url) as later:  # as Home Assistant does after its restart, with the agent gone
        wait_until(lambda: later.payloads(topic), what="the retained announcement")
        assert later.payloads(topic) == [first]
        entities = first["cmps"].values()
        kept = {message.topic for message in later.messages}
        assert {entity["state_topic"] for entity in entities if entity["platform"] != "event"} <= kept


def test_a_picture_is_sent_when_asked_for_as_it_is_looked_at_and_stays_at_the_broker(
    mosquitto: Mosquitto, tiny: Path
) -> None:
    base, jeans = "vastra/v1/shop/till", picture_of("jeans", 40, 60)
    camera = CameraConfig(name="door", rotate=90, crop=(0.0, 0.0, 1.0, 0.5))
    config = config_for(mosquitto, tiny, cameras=(camera,), snapshot=SnapshotConfig(enabled=True, max_kb=10))
    with Collector(mosquitto.url, f"{base}/response/#") as collector, running_agent(config, Stand(jeans)):
        requests = [b'{"camera": "door", "transaction": "1"}', b'{"camera": "roof", "transaction": "2"}']
        with Collector(mosquitto.url, f"{base}/camera/#") as agent:
            wait_until(lambda: agent.payloads("/classification"), what="a first picture")
        for request in requests:
            collector._client.publish(f"{base}/request/snapshot", request, qos=1)
        wait_until(lambda: len(collector.messages) == 2, what="both answers")
        told = collector.payloads("/response/snapshot")
        assert [(answer["transaction"], answer["ok"]) for answer in told] == [("1", True), ("2", False)]
        assert told[1]["reason"] == "there is no camera 'roof'; known are door"
    with Collector(mosquitto.url, f"{base}/camera/door/snapshot") as later:
        wait_until(lambda: later.messages, what="the retained picture")
        message = later.messages[0]
        assert (message.retain, len(message.payload) <= 10_000) == (True, True)
        assert message.properties.ContentType == "image/jpeg"
        shown = decode_picture(np.frombuffer(message.payload, np.uint8), name="snapshot")
        assert shown.shape == (30, 40, 3)
        assert np.abs(shown.astype(int) - jeans[0, 0]).max() <= 3
