from pathlib import Path

import numpy as np
import pytest

from training.calibration import Fitted
from training.detail import detail_of
from training.evidence import Evidence
from training.photos import PhotoSet, Sample

LABELS = ("jeans", "other", "sarees")


def evidence(rows: list[tuple[str, str, list[float]]], **more: np.ndarray) -> Evidence:
    """What was said of photos, each given by its label, its site and its softmax."""
    samples = tuple(
        Sample(Path(f"{number}.jpg"), str(number), LABELS.index(label), site)
        for number, (label, site, _) in enumerate(rows)
    )
    return Evidence(PhotoSet(LABELS, samples), np.array([scores for *_, scores in rows], np.float32), **more)


SEEN = evidence(
    [
        ("jeans", "a", [0.9, 0.05, 0.05]),
        ("jeans", "a", [0.3, 0.1, 0.6]),
        ("sarees", "b", [0.1, 0.5, 0.4]),
        ("other", "b", [0.1, 0.8, 0.1]),
        ("other", "b", [0.6, 0.3, 0.1]),
    ]
)


def test_what_scores_too_low_is_unknown_as_the_agent_would_say() -> None:
    detail = detail_of(SEEN, ("other",), Fitted(temperature=1.0, threshold=0.5))
    assert detail.shipped == {
        "jeans": {"jeans": 1, "sarees": 1},
        "other": {"jeans": 1, "unknown": 1},
        "sarees": {"unknown": 1},
    }
    assert (detail.known_kept.hits, detail.known_kept.n) == (2, 3)
    assert (detail.other_accepted.hits, detail.other_accepted.n) == (1, 2)


def test_recall_and_precision_are_counted_over_garments_alone() -> None:
    detail = detail_of(SEEN, ("other",), Fitted(temperature=1.0, threshold=0.5))
    assert (detail.recall["jeans"].hits, detail.recall["jeans"].n) == (1, 2)
    assert (detail.precision["sarees"].hits, detail.precision["sarees"].n) == (1, 2)
    assert set(detail.recall) == {"jeans", "sarees"}


def test_each_site_has_its_own_numbers() -> None:
    sites = detail_of(SEEN, ("other",), Fitted(temperature=1.0, threshold=0.5)).sites
    assert (sites["a"].top1.n, sites["a"].accepted.n) == (2, 0)
    assert sites["b"].confusion == {"other": {"jeans": 2}, "sarees": {"sarees": 1}}


def test_a_temperature_moves_calibration_and_not_the_answers() -> None:
    detail = detail_of(SEEN, ("other",), Fitted(temperature=3.0, threshold=0.5))
    assert detail.before.ece != pytest.approx(detail.after.ece)
    assert detail.top1.hits == 2


def test_scores_are_compared_as_far_as_the_model_shows_its_inside() -> None:
    fitted = Fitted(temperature=1.0, threshold=0.5)
    assert set(detail_of(SEEN, ("other",), fitted).unknown) == {"maximum softmax", "1 - p(other)"}
    opened = Evidence(SEEN.photos, SEEN.softmax, logits=np.log(SEEN.softmax))
    assert "energy" in detail_of(opened, ("other",), fitted).unknown


def test_without_photos_of_other_there_is_nothing_to_compare() -> None:
    detail = detail_of(evidence([("jeans", "a", [0.9, 0.05, 0.05])]), ("other",), Fitted(1.0, 0.5))
    assert detail.unknown == {}
    assert detail.other_accepted.n == 0
