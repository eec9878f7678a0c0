"""Photos that show the same shot: they must not lie on both sides of a split, or a model is tested on what it learnt."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from scraper.facts import SAME_SHOT
from scraper.hashing import groups, near_pairs
from scraper.picture import unlikeness
from training.look import Look, look_at
from training.photos import Sample

_WORKERS = 2  # decoding leaves Python's lock


def near_duplicate_groups(samples: Sequence[Sample]) -> NDArray[np.int64]:
    """The group of each sample, shape (n,): equal numbers show the same shot, directly or through others between them.

    Groups are numbered from 0 in the order of their first sample. Of 3,952 photos it takes a tenth of a second where
    `read_photos` looked at them already, else four seconds more to read the files.
    """
    first = np.arange(len(samples))
    for members in groups(len(samples), same_shots(samples)):
        first[members] = members[0]
    _, numbers = np.unique(first, return_inverse=True)
    return np.asarray(numbers, np.int64)


def shared_shots(training: Sequence[Sample], test: Sequence[Sample]) -> list[tuple[Sample, Sample]]:
    """Every pair of a training and a test photo that show the same shot, byte for byte or nearly."""
    both, border = [*training, *test], len(training)
    pairs = [(both[one], both[other]) for one, other, _ in same_shots(both) if one < border <= other]
    by_content = {sample.sha256: sample for sample in training}
    seen = {(first.sha256, second.sha256) for first, second in pairs}
    # Blank photos are left out of `same_shots`, but the very same file is the same shot all the same.
    copies = [(by_content[sample.sha256], sample) for sample in test if sample.sha256 in by_content]
    return pairs + [pair for pair in copies if (pair[0].sha256, pair[1].sha256) not in seen]


def same_shots(samples: Sequence[Sample]) -> Iterator[tuple[int, int, int]]:
    """Pairs of positions (first, second, bits apart), first < second: near by hash and confirmed by their thumbnails."""
    looks = _looks(samples)
    places = [place for place, look in enumerate(looks) if not look.blank]
    for one, other, distance in near_pairs([looks[place].phash for place in places]):
        first, second = sorted((places[one], places[other]))
        if unlikeness(looks[first].small, looks[second].small) <= SAME_SHOT:
            yield first, second, distance


def _looks(samples: Sequence[Sample]) -> list[Look]:
    def look(sample: Sample) -> Look:
        return sample.look or look_at(sample.load())

    with ThreadPoolExecutor(_WORKERS) as workers:
        return list(workers.map(look, samples))
