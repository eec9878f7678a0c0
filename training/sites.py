"""Whole sites kept aside, and weights by class and site: no shop may teach its background, none may be tested on itself."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.photos import Sample


def keep_aside(samples: Sequence[Sample], share: float, seed: int) -> NDArray[np.bool_]:
    """Which samples are kept aside for validation: whole sites until every class has about `share` of its photos there.

    A site goes in only while no class of its would pass 1.5 x `share`: the last big shop of a class stays in training.
    """
    total = Counter(sample.label for sample in samples)
    by_site: dict[str, Counter[int]] = {}
    for sample in samples:
        by_site.setdefault(sample.site, Counter())[sample.label] += 1
    sites = sorted(by_site)
    np.random.default_rng(seed).shuffle(sites)
    chosen: set[str] = set()
    kept: Counter[int] = Counter()
    for site in sites:
        wanted = any(kept[label] < share * total[label] for label in by_site[site])
        fits = all(kept[label] + count <= 1.5 * share * total[label] for label, count in by_site[site].items())
        if wanted and fits:
            chosen.add(site)
            kept += by_site[site]
    return np.array([sample.site in chosen for sample in samples])


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
