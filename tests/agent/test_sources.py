"""What `--source` may say, and what a user reads when it says something else."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.adapters.demo_camera import PERIOD_S, DemoCamera
from agent.adapters.folder_camera import FolderCamera
from agent.adapters.scene_camera import SceneRenderer
from agent.adapters.sources import is_finite, open_camera
from agent.config import CameraConfig
from agent.errors import CameraError, ConfigError
from agent.fit import Pixels
from agent.scene import Scene
from agent.source import SourceKind, parse_source
from tests.fakes import ManualClock, picture


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0", SourceKind.DEVICE),
        (" 12 ", SourceKind.DEVICE),
        ("/dev/video0", SourceKind.DEVICE),
        ("/dev/v4l/by-id/usb-046d_HD_Pro_Webcam-video-index0", SourceKind.DEVICE),
        ("rtsp://10.0.0.9/stream", SourceKind.STREAM),
        ("rtsps://10.0.0.9/stream", SourceKind.STREAM),
        ("http://camera.local/video.mjpg", SourceKind.STREAM),
        ("https://camera.local:8443/video.mjpg", SourceKind.STREAM),
        ("demo", SourceKind.DEMO),
        ("demo:42", SourceKind.DEMO),
        ("./demo", SourceKind.PATH),
        ("shop.mp4", SourceKind.PATH),
        ("/dev/shm/shop.mp4", SourceKind.PATH),  # noqa: S108 - only a name
        ("pictures of the shop/", SourceKind.PATH),
        ("2026", SourceKind.PATH),
    ],
)
def test_the_text_tells_what_kind_of_source_it_is(text: str, kind: SourceKind) -> None:
    assert parse_source(text).kind is kind
    assert is_finite(text) is (kind is SourceKind.PATH)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it is empty; a source is a camera number"),
        ("ftp://host/video", "ftp:// is not a camera's; known are rtsp://, rtsps://, http://, https://"),
        ("rtsp:///stream", "names no host; for example rtsp://192.168.1.20/stream"),
        ("rtsp://host:port/stream", "is not a URL"),
        ("demo:blue", "the seed of a demo is a whole number, for example demo:7"),
        ("a\0b", "a name must be UTF-8 without NUL"),
        ("Caf\udce9.mp4", "a name must be UTF-8 without NUL"),  # Latin-1 bytes, as os.fsdecode gives them
    ],
)
def test_what_is_no_source_is_refused_with_what_would_be_right(text: str, says: str, clock: ManualClock) -> None:
    with pytest.raises(ConfigError) as refusal:
        open_camera(CameraConfig(source=text), clock)
    assert says in refusal.value.message


def test_the_demo_shows_the_scene_of_its_seed(clock: ManualClock) -> None:
    camera = open_camera(CameraConfig(source="demo:3"), clock)
    assert isinstance(camera, DemoCamera)
    first = camera.read()
    assert np.array_equal(first.pixels, SceneRenderer(Scene(3)).frame_at(0.0))


def test_the_demo_runs_in_real_time_at_fifteen_pictures_a_second(clock: ManualClock) -> None:
    class Slate:
        """Draws the time itself."""

        def frame_at(self, at_s: float) -> Pixels:
            return picture(round(at_s * 100))

    clock.advance(1000.0)
    camera = DemoCamera(Slate(), clock, sleep=clock.sleep)
    frames = [camera.read() for _ in range(4)]
    assert [frame.pixels[0, 0, 0] for frame in frames] == [0, 7, 13, 20]
    assert [frame.number for frame in frames] == [0, 1, 2, 3]
    assert clock.slept == pytest.approx([PERIOD_S] * 3)
    camera.close()


def test_a_folder_is_read_picture_by_picture(tmp_path: Path, clock: ManualClock) -> None:
    assert cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), np.uint8))
    assert isinstance(open_camera(CameraConfig(source=str(tmp_path)), clock), FolderCamera)


def test_a_missing_path_says_what_a_source_can_be(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(CameraError) as refusal:
        open_camera(CameraConfig(source=str(tmp_path / "shop.mp4")), clock)
    assert refusal.value.message == (
        f"{tmp_path}/shop.mp4: no such file or folder; a source is a camera number (0), a device (/dev/video0), "
        "rtsp://..., http://..., a video file, a folder of pictures, or `demo`"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a" * 300, "it cannot be looked at: File name too long"),
        ("/dev/" + "a" * 300, "it cannot be looked at: File name too long"),
        ("http://cam..local/", "'cam..local' cannot be the name of a host"),
    ],
)
def test_a_name_that_the_system_refuses_to_look_up_is_an_error_like_others(
    text: str, says: str, clock: ManualClock
) -> None:
    with pytest.raises(CameraError) as refusal:
        open_camera(CameraConfig(source=text), clock)
    assert refusal.value.message == f"{text}: {says}"


@given(st.one_of(st.text(), st.text().map("rtsp://{}".format), st.text().map("demo:{}".format)))
def test_any_text_is_a_source_or_a_config_error(text: str) -> None:
    try:
        source = parse_source(text)
    except ConfigError as error:
        assert error.message.startswith("source: ")  # noqa: PT017 - both outcomes are right
    else:
        assert source.finite is (source.kind is SourceKind.PATH)


@pytest.mark.parametrize("device", ["99", "/dev/video99", "/dev/v4l/by-id/usb-none"])
def test_a_missing_camera_says_which_there_are(device: str, clock: ManualClock) -> None:
    with pytest.raises(CameraError, match=r"there is no /dev/v.*; (found here: /dev/video|no camera is connected)"):
        open_camera(CameraConfig(source=device), clock)
