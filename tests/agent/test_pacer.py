"""How recorded pictures pass at the speed of life."""

import pytest

from agent.adapters.pacer import LONGEST_GAP_S, Pacer
from tests.fakes import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def test_the_first_picture_is_due_at_once_and_each_next_after_its_gap(clock: ManualClock) -> None:
    pacer = Pacer(clock, clock.sleep)
    for gap_s in (0.5, 0.1, 0.2):
        pacer.wait(gap_s)
    assert clock.slept == pytest.approx([0.1, 0.2])


def test_time_spent_decoding_is_part_of_the_gap(clock: ManualClock) -> None:
    pacer = Pacer(clock, clock.sleep)
    pacer.wait(0.1)
    clock.advance(0.03)
    pacer.wait(0.1)
    assert clock.slept == pytest.approx([0.07])


def test_a_late_picture_does_not_delay_those_after_it(clock: ManualClock) -> None:
    pacer = Pacer(clock, clock.sleep)
    pacer.wait(0.1)
    clock.advance(0.15)
    pacer.wait(0.1)  # was due 0.05 s ago
    pacer.wait(0.1)
    assert clock.slept == pytest.approx([0.05])


def test_after_a_suspended_hour_the_video_does_not_race(clock: ManualClock) -> None:
    pacer = Pacer(clock, clock.sleep)
    pacer.wait(0.1)
    clock.advance(3600)
    for _ in range(11):
        pacer.wait(0.1)  # as many as make up for the longest gap
    pacer.wait(0.1)
    assert sum(clock.slept) == pytest.approx(0.1)


def test_a_pause_in_the_recording_is_cut_short(clock: ManualClock) -> None:
    pacer = Pacer(clock, clock.sleep)
    pacer.wait(0.1)
    pacer.wait(600.0)
    assert clock.slept == [LONGEST_GAP_S]
