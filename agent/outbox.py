"""Events that wait for the broker: a bounded SQLite file, one row an event, that survives a restart and a power cut."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from agent.errors import OutboxError
from agent.values import Outgoing

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

# WAL with synchronous=NORMAL makes no fsync for each event (on an SD card one takes up to a second, and the line would
# wait for it). A killed process loses nothing; a power cut may lose the last moments' rows, but never damages the file.
# An exclusive lock keeps a second agent from sending the same rows, and needs no shared memory beside the file.
_OPENING = (
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    # AUTOINCREMENT: ids only grow, so that who has read up to row n misses none once the table was empty
    """CREATE TABLE IF NOT EXISTS event (
        id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload BLOB NOT NULL, qos INTEGER NOT NULL,
        retain INTEGER NOT NULL, expiry_s INTEGER, content_type TEXT NOT NULL)""",
)
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_DROP_LOG_EVERY = 1000  # a broker that is away for days must not fill the log as well


@dataclass(frozen=True, slots=True)
class Kept:
    """An event in the outbox; `row_id` grows with every event put and is never used twice."""

    row_id: int
    message: Outgoing


class Outbox:
    """Events in the order they were put, until they are done; at most `max_events`, of which the oldest give way.

    `path` None keeps them in memory. A damaged file is set aside as `<name>.damaged`, with a warning, and a fresh one
    begun. Any thread may call any method.

    Raises:
        OutboxError: from every method, and when made: the file cannot be opened, locked, read or written.
    """

    def __init__(self, path: Path | None, max_events: int) -> None:
        self.path = path
        self._max_events = max_events
        self._lock = threading.Lock()
        self._depth = 0
        self._dropped = 0
        self._newest = 0
        try:
            self._db = self._open()
        except sqlite3.Error as error:
            self._db = self._open_afresh(error)

    @property
    def depth(self) -> int:
        """How many events wait."""
        return self._depth

    @property
    def dropped(self) -> int:
        """How many events gave way to newer ones since the start."""
        return self._dropped

    @property
    def newest(self) -> int:
        """The `row_id` of the event put last, also when it is done; 0 before the first."""
        return self._newest

    def put(self, message: Outgoing) -> int:
        """Keeps an event and gives its `row_id`; over `max_events` the oldest is dropped and counted."""
        return self._do(lambda db: self._insert(db, message))

    def pending(self, limit: int, *, after: int = 0) -> list[Kept]:
        """Up to `limit` events that are not done, oldest first, of those with a `row_id` above `after`."""
        rows = self._do(
            lambda db: db.execute(
                "SELECT id, topic, payload, qos, retain, expiry_s, content_type FROM event"
                " WHERE id > ? ORDER BY id LIMIT ?",
                (after, limit),
            ).fetchall(),
        )
        return [
            Kept(row_id, Outgoing(topic, payload, qos, bool(retain), expiry_s, content_type))
            for row_id, topic, payload, qos, retain, expiry_s, content_type in rows
        ]

    def done(self, row_id: int) -> None:
        """Forgets an event, because the broker has it; no matter if it is gone already."""
        self._do(lambda db: self._delete(db, row_id))

    def close(self) -> None:
        """Closes the file; what is pending stays in it."""
        with self._lock:
            self._db.close()

    def _insert(self, db: sqlite3.Connection, message: Outgoing) -> int:
        row = (message.topic, message.payload, message.qos, message.retain, message.expiry_s, message.content_type)
        cursor = db.execute(
            "INSERT INTO event (topic, payload, qos, retain, expiry_s, content_type) VALUES (?, ?, ?, ?, ?, ?)",
            row,
        )
        self._newest = cursor.lastrowid or 0
        self._depth += 1
        if self._depth > self._max_events:
            self._drop_oldest(db)
        return self._newest

    def _drop_oldest(self, db: sqlite3.Connection) -> None:
        excess = self._depth - self._max_events
        gone = db.execute(
            "DELETE FROM event WHERE id IN (SELECT id FROM event ORDER BY id LIMIT ?)", (excess,)
        ).rowcount
        self._depth -= gone
        if self._dropped % _DROP_LOG_EVERY == 0:
            _log.warning(
                "%s: full with %d events; the oldest give way, %d dropped so far",
                self._name, self._max_events, self._dropped + gone,
            )  # fmt: skip
        self._dropped += gone

    def _delete(self, db: sqlite3.Connection, row_id: int) -> None:
        self._depth -= db.execute("DELETE FROM event WHERE id = ?", (row_id,)).rowcount

    def _do(self, action: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
        with self._lock:
            before = self._depth, self._dropped, self._newest
            try:
                with self._db:  # a transaction: all of the action or nothing
                    return action(self._db)
            except sqlite3.Error as error:
                self._depth, self._dropped, self._newest = before
                if not _is_damage(error):
                    raise self._failure(error) from error
                self._db.close()
                self._db = self._open_afresh(error)
            try:
                with self._db:
                    return action(self._db)
            except sqlite3.Error as error:
                raise self._failure(error) from error

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
            self._depth = db.execute("SELECT COUNT(*) FROM event").fetchone()[0]
            # the sequence remembers ids of rows that are done; a fresh table has no line in it
            newest = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchone()
            self._newest = newest[0] if newest else 0
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
        return OutboxError(f"{self._name}: {reason}")

    @property
    def _name(self) -> str:
        return str(self.path) if self.path else "outbox in memory"


def _damage(problem: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(problem)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _is_damage(error: sqlite3.Error) -> bool:
    # the primary code: extended codes such as SQLITE_CORRUPT_INDEX carry theirs above it
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE
