"""Activations at the frozen boundary, computed once and kept on disk: training the top never runs the trunk again.

With nothing frozen (boundary 0) the rows are the views' own pixels: augmentation is then what is done once.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np
from numpy.typing import NDArray

from agent.fit import Pixels
from training.errors import CacheError

Activations = NDArray[np.float16] | NDArray[np.uint8]
"""Shape (rows, height, width, channels). float16: half of float32's disk, and far finer than int8 will be; pixels uint8."""

_BATCH = 32


@dataclass(frozen=True, slots=True)
class ViewKey:
    """One cached row: a photo, by content hash, seen as view number `view`."""

    sha256: str
    view: int

    def __str__(self) -> str:
        return f"{self.sha256[:32]}/{self.view}"


class FrozenCache:
    """A folder with one file of rows and one of their keys, both only ever appended to.

    A row is written and then its key, so a process killed in between leaves a row without a key, which is cut off when
    the cache is opened again: an interrupted run goes on where it was.
    """

    def __init__(self, folder: Path, shape: tuple[int, ...], dtype: Literal["f16", "u8"] = "f16") -> None:
        self._dtype = np.dtype({"f16": np.float16, "u8": np.uint8}[dtype])
        self._rows = folder / f"rows.{dtype}"
        self._keys = folder / "keys.txt"
        self._shape = shape
        self._row_bytes = int(np.prod(shape)) * self._dtype.itemsize
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._index = self._recover()
        except OSError as error:
            raise CacheError(f"{folder}: {error.strerror}; free some disk or choose another --cache") from error

    def missing(self, keys: Sequence[ViewKey]) -> list[ViewKey]:
        """Those of `keys` that are not cached yet, in order, each once."""
        return [key for key in dict.fromkeys(keys) if str(key) not in self._index]

    def extend(self, keys: Sequence[ViewKey], rows: Activations) -> None:
        """Appends rows, shape (len(keys), *shape), for keys that are missing.

        Raises:
            CacheError: the disk is full; what was cached before stays valid.
        """
        try:
            with self._rows.open("ab") as file:
                file.write(np.ascontiguousarray(rows, self._dtype).tobytes())
            with self._keys.open("a", encoding="ascii") as file:
                file.writelines(f"{key}\n" for key in keys)
        except OSError as error:
            raise CacheError(f"{self._rows}: {error.strerror}; free some disk or choose another --cache") from error
        for key in keys:
            self._index[str(key)] = len(self._index)

    def read(self, keys: Sequence[ViewKey]) -> Activations:
        """The rows of `keys`, shape (len(keys), *shape), copied from the memory-mapped file."""
        mapped = np.memmap(self._rows, self._dtype, "r", shape=(len(self._index), *self._shape))
        return np.stack([mapped[self._index[str(key)]] for key in keys])

    def _recover(self) -> dict[str, int]:
        whole = self._rows.stat().st_size // self._row_bytes if self._rows.exists() else 0
        text = self._keys.read_text(encoding="ascii") if self._keys.exists() else ""
        keys = text[: text.rfind("\n") + 1].split()[:whole]
        # Cut off in place, which needs no room on a full disk: both files are right up to here.
        with self._keys.open("ab") as file:
            file.truncate(sum(len(key) + 1 for key in keys))
        with self._rows.open("ab") as file:
            file.truncate(len(keys) * self._row_bytes)
        return {key: row for row, key in enumerate(keys)}


def cache_folder(root: Path, trunk: keras.Model, *parts: str) -> Path:
    """Where the activations of this trunk belong: one folder for its weights, its input and the `parts` that made the views."""
    named = "/".join((trunk.name, str(trunk.output_shape), *parts)).encode()
    return root / weights_digest(trunk, named)[:16]


def weights_digest(model: keras.Model, named: bytes = b"") -> str:
    """A hash of `named` and of every weight, in the model's order."""
    digest = hashlib.sha256(named)
    for weight in model.weights:
        digest.update(keras.ops.convert_to_numpy(weight).tobytes())
    return digest.hexdigest()


def fill_cache(
    cache: FrozenCache,
    keys: Sequence[ViewKey],
    picture_of: Callable[[ViewKey], Pixels],
    rows_of: Callable[[Pixels], Activations],
) -> Iterator[int]:
    """Computes what is missing, a batch of pictures at a time, and yields how many rows each batch added.

    The next batch's pictures are made by threads while this batch is computed.
    """
    todo = cache.missing(keys)
    batches = [todo[start : start + _BATCH] for start in range(0, len(todo), _BATCH)]
    with ThreadPoolExecutor(max_workers=2) as workers:
        coming = [workers.submit(picture_of, key) for key in batches[0]] if batches else []
        for number, batch in enumerate(batches):
            pictures = np.stack([future.result() for future in coming])
            following = batches[number + 1] if number + 1 < len(batches) else []
            coming = [workers.submit(picture_of, key) for key in following]
            cache.extend(batch, rows_of(pictures))
            yield len(batch)
