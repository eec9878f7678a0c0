import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.fit import Pixels
from agent.motion import MotionGate, MotionRules, cells_of

RULES = MotionRules(threshold=10.0, recheck_s=5.0)
SIZE = (720, 1280)


def shop(seed: int = 0, noise: float = 0.0, light: float = 0.0) -> Pixels:
    """A rack before a wall as a camera sees it: with the sensor's noise, and more or less light."""
    picture = np.full((*SIZE, 3), 120.0)
    picture[200:600, 300:500] = (60, 70, 120)
    picture += light + np.random.default_rng(seed).normal(0.0, noise, picture.shape) if noise else light
    return np.clip(picture, 0, 255).astype(np.uint8)


def with_person(picture: Pixels, at: int, tall: int = 200) -> Pixels:
    """Somebody stands before it."""
    changed = picture.copy()
    changed[400 : 400 + tall, at : at + tall // 3] = (170, 140, 110)
    return changed


def opened(rules: MotionRules, *pictures: Pixels, gap_s: float = 0.1, settled: bool = True) -> list[bool]:
    gate = MotionGate(rules)
    return [gate.opens(picture, number * gap_s, settled=settled) for number, picture in enumerate(pictures)]


def test_a_picture_that_shows_the_same_is_skipped_and_counted() -> None:
    gate = MotionGate(RULES)
    assert [gate.opens(shop(), tick / 10, settled=True) for tick in range(5)] == [True, False, False, False, False]
    assert gate.skipped == 4


def test_a_sensors_noise_is_no_motion() -> None:
    assert opened(RULES, *(shop(seed, noise=8.0) for seed in range(20))) == [True] + [False] * 19


def test_a_cloud_before_the_sun_is_no_motion_but_the_lights_going_on_are() -> None:
    assert opened(RULES, shop(), shop(light=-12)) == [True, False]
    assert opened(RULES, shop(), shop(light=60)) == [True, True]


@given(st.integers(0, 1180), st.integers(100, 300))
def test_whatever_is_as_large_as_an_arm_is_motion(at: int, tall: int) -> None:
    assert opened(RULES, shop(), with_person(shop(), at, tall)) == [True, True]


def test_slow_change_adds_up_until_it_is_noticed() -> None:
    steps = [with_person(shop(), at) for at in range(600, 640, 2)]
    assert any(opened(RULES, *steps)[1:])


def test_every_picture_passes_until_the_decision_is_settled() -> None:
    assert opened(RULES, *[shop()] * 5, settled=False) == [True] * 5


def test_an_unchanged_picture_passes_when_it_is_time_to_check_again() -> None:
    assert opened(RULES, *[shop()] * 12, gap_s=1.0) == [True, *[False] * 4, True, *[False] * 4, True, False]


def test_a_threshold_of_zero_lets_everything_pass() -> None:
    assert opened(MotionRules(0.0, 5.0), *[shop()] * 3) == [True] * 3


def test_another_resolution_is_another_picture() -> None:
    assert opened(RULES, shop(), shop()[:400]) == [True, True]


@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 255))
def test_pictures_of_any_size_have_cells(height: int, width: int, shade: int) -> None:
    cells = cells_of(np.full((height, width, 3), shade, np.uint8))
    assert cells.shape[0] >= 1
    assert cells.shape[1] >= 1
    assert (cells == shade * 16).all()


@pytest.mark.parametrize("size", [(2, 2), (1, 1), (8, 8)])
def test_a_change_of_a_picture_of_few_pixels_is_seen_too(size: tuple[int, int]) -> None:
    dark, bright = np.zeros((*size, 3), np.uint8), np.full((*size, 3), 200, np.uint8)
    assert opened(RULES, dark, bright) == [True, True]
