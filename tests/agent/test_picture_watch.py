from datetime import timedelta

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.adapters.scene_camera import SceneRenderer
from agent.fit import Pixels
from agent.picture_watch import WORDS, Fault, PictureWatch, WatchRules, fault_of
from agent.scene import Scene
from agent.values import Severity
from tests.fakes import ManualClock

RULES = WatchRules(after_s=20.0, frozen_s=60.0)
SHOP = cv2.resize(SceneRenderer(Scene(7)).frame_at(3.0), (1280, 720))


def noisy(pixels: Pixels, seed: int = 0, much: float = 4.0) -> Pixels:
    """As a sensor gives it, never twice the same."""
    noise = np.random.default_rng(seed).normal(0.0, much, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


SMALL = cv2.resize(SHOP, (160, 90), interpolation=cv2.INTER_AREA)
BLACK = np.zeros_like(SHOP)
CLOTH = np.full_like(SHOP, (140, 90, 80))
BLURRED = cv2.GaussianBlur(SHOP, (0, 0), 20)


@pytest.mark.parametrize(
    ("pixels", "fault"),
    [
        (SHOP, None),
        (noisy(SHOP), None),
        ((SHOP * 0.25).astype(np.uint8), None),  # dusk
        (BLACK, Fault.BLACK),
        (noisy(BLACK, much=8.0), Fault.BLACK),
        (noisy(CLOTH), Fault.COVERED),
        (BLURRED, Fault.BLURRED),
        (np.ascontiguousarray(np.rot90(BLURRED)), Fault.BLURRED),
    ],
)
def test_a_single_picture_tells_what_is_wrong_with_it(pixels: Pixels, fault: Fault | None) -> None:
    assert fault_of(pixels) is fault


@pytest.mark.parametrize("seed", [1, 2])
def test_every_drawn_scene_is_good_enough_to_look_at(seed: int) -> None:
    renderer = SceneRenderer(Scene(seed))
    assert {fault_of(renderer.frame_at(at_s)) for at_s in range(0, 40, 8)} == {None}


@given(st.integers(1, 50), st.integers(1, 50), st.integers(0, 255))
def test_pictures_of_any_size_can_be_looked_at(height: int, width: int, shade: int) -> None:
    fault_of(np.full((height, width, 3), shade, np.uint8))


class Shift:
    """A watch with a clock, before which pictures stand for some seconds, ten a second."""

    def __init__(self) -> None:
        self.watch, self.clock, self._seed = PictureWatch(RULES), ManualClock(), 0

    def shows(self, pixels: Pixels, seconds: float, *, alive: bool = True) -> list[str | None]:
        """What is wrong, change by change, while the picture stands there; `alive` ones have a sensor's noise."""
        said: list[str | None] = []
        pixels = cv2.resize(pixels, (320, 180), interpolation=cv2.INTER_AREA)
        for _ in range(round(seconds)):
            self._seed += alive
            alert = self.watch.look(noisy(pixels, self._seed), self.clock.monotonic(), self.clock.now())
            text = alert.text if alert else None
            said += [text] if not said or said[-1] != text else []
            self.clock.advance(1.0)
        return said


def words(fault: Fault) -> str:
    return WORDS[fault][0]


def test_a_fault_counts_once_it_lasted_and_ends_once_the_picture_was_good_for_as_long() -> None:
    shift = Shift()
    assert shift.shows(SHOP, 30) == [None]
    assert shift.shows(CLOTH, 60) == [None, words(Fault.COVERED)]
    assert shift.shows(SHOP, 60) == [words(Fault.COVERED), None]


def test_a_customer_before_the_lens_is_no_fault() -> None:
    shift = Shift()
    for _ in range(3):
        assert shift.shows(SHOP, 15) == [None]
        assert shift.shows(CLOTH, 15) == [None]


def test_a_picture_that_stands_still_is_a_fault_and_a_still_shop_is_none() -> None:
    shift = Shift()
    assert shift.shows(SHOP, 200) == [None]
    assert shift.shows(SHOP, 100, alive=False) == [None, words(Fault.FROZEN)]


def test_a_black_picture_is_black_even_if_it_stands_still() -> None:
    assert Shift().shows(BLACK, 100, alive=False) == [None, words(Fault.BLACK)]


def test_an_alert_says_since_when_and_what_to_do() -> None:
    shift = Shift()
    shift.shows(SHOP, 10)
    shift.shows(CLOTH, 40)
    alert = shift.watch.look(CLOTH, shift.clock.monotonic(), shift.clock.now())
    assert alert is not None
    assert alert.severity is Severity.WARNING
    assert alert.since == shift.clock.start + timedelta(seconds=10)
    assert alert.hint.endswith("?")


def test_another_fault_takes_the_place_of_the_first() -> None:
    shift = Shift()
    assert shift.shows(BLURRED, 40) == [None, words(Fault.BLURRED)]
    assert shift.shows(CLOTH, 40) == [words(Fault.BLURRED), words(Fault.COVERED)]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from([None, Fault.COVERED, Fault.BLACK]), st.integers(1, 60)), max_size=8))
def test_whatever_happens_what_is_told_was_seen_for_long_enough(parts: list[tuple[Fault | None, int]]) -> None:
    pictures = {None: SMALL, Fault.COVERED: CLOTH[::16, ::16], Fault.BLACK: BLACK[::16, ::16]}
    watch, now, told = PictureWatch(RULES), ManualClock().now(), None
    seen = [fault for fault, seconds in parts for _ in range(seconds)]
    for second, fault in enumerate(seen):
        pixels = pictures[fault].copy()
        pixels[0, 0] = second % 200  # not frozen
        alert = watch.look(pixels, float(second), now)
        text = alert.text if alert else None
        if text != told:
            assert text == (words(fault) if fault else None)
            assert set(seen[second - int(RULES.after_s) + 2 : second + 1]) == {fault}  # a look is every two seconds
        told = text
