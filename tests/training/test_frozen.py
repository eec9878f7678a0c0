import hashlib
from pathlib import Path

import numpy as np

from training.frozen import FrozenCache, ViewKey

KEYS = [ViewKey(hashlib.sha256(bytes([number])).hexdigest(), 0) for number in range(5)]


def rows(*values: float) -> np.ndarray:
    return np.stack([np.full((2, 3), value, np.float16) for value in values])


def test_rows_are_found_again_after_reopening(tmp_path: Path) -> None:
    FrozenCache(tmp_path, (2, 3)).extend(KEYS[:2], rows(1, 2))
    again = FrozenCache(tmp_path, (2, 3))
    again.extend(KEYS[2:3], rows(3))
    assert np.array_equal(again.read([KEYS[2], KEYS[0]]), rows(3, 1))


def test_only_what_is_new_is_missing(tmp_path: Path) -> None:
    cache = FrozenCache(tmp_path, (2, 3))
    cache.extend(KEYS[:2], rows(1, 2))
    assert cache.missing([*KEYS, KEYS[4]]) == KEYS[2:]
    assert cache.missing([ViewKey(KEYS[0].sha256, 1)]) == [ViewKey(KEYS[0].sha256, 1)]


def test_a_row_whose_key_was_never_written_is_cut_off(tmp_path: Path) -> None:
    FrozenCache(tmp_path, (2, 3)).extend(KEYS[:2], rows(1, 2))
    with (tmp_path / "rows.f16").open("ab") as file:
        file.write(b"half a row")
    with (tmp_path / "keys.txt").open("a") as file:
        file.write("half a k")
    cache = FrozenCache(tmp_path, (2, 3))
    assert cache.missing(KEYS) == KEYS[2:]
    cache.extend(KEYS[2:3], rows(3))
    assert np.array_equal(cache.read(KEYS[:3]), rows(1, 2, 3))
