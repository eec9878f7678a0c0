"""No password is ever shown: not in an error, a log line or a repr, wherever in an address it was written."""

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.adapters.grabber import Grabber
from agent.adapters.sources import open_camera
from agent.broker_url import parse_broker_url
from agent.config import AgentConfig, BrokerConfig, CameraConfig, read_config
from agent.errors import AgentError, ConfigError
from agent.secret import Secret, masked
from agent.source import parse_source
from tests.fakes import ManualClock
from tests.waiting import wait_until

# as cameras of many makers take them; {} is the password, the user is always "boss"
WAYS = (
    "rtsp://boss:{}@127.0.0.1:9/stream",
    "rtsp://127.0.0.1:9/user=boss_password={}_channel=1_stream=0.sdp",
    "rtsp://127.0.0.1:9/user=boss&password={}&channel=1&stream=0.sdp?real_stream",
    "rtsp://127.0.0.1:9/boss:{}/main/channels/1",
    "rtsp://127.0.0.1:9/{}/live",
    "http://127.0.0.1:9/videostream.cgi?loginuse=boss&loginpas={}",
    "http://127.0.0.1:9/video.cgi?u=boss&p={}",
    "http://127.0.0.1:9/video.cgi?channel=1&pwd={}&rate=5",
    "http://127.0.0.1:9/video.mjpg?token={}",
    "http://127.0.0.1:9/video.mjpg?{}",
    "http://127.0.0.1:9/video.mjpg#{}",
    "boss:{}@127.0.0.1/live",
    "127.0.0.1/user=boss&password={}",
)
PASSWORDS = st.builds(
    "S3cr3t{}T41l".format, st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"))
)


def hides(text: str) -> bool:
    return not any(piece in text for piece in ("S3cr3t", "T41l", "boss"))


@given(st.sampled_from(WAYS), PASSWORDS)
def test_a_password_is_never_shown_wherever_it_is_written(way: str, password: str) -> None:
    url = way.format(password)
    assert hides(masked(url))
    try:
        shown = f"{parse_source(url)} {parse_source(url)!r}"
    except ConfigError as error:
        shown = error.message
    assert hides(shown)
    assert hides(repr(AgentConfig(cameras=(CameraConfig(source=url),), broker=BrokerConfig(url=url))))


@given(
    st.sampled_from(["mqtt://boss:{}@broker", "mqtts://broker/?password={}", "mqtt://boss:{}", "tcp://boss:{}@h"]),
    PASSWORDS,
)
def test_a_brokers_password_is_never_shown_either(way: str, password: str) -> None:
    try:
        url = parse_broker_url(way.format(password))
    except ConfigError as error:
        shown = error.message
    else:
        shown = f"{url} {url!r}"
    assert not any(piece in shown for piece in ("S3cr3t", "T41l"))


@pytest.mark.parametrize("way", WAYS)
def test_a_camera_that_does_not_open_is_logged_without_its_password(way: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    config, clock = CameraConfig(source=way.format("S3cr3t-T41l")), ManualClock()
    grabber = Grabber(config, lambda: open_camera(config, clock), clock)
    wait_until(lambda: "first picture" not in (grabber.lost or "first picture"), what="the failure")
    lost = grabber.lost or ""
    grabber.close()
    assert hides(lost)
    assert hides(caplog.text)


def test_a_password_with_a_slash_is_not_taken_for_a_host_that_errors_would_name() -> None:
    for url in (
        "rtsp://boss:12/S3cr3t@camera/live",
        "rtsp://boss:12#S3cr3t@camera/live",
        "rtsp://boss:a@T41l/b@c/live",
    ):
        with pytest.raises(ConfigError, match=r"write / @ : [?] # in a password as %2F") as refusal:
            parse_source(url)
        assert hides(refusal.value.message)


def test_a_configuration_error_does_not_quote_a_password(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    for text in (
        '[broker]\npassword = "S3cr3t"\n',
        '[broker]\nurl = "mqtt://a:S3cr3t@b\n',
        '[broker]\nurl = ["S3cr3t"]\n',
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(AgentError) as refusal:
            read_config(file)
        assert hides(refusal.value.message)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://admin:1234@10.0.0.9:554/live", "rtsp://***@10.0.0.9:554/live"),
        ("rtsp://10.0.0.9/live?channel=1", "rtsp://10.0.0.9/live?channel=1"),
        ("rtsp://10.0.0.9/Streaming/Channels/101", "rtsp://10.0.0.9/Streaming/Channels/101"),
        ("rtsp://10.0.0.9/cam/realmonitor?channel=1&subtype=0", "rtsp://10.0.0.9/cam/realmonitor?channel=1&subtype=0"),
        ("rtsp://[fe80::1]:554/h264", "rtsp://[fe80::1]:554/h264"),
        ("http://cam/axis-cgi/mjpg/video.cgi", "http://cam/axis-cgi/mjpg/video.cgi"),
        ("http://cam/video.cgi?usr=admin&pwd=1234&rate=5", "http://cam/video.cgi?***"),
        ("rtsp://cam/live/1234", "rtsp://cam/live/***"),
        ("/home/me@work/day=1/shop.mp4", "/home/me@work/day=1/shop.mp4"),
        ("pictures of the shop/", "pictures of the shop/"),
        ("0", "0"),
    ],
)
def test_what_is_known_to_be_harmless_is_shown(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_a_secret_is_seen_only_when_it_is_revealed() -> None:
    secret = Secret("S3cr3t")
    assert hides(f"{secret} {secret!r}")
    assert secret.reveal() == "S3cr3t"
