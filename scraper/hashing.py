"""Perceptual hashes: 64 bits that stay nearly the same when a picture is scaled or compressed again.

The DCT hash of http://phash.org (32x32 grey, the 8x8 lowest frequencies against their median), with OpenCV's transform.
Two pictures of one motif differ in few bits; `near_pairs` finds all such pairs without comparing each with each.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise, product

import cv2
import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Indices = npt.NDArray[np.int64]

NEAR_BITS = 8
"""How far two hashes of one shot may lie apart. Wide on purpose, for it only proposes: catalogue photos share pose and
background, and of 271 pairs within
4 bits on one test set, 6 were the same shot. Thumbnails confirm (`scraper.facts.same_shots`)."""
FOLD = 32
"""Equal hashes that are paired with each other one by one."""
BLOCK = 2048
"""Rows compared at once: 2048 x 2048 x 8 bytes keep a comparison inside 32 MB however many pictures share a band."""


def perceptual_hash(rgb: npt.NDArray[np.uint8]) -> int:
    """The 64-bit hash of an RGB (or grey) picture."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) if rgb.ndim == 3 else rgb  # noqa: PLR2004 - height, width, channels
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:8, :8]
    bits = np.asarray(low > np.median(low), dtype=np.uint8)
    return int.from_bytes(np.packbits(bits.reshape(-1)).tobytes(), "big")


def hex_hash(value: int) -> str:
    """The hash as the manifest holds it: 16 hexadecimal digits."""
    return f"{value:016x}"


def near_pairs(hashes: Sequence[int] | Hashes, *, bits: int = NEAR_BITS) -> Iterator[tuple[int, int, int]]:
    """Every pair of positions (first, second, distance) whose hashes differ in at most `bits` bits, each pair once.

    Pigeonhole: hashes that differ in at most `bits` bits agree on at least one of `bits + 1` bands, so that only those
    sharing a band are compared. Of more than FOLD equal hashes only the first FOLD pair with others, and the rest pair
    with the first alone: a thousand copies cost a thousand pairs, not a million.
    """
    values = np.asarray(hashes, dtype=np.uint64)
    unique, inverse = np.unique(values, return_inverse=True)
    members: list[list[int]] = [[] for _ in unique]
    for position, value in enumerate(inverse.tolist()):
        members[value].append(position)
    for copies in members:
        yield from ((one, other, 0) for one, other in combinations(copies[:FOLD], 2))
        yield from ((copies[0], other, 0) for other in copies[FOLD:])
    for one, other, distance in _near_values(unique, bits):
        for first, second in product(members[one][:FOLD], members[other][:FOLD]):
            yield min(first, second), max(first, second), distance


def groups(count: int, pairs: Iterable[tuple[int, int, int]]) -> list[list[int]]:
    """The positions 0..count-1 that hang together through pairs, as lists of two or more, in order."""
    parent = list(range(count))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other, _ in pairs:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    found: dict[int, list[int]] = defaultdict(list)
    for node in range(count):
        found[root(node)].append(node)
    return [members for members in found.values() if len(members) > 1]


def _near_values(unique: Hashes, bits: int) -> Iterator[tuple[int, int, int]]:
    seen: set[tuple[int, int]] = set()
    for shift, width in _bands(bits + 1):
        band = (unique >> np.uint64(shift)) & np.uint64((1 << width) - 1)
        order = np.argsort(band, kind="stable")
        starts = np.flatnonzero(np.diff(band[order]) != 0) + 1
        for sharing in np.split(order, starts):
            for one, other, distance in _compare(unique, sharing, bits):
                pair = (min(one, other), max(one, other))
                if pair not in seen:
                    seen.add(pair)
                    yield *pair, distance


def _bands(count: int) -> list[tuple[int, int]]:
    edges = [64 * i // count for i in range(count + 1)]
    return [(low, high - low) for low, high in pairwise(edges)]


def _compare(unique: Hashes, members: Indices, bits: int) -> Iterator[tuple[int, int, int]]:
    for start in range(0, len(members), BLOCK):
        rows = members[start : start + BLOCK]
        for beside in range(start, len(members), BLOCK):
            columns = members[beside : beside + BLOCK]
            distance = _bit_count(unique[rows][:, None] ^ unique[columns][None, :])
            near = np.argwhere(distance <= bits)
            for row, column in near.tolist():
                if beside > start or column > row:
                    yield int(rows[row]), int(columns[column]), int(distance[row, column])


def _bit_count(values: Hashes) -> npt.NDArray[np.uint8]:
    """The bits set in each value. numpy.bitwise_count came with numpy 2; this runs on 1.26 as well."""
    if hasattr(np, "bitwise_count"):
        return np.bitwise_count(values)
    values = values - ((values >> np.uint64(1)) & np.uint64(0x5555555555555555))
    values = (values & np.uint64(0x3333333333333333)) + ((values >> np.uint64(2)) & np.uint64(0x3333333333333333))
    values = (values + (values >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return ((values * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(np.uint8)
