"""Cameras, streams and videos through OpenCV: real files, a real MJPEG server, a real RTSP server."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.adapters.grabber import Grabber
from agent.adapters.opencv_camera import Capture, OpenCvCamera
from agent.adapters.sources import open_camera
from agent.config import CameraConfig
from agent.errors import CameraError
from agent.ports import Clock
from agent.source import Source
from agent.values import Frame
from tests.brokers import free_port
from tests.fakes import ManualClock
from tests.mjpeg_server import MjpegServer
from tests.rtsp_server import RtspServer
from tests.waiting import DEADLINE_S, wait_until

FPS = 10
STALL_S = 1.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def mjpeg() -> Iterator[MjpegServer]:
    with MjpegServer() as server:
        yield server


def write_video(path: Path, *, pictures: int = 5, codec: str = "MJPG", noise: bool = False) -> Path:
    """A red video, every next picture a little brighter; `noise` makes its pictures large and all different."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), FPS, (64, 48))
    assert writer.isOpened()
    roll = np.random.default_rng(7)
    for number in range(pictures):
        flat = np.full((48, 64, 3), (0, 0, 100 + 10 * number), np.uint8)
        writer.write(roll.integers(0, 255, (48, 64, 3), np.uint8) if noise else flat)
    writer.release()
    return path


def play(config: CameraConfig, clock: ManualClock) -> OpenCvCamera:
    return OpenCvCamera(config, clock, sleep=clock.sleep)


def fast(path: Path, *, loop: bool = False) -> CameraConfig:
    return CameraConfig(source=str(path), pace="fast", loop=loop)


def frames_of(camera: OpenCvCamera, most: int = 100) -> list[Frame]:
    frames: list[Frame] = []
    while len(frames) < most and (frame := camera.read()) is not None:
        frames.append(frame)
    return frames


def is_red(frame: Frame | None) -> bool:
    if frame is None:
        return False
    red, green, blue = frame.pixels[24, 32].tolist()
    return bool(red > 90 and green < 60 and blue < 60)


# ---- videos


@pytest.mark.parametrize(("name", "codec"), [("shop.avi", "MJPG"), ("shop.mp4", "mp4v")])
def test_a_red_video_stays_red_and_ends(name: str, codec: str, tmp_path: Path, clock: ManualClock) -> None:
    with closing(play(fast(write_video(tmp_path / name, codec=codec)), clock)) as camera:
        frames = frames_of(camera)
        assert camera.read() is None
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4]
    assert all(is_red(frame) for frame in frames)
    assert frames[0].pixels.shape == (48, 64, 3)
    assert clock.slept == []


def test_at_the_pace_of_life_pictures_come_as_far_apart_as_they_were_filmed(tmp_path: Path, clock: ManualClock) -> None:
    with closing(play(CameraConfig(source=str(write_video(tmp_path / "shop.avi"))), clock)) as camera:
        frames = frames_of(camera)
    assert clock.slept == pytest.approx([1 / FPS] * 4)
    assert [frame.taken_s for frame in frames] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])


def test_a_looping_video_goes_on_counting(tmp_path: Path, clock: ManualClock) -> None:
    path = write_video(tmp_path / "shop.avi", pictures=3)
    with closing(play(CameraConfig(source=str(path), loop=True), clock)) as camera:
        frames = frames_of(camera, most=7)
    assert [frame.number for frame in frames] == list(range(7))
    assert np.array_equal(frames[0].pixels, frames[3].pixels)
    assert clock.slept == pytest.approx([1 / FPS] * 6)  # from the last picture to the first too


