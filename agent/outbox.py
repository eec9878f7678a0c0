"""Events that wait for the broker: in order, one row an event, bounded in number, bytes and age, over any restart."""

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from agent.ports import Clock
from agent.store import Store
from agent.values import Outgoing

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

# AUTOINCREMENT: ids only grow, so that who has read up to row n misses none once the table was empty
_TABLE = """CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload BLOB NOT NULL, qos INTEGER NOT NULL,
    retain INTEGER NOT NULL, expiry_s INTEGER, content_type TEXT NOT NULL, put_at REAL NOT NULL DEFAULT 0)"""
_SIZE = "LENGTH(topic) + LENGTH(payload)"
_CLOCK_SET = 1_700_000_000.0  # November 2023: a clock that says less was not set yet, and tells nothing of an age
_AGE_EVERY_S = 60.0  # looking for old events reads all of them
_DROP_LOG_EVERY = 1000  # a broker that is away for days must not fill the log as well


@dataclass(frozen=True, slots=True)
class Kept:
    """An event in the outbox; `row_id` grows with every event put and is never used twice."""

    row_id: int
    message: Outgoing


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may wait, at most: over any of these, the oldest events give way and are counted.

    `max_bytes` counts topics and payloads; the file is up to twice as large. Events put while the clock was not set
    yet have no age.
    """

    max_events: int = 100_000
    max_bytes: int = 50_000_000
    max_age_s: float = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class _Load:
    """What is in the outbox: how many events of how many bytes, and the newest event's row, also when it is done."""

    depth: int = 0
    size: int = 0
    newest: int = 0


class Outbox:
    """Events in the order they were put, until they are done. Any thread may call any method.

    Raises:
        OutboxError: from every method, and when made: the store cannot be read or written.
    """

    def __init__(self, store: Store, bounds: Bounds, clock: Clock | None = None) -> None:
        self._store, self._bounds, self._clock = store, bounds, clock or Clock()
        self._load = _Load()
        self._dropped = 0
        self._aged_s = self._clock.monotonic()
        store.prepare(self._begin)

    @property
    def depth(self) -> int:
        """How many events wait."""
        return self._load.depth

    @property
    def size(self) -> int:
        """How many bytes their topics and payloads have."""
        return self._load.size

    @property
    def dropped(self) -> int:
        """How many events gave way to newer ones since the start."""
        return self._dropped

    @property
    def newest(self) -> int:
        """The `row_id` of the event put last, also when it is done; 0 before the first."""
        return self._load.newest

    def put(self, message: Outgoing) -> int:
        """Keeps an event and gives its `row_id`; where that is too much, the oldest are dropped and counted."""
        return self._do(lambda db: self._insert(db, message))

    def pending(self, limit: int, *, after: int = 0, up_to: int | None = None) -> list[Kept]:
        """Up to `limit` events that are not done, oldest first, of those with a `row_id` above `after` up to `up_to`."""
        rows = self._do(
            lambda db: db.execute(
                "SELECT id, topic, payload, qos, retain, expiry_s, content_type FROM event"
                " WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
                (after, self._load.newest if up_to is None else up_to, limit),
            ).fetchall(),
        )
        return [
            Kept(row_id, Outgoing(topic, payload, qos, bool(retain), expiry_s, content_type))
            for row_id, topic, payload, qos, retain, expiry_s, content_type in rows
        ]

    def done(self, row_id: int) -> None:
        """Forgets an event, because the broker has it; no matter if it is gone already."""
        self._do(lambda db: self._delete(db, "id = ?", row_id))

    def expire(self) -> None:
        """Drops what is too old: nobody waits for it any more."""
        self._do(self._drop_old)

    def close(self) -> None:
        """Closes the store; what is pending stays in it."""
        self._store.close()

    def _begin(self, db: sqlite3.Connection) -> None:
        db.execute(_TABLE)
        if "put_at" not in {column[1] for column in db.execute("PRAGMA table_info(event)")}:  # of version 0.1
            db.execute("ALTER TABLE event ADD COLUMN put_at REAL NOT NULL DEFAULT 0")
        depth, size = db.execute(f"SELECT COUNT(*), COALESCE(SUM({_SIZE}), 0) FROM event").fetchone()  # noqa: S608 - constant
        # the sequence remembers ids of rows that are done; a fresh table has no line in it
        newest = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchone()
        self._load = _Load(depth, size, newest[0] if newest else 0)

    def _insert(self, db: sqlite3.Connection, message: Outgoing) -> int:
        row = (message.topic, message.payload, message.qos, message.retain, message.expiry_s, message.content_type)
        cursor = db.execute(
            "INSERT INTO event (topic, payload, qos, retain, expiry_s, content_type, put_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*row, self._clock.now().timestamp()),
        )
        newest, load = cursor.lastrowid or 0, self._load
        size = len(message.topic) + len(message.payload)
        self._load = _Load(load.depth + 1, load.size + size, newest)
        if self._clock.monotonic() - self._aged_s >= _AGE_EVERY_S:
            self._drop_old(db)
        while self._load.depth > 1 and self._is_too_much():
            self._count_dropped(self._delete(db, "id = (SELECT MIN(id) FROM event)"))
        return newest

    def _is_too_much(self) -> bool:
        return self._load.depth > self._bounds.max_events or self._load.size > self._bounds.max_bytes

    def _drop_old(self, db: sqlite3.Connection) -> None:
        self._aged_s = self._clock.monotonic()
        oldest_allowed = self._clock.now().timestamp() - self._bounds.max_age_s
        self._count_dropped(self._delete(db, f"put_at < ? AND put_at >= {_CLOCK_SET}", oldest_allowed))

    def _count_dropped(self, gone: int) -> None:
        if gone and self._dropped % _DROP_LOG_EVERY == 0:
            _log.warning(
                "%s: full with %d events, or they are too old; the oldest give way, %d dropped so far",
                self._store.name, self._load.depth, self._dropped + gone,
            )  # fmt: skip
        self._dropped += gone

    def _delete(self, db: sqlite3.Connection, condition: str, *values: float) -> int:
        sizes = db.execute(f"DELETE FROM event WHERE {condition} RETURNING {_SIZE}", values).fetchall()  # noqa: S608 - ours
        load = self._load
        self._load = _Load(load.depth - len(sizes), load.size - sum(size for (size,) in sizes), load.newest)
        return len(sizes)

    def _do(self, action: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
        before = self._load, self._dropped
        done = False
        try:
            answer = self._store.run(action)
            done = True
        finally:
            if not done:  # nothing of it happened
                self._load, self._dropped = before
        return answer
