import time
from random import Random

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scraper.hashing import FOLD, groups, hex_hash, near_pairs, perceptual_hash
from tests.scraper.pictures import motif


def distance(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def test_a_picture_scaled_and_compressed_keeps_its_hash_within_a_few_bits() -> None:
    for number in range(20):
        pixels = motif(number)
        small = cv2.resize(pixels, (96, 120), interpolation=cv2.INTER_AREA)
        _, raw = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 60])
        again = np.asarray(cv2.imdecode(raw, cv2.IMREAD_COLOR), dtype=np.uint8)
        assert distance(perceptual_hash(pixels), perceptual_hash(again)) <= 8


def test_a_hash_is_written_as_sixteen_hexadecimal_digits() -> None:
    assert hex_hash(255) == "00000000000000ff"


@given(st.lists(st.integers(0, 2**64 - 1), max_size=30), st.integers(0, 12), st.randoms(use_true_random=False))
def test_the_fast_search_finds_what_comparing_each_with_each_finds(
    values: list[int], bits: int, random: Random
) -> None:
    flipped = [value ^ (1 << random.randrange(64)) ^ (1 << random.randrange(64)) for value in values]
    hashes = [*values, *flipped, *values[:3]]
    expected = {
        (one, other, distance(hashes[one], hashes[other]))
        for other in range(len(hashes))
        for one in range(other)
        if distance(hashes[one], hashes[other]) <= bits
    }
    found = list(near_pairs(hashes, bits=bits))
    assert set(found) == expected
    assert len(found) == len(set(found))


def test_very_many_copies_cost_a_pair_each() -> None:
    assert len(list(near_pairs([7] * 5000))) == FOLD * (FOLD - 1) // 2 + 5000 - FOLD


def test_pairs_hang_together_as_groups() -> None:
    assert groups(6, [(0, 3, 1), (3, 5, 2), (1, 2, 0)]) == [[0, 3, 5], [1, 2]]


def test_a_hundred_thousand_hashes_are_searched_in_under_ten_seconds() -> None:
    hashes = np.random.default_rng(0).integers(0, 2**64, 100_000, dtype=np.uint64)
    hashes[50_000:51_000] = hashes[:1000] ^ np.uint64(0b1011)
    started = time.process_time()  # one thread: on an idle machine this is the time that passes
    found = [pair for pair in near_pairs(hashes) if pair[2] == 3]
    assert time.process_time() - started < 10
    assert [(one, other) for one, other, _ in sorted(found)] == [(n, n + 50_000) for n in range(1000)]