def test_a_video_that_is_cut_off_gives_what_it_has_and_says_so(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_video(tmp_path / "shop.avi", pictures=40, noise=True)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with closing(play(fast(path), clock)) as camera:
        frames = frames_of(camera)
        assert camera.read() is None
    assert 10 < len(frames) < 30
    assert caplog.messages == [f"{path}: the video is cut off: {len(frames)} of 40 pictures"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"hello " * 100, "not a video that can be decoded: it is damaged or cut off, or in an unknown format"),
    ],
)
def test_a_file_that_is_no_video_is_an_error(content: bytes, says: str, tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "shop.mp4"
    path.write_bytes(content)
    with pytest.raises(CameraError) as refusal:
        play(fast(path), clock)
    assert refusal.value.message == f"{path}: {says}"


def test_a_looping_video_that_is_deleted_is_an_error(tmp_path: Path, clock: ManualClock) -> None:
    path = write_video(tmp_path / "shop.avi", pictures=2)
    with closing(play(fast(path, loop=True), clock)) as camera:
        assert len(frames_of(camera, most=2)) == 2
        path.unlink()
        with pytest.raises(CameraError, match="no such file"):
            camera.read()


def test_reading_after_closing_is_an_error(tmp_path: Path, clock: ManualClock) -> None:
    camera = play(fast(write_video(tmp_path / "shop.avi")), clock)
    camera.close()
    camera.close()  # twice does no harm
    with pytest.raises(CameraError, match="was closed"):
        camera.read()


# ---- the driver's own failures


class BrokenCapture:
    """A capture whose reads fail in the way it is told: an exception, or a picture of a wrong shape."""

    def __init__(self, answer: cv2.error | tuple[bool, object]) -> None:
        self._answer = answer

    def read(self) -> tuple[bool, object]:
        if isinstance(self._answer, cv2.error):
            raise self._answer
        return self._answer

    def get(self, propId: int) -> float:  # noqa: ARG002, N803 - OpenCV's name
        return float("nan")

    def release(self) -> None:
        pass


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("0", cv2.error("a driver's failure")),
        ("0", (False, None)),
        ("0", (True, np.zeros((4, 4, 7), np.uint8))),
        ("0", (True, None)),
        ("rtsp://camera/stream", (False, None)),
        ("shop.mp4", cv2.error("a damaged picture")),
        ("shop.mp4", (False, None)),
    ],
)
def test_every_failure_of_the_driver_becomes_a_camera_error(
    source: str, answer: cv2.error | tuple[bool, object], clock: ManualClock
) -> None:
    def connect(_source: Source, _timeout_s: float) -> Capture:
        return BrokenCapture(answer)

    camera = OpenCvCamera(CameraConfig(source=source), clock, connect=connect)
    with pytest.raises(CameraError, match=source):
        camera.read()


# ---- network cameras


def stream(url: str, *, stall_s: float = STALL_S) -> CameraConfig:
    return CameraConfig(name="till-3", source=url, stall_s=stall_s)


def test_a_network_camera_gives_rgb_pictures(mjpeg: MjpegServer) -> None:
    with closing(OpenCvCamera(stream(mjpeg.url), Clock())) as camera:
        assert is_red(camera.read())


@pytest.mark.parametrize("fault", ["freeze", "vanish"])
def test_a_network_camera_that_freezes_or_vanishes_is_an_error_and_no_hanging(fault: str, mjpeg: MjpegServer) -> None:
    with closing(OpenCvCamera(stream(mjpeg.url), Clock())) as camera:
        assert is_red(camera.read())
        getattr(mjpeg, fault)()
        with pytest.raises(CameraError, match=f"{mjpeg.url}: no picture comes any more"):
            frames_of(camera)


def test_a_network_camera_that_refuses_is_told_from_one_that_gives_no_picture(clock: ManualClock) -> None:
    port = free_port()
    with pytest.raises(CameraError) as refusal:
        play(stream(f"rtsp://admin:S3cret@127.0.0.1:{port}/live"), clock)
    assert refusal.value.message == (
        f"rtsp://***@127.0.0.1:{port}/live: 127.0.0.1 cannot be reached on port {port}: Connection refused"
    )


def test_a_network_camera_that_hides_its_picture_is_asked_for_path_and_password(
    mjpeg: MjpegServer, clock: ManualClock
) -> None:
    mjpeg.freeze()
    with pytest.raises(CameraError) as refusal:
        play(stream(mjpeg.url.replace("//", "//admin:S3cret@"), stall_s=0.3), clock)
    assert refusal.value.message.endswith("but gives no picture: check path, user name and password")
    assert "S3cret" not in refusal.value.message


