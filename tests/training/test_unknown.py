import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.intervals import wilson
from training.unknown import energy, fit_gaussians, mahalanobis, maximum_softmax, not_other, rate

KNOWN = np.array([True, False, True])


def test_a_garment_torn_between_two_labels_is_still_no_other() -> None:
    softmax = np.array([[0.5, 0.02, 0.48], [0.6, 0.4, 0.0]])
    assert maximum_softmax(softmax, KNOWN).argmax() == 1
    assert not_other(softmax, KNOWN).argmax() == 0


def test_energy_sees_how_large_logits_are_where_softmax_sees_only_their_distance() -> None:
    logits = np.array([[9.0, 8.0, 0.0], [1.0, 0.0, -8.0]])
    strong, weak = energy(logits, KNOWN)
    assert strong > weak + 7
    assert energy(logits * 1000, KNOWN)[0] == pytest.approx(9000)


def test_mahalanobis_counts_distance_in_units_of_the_spread_there() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 3000)
    features = random.normal(0, 1, (3000, 2)) * (10, 0.1) + np.array([[0, 0], [500, 500], [40, 5]])[truth]
    gaussians = fit_gaussians(features, truth, KNOWN)
    along, across = mahalanobis(np.array([[15.0, 0.0], [0.0, 3.0]]), gaussians)
    assert along > across


def test_with_fewer_photos_than_dimensions_mahalanobis_still_answers() -> None:
    random = np.random.default_rng(0)
    features, truth = random.normal(0, 1, (12, 50)), np.arange(12) % 3
    features[:, 0] += 20 * truth
    scores = mahalanobis(features, fit_gaussians(features, truth, KNOWN))
    assert np.isfinite(scores).all()
    assert scores[truth == 0].mean() > scores[truth == 1].mean()


def test_a_score_that_parts_known_from_other_is_rated_perfect_and_its_mirror_useless() -> None:
    ours = np.array([True, True, False, False])
    good = rate(np.array([3.0, 2.0, 1.0, 0.0]), ours)
    assert (good.auroc, good.other_accepted_at_95) == (1.0, 0.0)
    bad = rate(np.array([0.0, 1.0, 2.0, 3.0]), ours)
    assert (bad.auroc, bad.other_accepted_at_95) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_of_newcombe_1998_table_one(hits: int, n: int, low: float, high: float) -> None:
    interval = wilson(hits, n)
    assert (interval.low, interval.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share_that_was_counted(hits: int, misses: int) -> None:
    interval = wilson(hits, hits + misses)
    assert 0 <= interval.low <= interval.share + 1e-12
    assert interval.share - 1e-12 <= interval.high <= 1
