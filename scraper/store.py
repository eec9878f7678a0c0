"""The dataset while it grows: pictures by content hash, a line of the manifest for each the moment it is decided.

A run that is killed leaves whole pictures and at most one torn line, which the next run drops.
"""

import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import msgspec

from scraper.errors import JobError, StoreError
from scraper.manifest import MANIFEST_NAME, Photo, read_manifest, write_manifest

OURS = Path(".scrape")
"""The folder by which a run knows that a dataset is its own to go on with."""
PROGRESS = OURS / "progress.json"
LOCK = OURS / "lock"
EVIDENCE = Path("evidence")
LATER = frozenset(
    {
        *("timeout", "unreachable", "blocked", "robots_unknown"),
        *("http_403", "http_408", "http_500", "http_502", "http_504"),
        *("redirect_loop", "not_a_picture", "damaged"),  # what a wall or a server in trouble sends in a picture's place
    }
)
"""Failures that may pass: their products keep their place until --retry-failed asks again."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A decided product: its line for the manifest and, where it is kept, the picture's bytes and those that came."""

    photo: Photo
    jpeg: bytes = b""
    original: bytes = b""
    suffix: str = ""


@dataclass(slots=True)
class Store:
    """One dataset folder, open for adding. `rows` maps what identifies a product to its line, in order of finding."""

    root: Path
    rows: dict[str, Photo] = field(default_factory=dict)
    progress: dict[str, list[str]] = field(default_factory=dict)
    """For each search, the pages still to be read; an empty list says that it is done."""
    _hashes: dict[str, str] = field(default_factory=dict)
    _journal: BinaryIO | None = None

    @classmethod
    @contextmanager
    def open(cls, root: Path) -> Iterator["Store"]:
        """The dataset in a folder, new or as an earlier run left it; its manifest is in order when the block ends.

        Raises:
            JobError: the folder holds something else, or another run is at work in it.
            StoreError: the folder cannot be written, or the disk is full.
            DatasetError: the folder holds a manifest that cannot be read.
        """
        _check_ours(root)
        with _disk(root):
            (root / OURS).mkdir(parents=True, exist_ok=True)
            lock = (root / LOCK).open("ab")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go of when this process ends, however it ends
            except BlockingIOError as error:
                raise JobError(f"{root}: another run is at work there; wait for it, or name another folder") from error
            store = cls(root=root)
            with _disk(root):
                store._resume()
                store._journal = (root / MANIFEST_NAME).open("ab")
            try:
                yield store
            finally:
                store._journal.close()
            with _disk(root):
                write_manifest(root / MANIFEST_NAME, store.rows.values())

    def add(self, candidate: Candidate) -> Photo:
        """Keeps a decided product: its picture first, then its line, so that every line's picture is there."""
        photo = candidate.photo
        twin = self._hashes.get(photo.sha256)
        if candidate.jpeg and twin is not None and twin != identity(photo):
            photo = msgspec.structs.replace(
                photo, status="duplicate", reason=f"the same picture as {self.rows[twin].path}", path=""
            )
        elif candidate.jpeg:
            photo = self._keep(replace(candidate, photo=photo))
        key = identity(photo)
        self.rows[key] = photo
        with _disk(self.root):
            self._append(photo)
        return photo

    def mark(self, search: str, pending: list[str]) -> None:
        """Remembers which pages of a search are still to be read."""
        self.progress[search] = pending
        with _disk(self.root):
            _write(self.root / PROGRESS, msgspec.json.encode(self.progress))

    def keep_evidence(self, name: str, files: dict[str, bytes]) -> Path:
        """Keeps what a page looked like when it made no sense; gives the folder."""
        with _disk(self.root):
            (self.root / EVIDENCE).mkdir(exist_ok=True)
            for suffix, raw in files.items():
                _write(self.root / EVIDENCE / f"{name}{suffix}", raw)
        return self.root / EVIDENCE

    def _keep(self, candidate: Candidate) -> Photo:
        photo = candidate.photo
        path = Path("images") / photo.label / f"{photo.sha256[:16]}.jpg"
        original = ""
        with _disk(self.root):
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            _write(self.root / path, candidate.jpeg)
            if candidate.original:
                original = str(Path("originals") / photo.label / f"{photo.sha256[:16]}{candidate.suffix}")
                (self.root / original).parent.mkdir(parents=True, exist_ok=True)
                _write(self.root / original, candidate.original)
        self._hashes[photo.sha256] = identity(photo)
        return msgspec.structs.replace(photo, path=str(path), original=original)

    def _append(self, photo: Photo) -> None:
        if self._journal is None:
            raise StoreError(f"{self.root}: the dataset is not open")
        self._journal.write(msgspec.json.encode(photo) + b"\n")
        self._journal.flush()

    def _resume(self) -> None:
        manifest, progress = self.root / MANIFEST_NAME, self.root / PROGRESS
        for torn in self.root.glob("*/*/.*.part"):  # a run that was killed while it wrote
            torn.unlink()
        if manifest.exists():
            _drop_torn_line(manifest)
            for photo in read_manifest(manifest):
                self.rows[identity(photo)] = photo
                if photo.status == "ok":
                    self._hashes[photo.sha256] = identity(photo)
        if progress.exists():
            try:
                self.progress = msgspec.json.decode(progress.read_bytes(), type=dict[str, list[str]])
            except msgspec.MsgspecError:
                self.progress = {}  # unreadable progress costs pages that are read again, no picture


def identity(photo: Photo) -> str:
    """What makes two lines one product: its label, site, search and the shop's id (or its picture's address)."""
    return "\t".join((photo.label, photo.site, photo.query, photo.product or photo.url or photo.path))


def _check_ours(root: Path) -> None:
    """Refuses a folder of another tool, whose manifest this one would write anew without what it does not know."""
    if not root.is_dir() or (root / OURS).is_dir():
        return
    other = next((entry.name for entry in sorted(root.iterdir()) if _is_content(entry)), "")
    if other:
        raise JobError(f"{root}: holds {other!r}, which no run put there; name a new folder")


def _is_content(entry: Path) -> bool:
    """Whether a folder that holds this entry is in use: job files and what a file system keeps for itself are not."""
    return not entry.name.startswith(".") and entry.suffix != ".toml" and entry.name != "lost+found"


def _drop_torn_line(manifest: Path) -> None:
    with manifest.open("rb+") as lines:
        end = lines.seek(0, os.SEEK_END)
        tail = min(end, 65_536)  # far longer than any line
        lines.seek(end - tail)
        rest = lines.read(tail)
        if rest and not rest.endswith(b"\n"):
            lines.truncate(end - tail + rest.rfind(b"\n") + 1)


def _write(path: Path, raw: bytes) -> None:
    """Writes a file whole or not at all: beside it, then renamed over it."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as beside:
        try:
            beside.write(raw)
            beside.flush()
            os.fsync(beside.fileno())  # 4 ms; without it a power cut leaves lines whose pictures are empty
        except OSError:
            Path(beside.name).unlink(missing_ok=True)
            raise
    Path(beside.name).replace(path)


@contextmanager
def _disk(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        words = "the disk is full; make room" if error.errno == errno.ENOSPC else f"{error.strerror}"
        raise StoreError(f"{root}: {words}; what was stored is whole, run the same command to resume") from error
