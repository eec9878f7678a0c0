from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.photos import Sample
from training.sites import balance, fold_of


def photo(number: int, label: int, site: str) -> Sample:
    return Sample(Path(f"{number}.jpg"), f"{number:064x}", label, site)


def alone(samples: list[Sample]) -> np.ndarray:
    """Every photo a shot of its own."""
    return np.arange(len(samples))


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abcdefgh")), min_size=1, max_size=60), st.integers(2, 5))
def test_a_site_is_split_only_where_it_holds_almost_all_of_a_class(photos: list[tuple[int, str]], folds: int) -> None:
    samples = [photo(number, label, site) for number, (label, site) in enumerate(photos)]
    fold = fold_of(samples, alone(samples), folds)
    assert set(fold) <= set(range(folds))
    for site in {sample.site for sample in samples}:
        inside = [sample for sample in samples if sample.site == site]
        shares = [
            sum(its.label == label for its in inside) / sum(its.label == label for its in samples)
            for label in {its.label for its in inside}
        ]
        parts = {int(its) for sample, its in zip(samples, fold, strict=True) if sample.site == site}
        assert len(parts) == 1 or max(shares) > 0.75


def test_where_all_photos_come_from_one_folder_shots_are_kept_together() -> None:
    samples = [photo(number, number % 2, "folder") for number in range(40)]
    shots = np.arange(40) // 4
    fold = fold_of(samples, shots, 4)
    assert set(fold) == {0, 1, 2, 3}
    for shot in range(10):
        assert len(set(fold[shots == shot])) == 1


def test_every_fold_has_its_share_of_every_class() -> None:
    samples = [photo(number, number % 3, f"shop-{number // 10}") for number in range(360)]
    fold = fold_of(samples, alone(samples), 4)
    for its in range(4):
        counts = Counter(sample.label for sample, number in zip(samples, fold, strict=True) if number == its)
        assert all(20 <= counts[label] <= 40 for label in range(3))


def test_the_order_of_the_photos_does_not_decide_the_folds() -> None:
    samples = [photo(number, number % 2, f"shop-{number % 7}") for number in range(50)]
    there = dict(zip([sample.sha256 for sample in samples], fold_of(samples, alone(samples), 3), strict=True))
    back = dict(
        zip([sample.sha256 for sample in samples[::-1]], fold_of(samples[::-1], alone(samples), 3), strict=True)
    )
    assert there == back


def test_classes_are_drawn_alike_and_big_sites_do_not_dominate() -> None:
    samples = [photo(number, 0, "big") for number in range(90)]
    samples += [photo(100 + number, 0, "small") for number in range(10)]
    samples += [photo(200 + number, 1, "other") for number in range(5)]
    weights = balance(samples, 0.5)
    label = np.array([sample.label for sample in samples])
    assert np.isclose(weights[label == 1].sum(), 0.5)
    big, small = weights[:90].sum(), weights[90:100].sum()
    assert np.isclose(big / small, 3.0)  # the root of nine
