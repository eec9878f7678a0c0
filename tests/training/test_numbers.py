import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.calibration import calibrate, sharpen
from training.classes import match_labels
from training.errors import ClassError
from training.metrics import auroc, expected_calibration_error, keep_threshold, measure

LABELS = ("jeans", "other", "sarees", "trousers")


def test_other_photos_count_for_rejection_only() -> None:
    scores = np.array([[0.9, 0, 0.1, 0], [0, 0, 0.2, 0.8], [0.6, 0.1, 0.3, 0], [0.3, 0.6, 0.1, 0]])
    metrics = measure(scores, np.array([0, 3, 2, 1]), labels=LABELS, rejects=("other",), sites=["a", "a", "b", "b"])
    assert metrics.n == 4
    assert metrics.top1 == pytest.approx(2 / 3)
    assert metrics.auroc_other == 1.0
    assert metrics.per_site == {"a": 1.0, "b": 0.0}
    assert metrics.confusion["sarees"] == {"jeans": 1, "sarees": 0, "trousers": 0}
    assert metrics.per_class["jeans"].f1 == pytest.approx(2 / 3)


def test_without_other_there_is_no_rejection_to_measure() -> None:
    metrics = measure(np.eye(4)[[0, 2]], np.array([0, 2]), labels=LABELS, rejects=("other",), sites=["a", "a"])
    assert metrics.auroc_other is None
    assert metrics.other_accepted_at_95 is None


@given(st.lists(st.integers(0, 20), min_size=1, max_size=20), st.lists(st.integers(0, 20), min_size=1, max_size=20))
def test_auroc_is_the_chance_to_rank_a_pair_rightly(known: list[int], other: list[int]) -> None:
    pairs = [(a > b) + 0.5 * (a == b) for a in known for b in other]
    assert auroc(np.array(known, float), np.array(other, float)) == pytest.approx(sum(pairs) / len(pairs))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.floats(0.5, 0.99))
def test_the_threshold_keeps_at_least_the_share_it_was_asked_for(scores: list[float], share: float) -> None:
    known = np.array(scores)
    assert (known >= keep_threshold(known, share)).mean() >= share


def test_a_sure_and_right_model_has_no_calibration_error() -> None:
    assert expected_calibration_error(np.ones(10), np.ones(10, bool)) == 0.0
    assert expected_calibration_error(np.full(10, 0.9), np.zeros(10, bool)) == pytest.approx(0.9)


def test_temperature_softens_an_overconfident_model() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 2, 2000)
    right = random.random(2000) < 0.7
    said = np.where(right, truth, 1 - truth)
    scores = np.where(np.arange(2) == said[:, None], 0.99, 0.01)
    fitted = calibrate(scores, truth, np.array([True, True]), 0.95)
    assert fitted.temperature > 2
    assert sharpen(scores, fitted.temperature).max() < 0.85


def test_classes_are_matched_by_name_and_never_by_position() -> None:
    assert match_labels(["Trousers", "JEAN", "sarees "], ("jeans", "sarees", "trousers")) == {
        "Trousers": "trousers",
        "JEAN": "jeans",
        "sarees ": "sarees",
    }


def test_a_class_that_means_nothing_names_the_nearest() -> None:
    with pytest.raises(ClassError, match="did you mean 'trousers'"):
        match_labels(["trowsers"], ("jeans", "trousers"))
