"""A folder of pictures as a camera."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.adapters.folder_camera import PERIOD_S, FolderCamera
from agent.config import CameraConfig
from agent.errors import CameraError
from agent.ports import Camera
from tests.fakes import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def write_picture(path: Path, red: int) -> None:
    assert cv2.imwrite(str(path), np.full((8, 8, 3), (0, 0, red), np.uint8))


def open_folder(folder: Path, clock: ManualClock, *, loop: bool = False) -> FolderCamera:
    return FolderCamera(CameraConfig(source=str(folder), pace="fast", loop=loop), clock, sleep=clock.sleep)


def reds(camera: Camera, most: int = 100) -> list[int]:
    """The red of each picture up to the end, `most` of them at the most."""
    seen: list[int] = []
    while len(seen) < most and (frame := camera.read()) is not None:
        seen.append(int(frame.pixels[0, 0, 0]))
    return seen


def test_pictures_come_in_the_order_of_their_names_and_then_it_ends(tmp_path: Path, clock: ManualClock) -> None:
    write_picture(tmp_path / "b.png", 20)
    write_picture(tmp_path / "a.PNG", 10)
    write_picture(tmp_path / "c.bmp", 30)
    camera = open_folder(tmp_path, clock)
    assert reds(camera) == [10, 20, 30]
    assert camera.read() is None
    assert clock.slept == []


def test_a_frame_is_rgb_numbered_and_timed(tmp_path: Path, clock: ManualClock) -> None:
    write_picture(tmp_path / "a.png", 200)
    clock.advance(5.0)
    frame = open_folder(tmp_path, clock).read()
    assert frame is not None
    assert frame.pixels[0, 0].tolist() == [200, 0, 0]
    assert (frame.number, frame.taken_s, frame.taken_at) == (0, 5.0, clock.now())


def test_an_unreadable_picture_is_named_skipped_and_counted_once(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    write_picture(tmp_path / "a.png", 10)
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    write_picture(tmp_path / "c.png", 30)
    camera = open_folder(tmp_path, clock, loop=True)
    assert reds(camera, most=5) == [10, 30, 10, 30, 10]
    assert camera.skipped == 1
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(f"{tmp_path / 'b.jpg'}: not a picture")


def test_other_files_are_passed_over_in_silence(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    write_picture(tmp_path / "a.png", 10)
    (tmp_path / "labels.csv").write_text("a.png,jeans\n")
    assert reds(open_folder(tmp_path, clock)) == [10]
    assert caplog.messages == []


def test_at_the_pace_of_life_there_is_time_to_look_at_each(tmp_path: Path, clock: ManualClock) -> None:
    for name in "abc":
        write_picture(tmp_path / f"{name}.png", 10)
    camera = FolderCamera(CameraConfig(source=str(tmp_path)), clock, sleep=clock.sleep)
    assert len(reds(camera)) == 3
    assert clock.slept == [PERIOD_S, PERIOD_S]


def test_a_folder_without_pictures_is_an_error_that_says_what_it_looked_for(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "jeans").mkdir()
    with pytest.raises(CameraError, match=r"holds no pictures \(.*\.jpg.*\); folders in it are not searched"):
        open_folder(tmp_path, clock)


@pytest.mark.parametrize("loop", [False, True])
def test_a_folder_of_unreadable_pictures_is_an_error_and_not_an_endless_loop(
    tmp_path: Path, clock: ManualClock, *, loop: bool
) -> None:
    for name in "ab":
        (tmp_path / f"{name}.jpg").write_bytes(b"")
    with pytest.raises(CameraError, match="none of its 2 pictures can be read"):
        open_folder(tmp_path, clock, loop=loop).read()


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(CameraError, match="cannot be read: No such file"):
        open_folder(tmp_path / "gone", clock)
