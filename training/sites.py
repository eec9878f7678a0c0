"""Folds of whole sites, and weights by class and site: no shop may teach its background, none may be tested on itself."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.photos import Sample

_TOO_MUCH = 0.75
"""A site with a larger part of a class is not kept aside whole: what is left would hardly teach that class."""


def fold_of(samples: Sequence[Sample], shots: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    """Which fold, 0..`folds` - 1, each sample is kept aside in: sites stay whole, classes are spread over all folds.

    Only a site that holds almost all of a class (or all there is) is split, between the groups of one shot that `shots`
    numbers. Largest first, each goes where its classes are scarcest; the order of the samples does not matter.
    """
    total = Counter(sample.label for sample in samples)
    unit_of = _units(samples, shots, total)
    units: dict[tuple[str, str], Counter[int]] = {}
    for sample, unit in zip(samples, unit_of, strict=True):
        units.setdefault(unit, Counter())[sample.label] += 1
    filled: list[Counter[int]] = [Counter() for _ in range(folds)]
    chosen: dict[tuple[str, str], int] = {}
    for unit in sorted(units, key=lambda unit: (-units[unit].total(), unit)):
        crowding = [
            (sum(fold[label] / total[label] for label in units[unit]), fold.total(), number)
            for number, fold in enumerate(filled)
        ]
        chosen[unit] = min(crowding)[2]
        filled[chosen[unit]] += units[unit]
    return np.array([chosen[unit] for unit in unit_of])


def _units(samples: Sequence[Sample], shots: NDArray[np.int64], total: Counter[int]) -> list[tuple[str, str]]:
    """What goes into one fold together: a site, or in a site too large for that one shot, named by its first photo."""
    by_site = Counter((sample.site, sample.label) for sample in samples)
    too_large = {site for (site, label), count in by_site.items() if count > _TOO_MUCH * total[label]}
    first: dict[int, str] = {}
    for sample, shot in zip(samples, shots.tolist(), strict=True):
        first[shot] = min(first.get(shot, sample.sha256), sample.sha256)
    return [
        (sample.site, first[shot] if sample.site in too_large else "")
        for sample, shot in zip(samples, shots.tolist(), strict=True)
    ]


def balance(samples: Sequence[Sample], site_balance: float) -> NDArray[np.float64]:
    """How often to draw each sample, summing to 1: every class alike, and inside a class each site by count^(1-`site_balance`).

    0 draws photos alike, 1 draws sites alike.
    """
    sizes = Counter((sample.label, sample.site) for sample in samples)
    weights = np.array([sizes[sample.label, sample.site] ** -site_balance for sample in samples])
    labels = np.array([sample.label for sample in samples])
    for label in np.unique(labels):
        weights[labels == label] /= weights[labels == label].sum()
    return np.asarray(weights / weights.sum())