def test_a_host_without_an_address_is_named(clock: ManualClock) -> None:
    with pytest.raises(CameraError, match=r"the name till-3\.invalid is not known here"):
        play(stream("rtsp://till-3.invalid/live"), clock)


def test_a_camera_that_hangs_while_it_opens_holds_up_no_other(mjpeg: MjpegServer, clock: ManualClock) -> None:
    def open_in_vain() -> None:
        with pytest.raises(CameraError):
            play(stream(hanging.url, stall_s=60.0), clock)

    with MjpegServer() as hanging:
        hanging.freeze()
        opening = threading.Thread(target=open_in_vain)
        opening.start()
        wait_until(lambda: hanging.viewers)
        with closing(play(stream(mjpeg.url), clock)) as camera:
            assert is_red(camera.read())
        assert opening.is_alive()
        hanging.vanish()
        opening.join(DEADLINE_S)
        assert not opening.is_alive()


def grab(url: str, *, stall_s: float = STALL_S) -> "closing[Grabber]":
    config, clock = stream(url, stall_s=stall_s), Clock()
    # Short waits between attempts, as the growing ones are the subject of test_grabber.
    return closing(
        Grabber(config, lambda: open_camera(config, clock), clock, pause=lambda stop, _seconds: stop.wait(0.05))
    )


def test_a_network_camera_that_vanishes_is_taken_up_again_when_it_comes_back(mjpeg: MjpegServer) -> None:
    with grab(mjpeg.url) as grabber:
        assert is_red(grabber.next(DEADLINE_S))
        mjpeg.vanish()
        wait_until(lambda: "cannot be reached" in str(grabber.lost), what="the loss with its reason")
        mjpeg.come_back()
        wait_until(lambda: grabber.lost is None, what="the return")
        assert is_red(grabber.next(DEADLINE_S))
        assert grabber.reopened == 1


def test_a_network_camera_that_freezes_is_taken_up_again_when_it_thaws(mjpeg: MjpegServer) -> None:
    with grab(mjpeg.url) as grabber:
        assert is_red(grabber.next(DEADLINE_S))
        mjpeg.freeze()
        wait_until(lambda: grabber.lost)
        mjpeg.thaw()
        wait_until(lambda: grabber.lost is None)
        assert is_red(grabber.next(DEADLINE_S))


def test_an_rtsp_camera_is_read_over_tcp_and_taken_up_again_after_freezing_and_after_dying() -> None:
    with RtspServer() as server, grab(server.url, stall_s=2.5) as grabber:  # opening alone takes a second
        assert is_red(grabber.next(DEADLINE_S))
        server.freeze()
        wait_until(lambda: grabber.lost, what="noticing the frozen camera")
        server.kill()
        server.start()
        wait_until(lambda: grabber.lost is None, what="the camera's return after it froze")
        server.kill()
        wait_until(lambda: grabber.lost, what="noticing the dead camera")
        server.start()
        wait_until(lambda: grabber.lost is None, what="the camera's return after it died")
        assert grabber.reopened == 2


# ---- what the user sees


@pytest.mark.parametrize(
    "source", ["97", "/dev/video97", "rtsp://admin:S3cret@127.0.0.1:1/live", "http://127.0.0.1:1/", "damaged.mp4"]
)
def test_a_source_that_does_not_open_gives_one_clear_line_and_no_chatter(source: str, tmp_path: Path) -> None:
    (tmp_path / "damaged.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(200))
    program = (
        "import sys\n"
        "from agent.adapters.sources import open_camera\n"
        "from agent.config import CameraConfig\n"
        "from agent.errors import CameraError\n"
        "from agent.ports import Clock\n"
        "try:\n"
        "    open_camera(CameraConfig(source=sys.argv[1]), Clock())\n"
        "except CameraError as error:\n"
        "    sys.exit(error.message)\n"
    )
    root = Path(__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, "-c", program, source.replace("damaged", str(tmp_path / "damaged"))],
        env={"PYTHONPATH": str(root), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert len(answer.stderr.splitlines()) == 1
    assert "S3cret" not in answer.stderr
