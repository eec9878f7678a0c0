import hashlib
import subprocess
import sys
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


# A file that may grow no further is what a full disk looks like to one process; 12 bytes a row leave room for four.
FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from training.errors import CacheError
from training.frozen import FrozenCache
from tests.training.test_frozen import KEYS, rows

cache = FrozenCache(Path(sys.argv[1]), (2, 3))
cache.extend(KEYS[:2], rows(1, 2))
resource.setrlimit(resource.RLIMIT_FSIZE, (4 * 12 + 5, resource.RLIM_INFINITY))
try:
    cache.extend(KEYS[2:], rows(3, 4, 5))
except CacheError as error:
    sys.exit(f"{error.exit_code} {error.message}")
"""


def test_a_full_disk_is_a_clear_error_and_what_was_cached_stays_valid(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert ended.returncode == 1, ended.stderr
    said = ended.stderr.splitlines()[-1]
    assert said.startswith(f"4 {tmp_path}")
    assert "free some disk" in said
    cache = FrozenCache(tmp_path, (2, 3))
    assert cache.missing(KEYS) == KEYS[2:]
    cache.extend(KEYS[2:], rows(3, 4, 5))
    assert np.array_equal(cache.read(KEYS), rows(1, 2, 3, 4, 5))


FULL_BEFORE_THE_START = """
import resource, sys
from pathlib import Path
from training.errors import CacheError
from training.frozen import FrozenCache

resource.setrlimit(resource.RLIMIT_FSIZE, (8, resource.RLIM_INFINITY))
try:
    FrozenCache(Path(sys.argv[1]), (2, 3))
except CacheError:
    sys.exit(4)
"""


def test_opening_the_cache_on_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    FrozenCache(tmp_path, (2, 3)).extend(KEYS[:2], rows(1, 2))
    command = [sys.executable, "-c", FULL_BEFORE_THE_START, str(tmp_path)]
    subprocess.run(command, capture_output=True, check=False, cwd=Path(__file__).parents[2])
    assert FrozenCache(tmp_path, (2, 3)).missing(KEYS) == KEYS[2:]
