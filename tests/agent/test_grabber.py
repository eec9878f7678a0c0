"""What the line can rely on while cameras hang, vanish and come back."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from time import monotonic

import pytest

from agent.adapters.grabber import Grabber
from agent.config import CameraConfig
from agent.errors import CameraError
from agent.fit import Pixels
from agent.ports import Camera
from tests.fakes import Hang, ManualClock, ScriptedCamera, picture
from tests.waiting import DEADLINE_S, wait_until

LIVE = CameraConfig(name="till-3", source="rtsp://camera/stream", stall_s=10.0)
VIDEO = CameraConfig(name="till-3", source="video.mp4", pace="fast")


class Setting:
    """A grabber's surroundings: cameras opened one after the other, time moved by hand, waits that end at once."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.cameras: list[ScriptedCamera] = []
        self.waits: list[float] = []
        self.hangs: list[Hang] = []

    def hang(self) -> Hang:
        self.hangs.append(Hang())
        return self.hangs[-1]

    def opens(self, *attempts: CameraError | Sequence[Pixels | Hang | Exception]) -> Callable[[], Camera]:
        """Gives a camera playing the script, or raises the error, of each attempt in turn."""
        scripts = iter(attempts)

        def open_camera() -> Camera:
            script = next(scripts)
            if isinstance(script, CameraError):
                raise script
            self.cameras.append(ScriptedCamera(script, self.clock))
            return self.cameras[-1]

        return open_camera

    @contextmanager
    def grab(self, open_camera: Callable[[], Camera], config: CameraConfig = LIVE) -> Iterator[Grabber]:
        grabber = Grabber(config, open_camera, self.clock, pause=self._pause)
        try:
            yield grabber
        finally:
            for hang in self.hangs:  # so that no thread outlives its test
                hang.release.set()
            grabber.close()

    def _pause(self, _closing: Event, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def setting() -> Setting:
    return Setting()


def shades(grabber: Grabber) -> list[int]:
    """All pictures until the end, each as its shade."""
    seen = []
    while not grabber.ended:
        frame = grabber.next(DEADLINE_S)
        if frame is not None:
            seen.append(int(frame.pixels[0, 0, 0]))
    return seen


def has_ended(grabber: Grabber) -> bool:
    """Asks anew, which mypy does not expect of a property."""
    return grabber.ended


def loss(grabber: Grabber) -> str | None:
    """Asks anew, which mypy does not expect of a property."""
    return grabber.lost


def given(setting: Setting, count: int) -> Callable[[], bool]:
    return lambda: setting.cameras[0].given == count


def test_only_the_newest_frame_of_a_live_camera_is_kept(setting: Setting) -> None:
    hang = setting.hang()
    with setting.grab(setting.opens([picture(1), picture(2), picture(3), hang])) as grabber:
        wait_until(hang.reached.is_set)
        frame = grabber.next(DEADLINE_S)
        assert frame is not None
        assert frame.pixels[0, 0, 0] == 3
        assert frame.number == 2  # dropped ones are counted too
        assert grabber.dropped == 2
        assert grabber.next(0.0) is None  # each frame is given once


def test_a_fast_video_drops_nothing_and_ends(setting: Setting) -> None:
    with setting.grab(setting.opens([picture(shade) for shade in range(100)]), VIDEO) as grabber:
        assert shades(grabber) == list(range(100))
        assert grabber.dropped == 0
        assert grabber.lost is None


def test_a_fast_video_is_decoded_one_frame_ahead(setting: Setting) -> None:
    with setting.grab(setting.opens([picture(shade) for shade in range(5)]), VIDEO) as grabber:
        for taken in range(1, 5):
            assert grabber.next(DEADLINE_S) is not None
            wait_until(given(setting, taken + 1), what="decoding while the line works")


def test_the_end_comes_only_after_the_last_frame_was_taken(setting: Setting) -> None:
    config = CameraConfig(source="video.mp4", pace="realtime")
    with setting.grab(setting.opens([picture(7)]), config) as grabber:
        wait_until(setting.cameras.__len__)
        wait_until(setting.cameras[0].closed.is_set)
        assert not has_ended(grabber)
        assert grabber.next(DEADLINE_S) is not None
        assert has_ended(grabber)
        assert grabber.next(DEADLINE_S) is None  # at once, not after the deadline


def test_a_lost_camera_is_retried_ever_more_slowly(setting: Setting) -> None:
    away = [CameraError("no such device")] * 8
    with setting.grab(setting.opens(*away, [setting.hang()])):
        wait_until(setting.hangs[0].reached.is_set)
        assert setting.waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_camera_that_gives_one_picture_and_dies_is_not_hurried(setting: Setting) -> None:
    flicker: Sequence[Pixels | Hang | Exception] = [picture(), CameraError("cable")]
    with setting.grab(setting.opens(flicker, flicker, flicker, [setting.hang()])):
        wait_until(setting.hangs[0].reached.is_set)
        assert setting.waits == [1, 2, 4]


def test_a_camera_that_held_out_is_first_retried_quickly_again(setting: Setting) -> None:
    steady = setting.hang()
    with setting.grab(
        setting.opens(CameraError("off"), CameraError("off"), [picture(), steady, CameraError("off")], [setting.hang()])
    ) as grabber:
        wait_until(steady.reached.is_set)
        setting.clock.advance(5.0)  # longer than the last wait, shorter than a stall
        steady.release.set()
        wait_until(setting.hangs[1].reached.is_set)
        assert setting.waits == [1, 2, 1]
        assert grabber.reopened == 1


def test_a_camera_that_vanishes_and_returns_costs_two_lines_in_the_log(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    gone = CameraError("rtsp://***@till: no picture comes any more")
    first, last = setting.hang(), setting.hang()
    open_camera = setting.opens([picture(1), first, gone], gone, gone, [picture(2), last])
    with setting.grab(open_camera) as grabber:
        wait_until(first.reached.is_set)
        assert grabber.lost is None
        first.release.set()
        wait_until(last.reached.is_set)
        frame = grabber.next(DEADLINE_S)
        assert frame is not None
        assert frame.number == 2  # counted on, although the new camera began at 0
        assert grabber.lost is None
        assert grabber.reopened == 1
    assert setting.cameras[0].closed.is_set()
    assert [record.message for record in caplog.records] == [
        "till-3: first picture, 8x8",
        "till-3: lost: rtsp://***@till: no picture comes any more; trying again until it is back",
        "till-3: back after 0 s, attempts: 3",
    ]


def test_it_says_why_there_is_no_camera(setting: Setting) -> None:
    back = setting.hang()
    with setting.grab(setting.opens(CameraError("there is no /dev/video0"), [back])) as grabber:
        wait_until(back.reached.is_set)
        assert grabber.lost == "there is no /dev/video0"
        back.release.set()
        assert grabber.next(DEADLINE_S) is not None
        assert grabber.lost is None


def test_before_its_first_picture_a_camera_is_not_yet_there(setting: Setting) -> None:
    with setting.grab(setting.opens([setting.hang()])) as grabber:
        assert grabber.lost == "waiting for its first picture"


def test_a_read_that_hangs_is_abandoned_and_another_camera_takes_over(setting: Setting) -> None:
    hung = setting.hang()
    with setting.grab(setting.opens([picture(1), hung], [picture(2), setting.hang()])) as grabber:
        wait_until(hung.reached.is_set)
        assert grabber.next(DEADLINE_S) is not None
        setting.clock.advance(LIVE.stall_s - 0.1)
        assert loss(grabber) is None
        setting.clock.advance(0.1)
        assert loss(grabber) == "the camera or its driver hangs: no answer for more than 10 s"

        taken_over = grabber.next(DEADLINE_S)

        assert taken_over is not None
        assert taken_over.pixels[0, 0, 0] == 2
        assert loss(grabber) is None
        hung.release.set()  # the old driver answers after all, too late
        wait_until(setting.cameras[0].closed.is_set, what="the abandoned camera closes itself")
        assert grabber.next(0.0) is None


def test_an_opening_that_hangs_is_abandoned_too_but_given_more_time(setting: Setting) -> None:
    hung, released = Event(), Event()
    open_another = setting.opens([], [picture(5), setting.hang()])

    def open_camera() -> Camera:
        camera = open_another()
        if not hung.is_set():
            hung.set()
            released.wait()
        return camera

    with setting.grab(open_camera) as grabber:
        wait_until(hung.is_set)
        setting.clock.advance(2.9 * LIVE.stall_s)
        assert grabber.lost == "waiting for its first picture"
        setting.clock.advance(0.2 * LIVE.stall_s)
        frame = grabber.next(DEADLINE_S)
        released.set()
        assert frame is not None
        assert frame.pixels[0, 0, 0] == 5


def test_no_more_than_three_hung_captures_are_abandoned(setting: Setting, caplog: pytest.LogCaptureFixture) -> None:
    hangs = [setting.hang() for _ in range(4)]
    with setting.grab(setting.opens(*[[hang] for hang in hangs])) as grabber:
        for hang in hangs:
            wait_until(hang.reached.is_set)
            setting.clock.advance(LIVE.stall_s)
            assert grabber.next(0.0) is None
        assert grabber.next(0.0) is None  # keeps looking, opens no fifth, complains no second time
        assert len(setting.cameras) == 4
        assert grabber.lost == "the driver hangs, after 3 others did: check the camera, then restart the agent"
        assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]

        hangs[3].release.set()  # it may still recover by itself
        assert grabber.next(DEADLINE_S) is not None
        assert grabber.lost is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_of_ours_in_the_thread_does_not_end_the_camera_for_ever(setting: Setting) -> None:
    broken = setting.opens([picture(1), ZeroDivisionError("a bug")], [picture(2), setting.hang()])
    with setting.grab(broken) as grabber:
        wait_until(lambda: grabber.lost == "its thread ended by an error of ours, which stands in the log")
        seen = []
        while 2 not in seen:
            frame = grabber.next(DEADLINE_S)
            assert frame is not None
            seen.append(int(frame.pixels[0, 0, 0]))
        assert setting.waits == [1]


def test_closing_releases_the_camera_and_wakes_nobody_later(setting: Setting) -> None:
    with setting.grab(setting.opens([picture(shade) for shade in range(9)]), VIDEO) as grabber:
        assert grabber.next(DEADLINE_S) is not None
    assert setting.cameras[0].closed.is_set()
    assert grabber.next(DEADLINE_S) is None
    grabber.close()  # twice does no harm


def test_closing_takes_less_than_two_seconds_when_the_driver_hangs(setting: Setting) -> None:
    hang = setting.hang()
    with setting.grab(setting.opens([hang])) as grabber:
        wait_until(hang.reached.is_set)
        began_s = monotonic()
        grabber.close()
        assert monotonic() - began_s < 2.0
        hang.release.set()


def test_closing_ends_the_wait_for_the_next_attempt(setting: Setting) -> None:
    grabber = Grabber(LIVE, setting.opens(*[CameraError("off")] * 9), setting.clock)  # with its real pause of 1 s
    wait_until(lambda: grabber.lost == "off")
    began_s = monotonic()
    grabber.close()
    assert monotonic() - began_s < 0.9
