from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.smoothing import ExponentialMean, Smoothing, WindowMean
from agent.values import Prediction, Scored

MAKERS: list[Callable[[], Smoothing]] = [lambda: WindowMean(5, 5.0), lambda: ExponentialMean(0.7)]
PICTURES = st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 3)), min_size=1, max_size=30)


def seen(score: float) -> Prediction:
    return Prediction((Scored("jeans", score), Scored("sarees", 1 - score)))


def play(smoothing: Smoothing, pictures: list[tuple[float, float]], start_s: float = 0.0) -> list[float]:
    """The smoothed score of jeans after each picture; each is a score, and the seconds since the one before."""
    at_s, scores = start_s, []
    for score, gap_s in pictures:
        at_s += gap_s
        scores.append(smoothing.add(seen(score), at_s)[0].score)
    return scores


@pytest.mark.parametrize("make", MAKERS)
@given(pictures=PICTURES)
def test_a_smoothed_score_lies_between_the_lowest_and_the_highest_seen(
    make: Callable[[], Smoothing], pictures: list[tuple[float, float]]
) -> None:
    scores = [score for score, _ in pictures]
    assert all(min(scores) - 1e-9 <= smoothed <= max(scores) + 1e-9 for smoothed in play(make(), pictures))


@pytest.mark.parametrize("make", MAKERS)
@given(pictures=PICTURES)
def test_what_was_cleared_has_no_influence(make: Callable[[], Smoothing], pictures: list[tuple[float, float]]) -> None:
    used = make()
    play(used, [(0.123, 0.1)] * 7)
    used.clear()
    assert play(used, pictures, 100.0) == pytest.approx(play(make(), pictures, 100.0))


def test_in_a_window_every_picture_counts_alike_and_old_ones_not_at_all() -> None:
    assert play(WindowMean(3, 5.0), [(1.0, 1), (0.0, 1), (0.5, 1), (0.4, 1)])[-1] == pytest.approx(0.3)
    assert play(WindowMean(3, 5.0), [(1.0, 1), (0.2, 6)])[-1] == pytest.approx(0.2)


@given(st.integers(1, 50))
def test_the_exponential_mean_forgets_by_time_and_not_by_the_number_of_pictures(pictures_a_second: int) -> None:
    pictures = [(1.0, 1.0), *[(0.0, 1 / pictures_a_second)] * pictures_a_second]
    assert play(ExponentialMean(1.0), pictures)[-1] == pytest.approx(0.3679, abs=1e-4)


def test_a_clock_that_steps_back_does_no_harm() -> None:
    assert play(ExponentialMean(1.0), [(0.8, 1.0), (0.1, -5.0)])[-1] == pytest.approx(0.8)
