"""What must survive a restart and a power cut: one SQLite file, opened, locked and mended in one place."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from agent.errors import OutboxError

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

# WAL with synchronous=NORMAL makes no fsync for each event (on an SD card one takes up to a second, and the line would
# wait for it). A killed process loses nothing; a power cut may lose the last moments' rows, but never damages the file.
# An exclusive lock keeps a second agent from sending the same rows, and needs no shared memory beside the file.
_OPENING = (
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID",
)
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Store:
    """An open file, or memory where `path` is None. Any thread may call any method.

    A damaged file is set aside as `<name>.damaged`, with a warning, and a fresh one begun, in which every step that was
    given to `prepare` is done again.

    Raises:
        OutboxError: from every method, and when made: the file cannot be opened, locked, read or written.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._preparations: list[Callable[[sqlite3.Connection], None]] = []
        try:
            self._db = self._open()
        except sqlite3.Error as error:
            self._db = self._open_afresh(error)

    @property
    def name(self) -> str:
        """For messages: the path, or that there is none."""
        return str(self.path) if self.path else "outbox in memory"

    def prepare(self, step: Callable[[sqlite3.Connection], None]) -> None:
        """Does `step` now, and again whenever the file is begun afresh: makes tables, reads what is kept in memory."""
        self._preparations.append(step)
        self.run(step)

    def run(self, action: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
        """Does `action` in a transaction, all of it or nothing; once more in a fresh file, if it found damage."""
        with self._lock:
            try:
                with self._db:
                    return action(self._db)
            except sqlite3.Error as error:
                if not _is_damage(error):
                    raise self._failure(error) from error
                self._db.close()
                self._db = self._open_afresh(error)
            try:
                with self._db:
                    return action(self._db)
            except sqlite3.Error as error:
                raise self._failure(error) from error

    def note(self, name: str) -> bytes | None:
        """What was noted under `name`, if anything was."""
        row = self.run(lambda db: db.execute("SELECT content FROM note WHERE name = ?", (name,)).fetchone())
        return row[0] if row else None

    def set_note(self, name: str, content: bytes) -> None:
        """Notes something under `name`, in the place of what was there."""
        self.run(lambda db: db.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, content)))

    def close(self) -> None:
        """Closes the file; what was put into it stays."""
        with self._lock:
            self._db.close()

    def _open(self) -> sqlite3.Connection:
        if self.path is not None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OutboxError(f"{self.path}: cannot make the outbox's folder: {error.strerror}") from error
        # the lock above serialises the threads; 1 s is enough for a predecessor that is just ending
        db = sqlite3.connect(self.path or ":memory:", timeout=1.0, check_same_thread=False)
        try:
            for statement in _OPENING:
                db.execute(statement)
            problem = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if problem != "ok":
                raise _damage(problem)
            for step in self._preparations:
                step(db)
            db.commit()
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _open_afresh(self, cause: sqlite3.Error) -> sqlite3.Connection:
        """Moves a damaged file out of the way; an earlier one gives way to it, so that they cannot fill the disk."""
        if self.path is None or not _is_damage(cause):
            raise self._failure(cause) from cause
        aside = self.path.with_name(self.path.name + ".damaged")
        _log.warning("%s: damaged (%s); set aside as %s, starting afresh", self.path, cause, aside.name)
        try:
            self.path.replace(aside)
            for suffix in ("-wal", "-shm"):  # a journal of the old file would damage the new one
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        except OSError as error:
            raise OutboxError(f"{self.path}: damaged, and cannot be set aside: {error.strerror}") from error
        try:
            return self._open()
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: sqlite3.Error) -> OutboxError:
        locked = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY
        reason = "another agent uses it; stop that one or give this one its own outbox.path" if locked else str(error)
        return OutboxError(f"{self.name}: {reason}")


def _damage(problem: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(problem)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _is_damage(error: sqlite3.Error) -> bool:
    # the primary code: extended codes such as SQLITE_CORRUPT_INDEX carry theirs above it
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE
