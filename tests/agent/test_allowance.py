import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.allowance import Allowance


@given(st.floats(0.5, 200), st.lists(st.tuples(st.floats(0, 3), st.integers(0, 500)), max_size=40))
def test_no_stretch_of_time_has_more_than_its_rate_and_a_seconds_worth(
    per_s: float, steps: list[tuple[float, int]]
) -> None:
    allowance, at_s, done = Allowance(per_s), 0.0, 0
    for gap_s, wanted in steps:
        at_s += gap_s
        granted = min(wanted, allowance.now(at_s))
        allowance.use(granted)
        done += granted
        assert done <= max(per_s, 1.0) + per_s * at_s + 1e-6


def test_who_waits_as_long_as_it_says_gets_one_more() -> None:
    allowance = Allowance(4.0)
    allowance.use(allowance.now(10.0))
    assert allowance.now(10.0) == 0
    assert allowance.wait_s == pytest.approx(0.25)
    assert allowance.now(10.26) == 1


def test_a_clock_that_steps_back_allows_nothing_more() -> None:
    allowance = Allowance(4.0)
    allowance.use(allowance.now(10.0))
    assert allowance.now(5.0) == 0
