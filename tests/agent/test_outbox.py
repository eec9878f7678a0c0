"""The outbox keeps events in order until they are done: over restarts, full, damaged and from two threads."""

import logging
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import OutboxError
from agent.outbox import Bounds, Outbox
from agent.store import Store
from agent.values import Outgoing
from tests.fakes import ManualClock


def numbered(number: int) -> Outgoing:
    return Outgoing("vastra/v1/shop/till/event", str(number).encode(), qos=1)


def numbers(outbox: Outbox) -> list[int]:
    return [int(kept.message.payload) for kept in outbox.pending(1_000_000)]


_PUT_7_AND_WAIT = """
import sys, pathlib
from agent.outbox import Bounds, Outbox
from agent.store import Store
from agent.values import Outgoing
outbox = Outbox(Store(pathlib.Path(sys.argv[1])), Bounds(10))
outbox.put(Outgoing("a", b"7"))
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_agent(path: Path) -> Iterator[None]:
    """A process that has put an event and holds the outbox open; killed at the end."""
    command = [sys.executable, "-c", _PUT_7_AND_WAIT, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            yield
        finally:
            process.kill()


@pytest.fixture
def memory() -> Iterator[Outbox]:
    with closing(Outbox(Store(None), Bounds(10))) as outbox:
        yield outbox


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "outbox.sqlite"


def test_events_come_back_oldest_first_until_they_are_done(memory: Outbox) -> None:
    ids = [memory.put(numbered(number)) for number in range(4)]
    memory.done(ids[1])
    assert numbers(memory) == [0, 2, 3]
    assert memory.depth == 3


def test_a_message_comes_back_as_it_was_put(memory: Outbox) -> None:
    message = Outgoing("a/b", b"\x00\xff", qos=1, retain=True, expiry_s=3600, content_type="image/jpeg")
    memory.put(message)
    assert memory.pending(1)[0].message == message


def test_reading_goes_on_after_a_given_event_and_stops_at_the_limit(memory: Outbox) -> None:
    ids = [memory.put(numbered(number)) for number in range(5)]
    assert [kept.row_id for kept in memory.pending(2, after=ids[1])] == ids[2:4]


def test_doing_an_event_twice_changes_nothing(memory: Outbox) -> None:
    row_id = memory.put(numbered(0))
    memory.done(row_id)
    memory.done(row_id)
    assert memory.depth == 0


def test_an_id_is_never_used_again_even_when_the_outbox_was_empty(path: Path) -> None:
    with closing(Outbox(Store(path), Bounds(10))) as outbox:
        first = outbox.put(numbered(0))
        outbox.done(first)
    with closing(Outbox(Store(path), Bounds(10))) as outbox:
        assert outbox.newest == first
        assert outbox.put(numbered(1)) > first


def test_events_survive_a_restart(path: Path) -> None:
    with closing(Outbox(Store(path), Bounds(10))) as outbox:
        for number in range(3):
            outbox.put(numbered(number))
    with closing(Outbox(Store(path), Bounds(10))) as outbox:
        assert numbers(outbox) == [0, 1, 2]
        assert outbox.depth == 3


def test_events_survive_a_process_that_is_killed(path: Path) -> None:
    with another_agent(path):
        pass
    with closing(Outbox(Store(path), Bounds(10))) as outbox:
        assert numbers(outbox) == [7]


def test_a_full_outbox_drops_its_oldest_events_counts_them_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    with closing(Outbox(Store(None), Bounds(3))) as outbox:
        for number in range(10):
            outbox.put(numbered(number))
        assert numbers(outbox) == [7, 8, 9]
        assert (outbox.depth, outbox.dropped) == (3, 7)
    assert len(caplog.records) == 1
    assert "full with 3 events" in caplog.text


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.just("put"), st.integers(0, 20)), max_size=40), st.integers(1, 8))
def test_the_outbox_is_a_bounded_queue_from_which_anything_can_be_taken(steps: list[str | int], limit: int) -> None:
    expected: list[int] = []
    with closing(Outbox(Store(None), Bounds(limit))) as outbox:
        for step in steps:
            if step == "put":
                expected = [*expected, outbox.put(numbered(0))][-limit:]
            else:
                outbox.done(int(step))
                expected = [row_id for row_id in expected if row_id != step]
            assert [kept.row_id for kept in outbox.pending(100)] == expected
            assert outbox.depth == len(expected)


def test_two_threads_can_put_and_take_at_the_same_time(path: Path) -> None:
    with closing(Outbox(Store(path), Bounds(10_000))) as outbox:
        taken: list[int] = []

        def take() -> None:
            while len(taken) < 300:
                for kept in outbox.pending(20):
                    taken.append(int(kept.message.payload))
                    outbox.done(kept.row_id)

        taker = threading.Thread(target=take)
        taker.start()
        for number in range(300):
            outbox.put(numbered(number))
        taker.join(30)
        assert taken == list(range(300))


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database, and never was one" * 100)


def torn(path: Path) -> None:
    """As an SD card leaves it that lost its middle."""
    content = bytearray(path.read_bytes())
    content[4096:12288] = bytes(os.urandom(8192))
    path.write_bytes(content)


@pytest.mark.parametrize("harm", [garbage, torn])
def test_a_damaged_file_is_set_aside_with_a_warning_and_a_fresh_one_begun(
    path: Path, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Outbox(Store(path), Bounds(10_000))) as outbox:
        for number in range(500):
            outbox.put(numbered(number))
    harm(path)
    with closing(Outbox(Store(path), Bounds(10_000))) as outbox:
        outbox.put(numbered(1))
        assert numbers(outbox) == [1]
    assert path.with_name("outbox.sqlite.damaged").exists()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "set aside as outbox.sqlite.damaged" in caplog.text


def test_damage_found_while_running_is_no_crash_either(path: Path) -> None:
    with closing(Outbox(Store(path), Bounds(10_000))) as outbox:
        outbox._store._db.execute("PRAGMA cache_size = 1")  # so that it has to look at the file again
        for number in range(500):
            outbox.put(numbered(number))
        outbox._store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        torn(path)
        for number in range(500, 505):
            outbox.put(numbered(number))
            numbers(outbox)
        assert numbers(outbox)[-1] == 504


def test_a_file_that_another_agent_uses_is_named_with_what_to_do(path: Path) -> None:
    with another_agent(path), pytest.raises(OutboxError, match="another agent uses it; stop that one") as error:
        Outbox(Store(path), Bounds(10))
    assert str(path) in error.value.message


def test_a_folder_that_cannot_be_made_is_named_with_the_systems_reason(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    with pytest.raises(OutboxError, match=r"file/outbox\.sqlite: .*(exists|directory)"):
        Outbox(Store(blocker / "outbox.sqlite"), Bounds(10))


def test_a_path_that_is_a_folder_is_named_with_the_systems_reason(tmp_path: Path) -> None:
    with pytest.raises(OutboxError, match=f"{tmp_path}: unable to open"):
        Outbox(Store(tmp_path), Bounds(10))


def test_a_full_disk_is_an_outbox_error_and_the_outbox_works_again_afterwards(path: Path) -> None:
    with closing(Outbox(Store(path), Bounds(10_000))) as outbox:
        outbox.put(numbered(0))
        pages = outbox._store._db.execute("PRAGMA page_count").fetchone()[0]
        outbox._store._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(OutboxError, match="full"):
            outbox.put(Outgoing("a", bytes(100_000)))
        assert outbox.depth == 1
        outbox._store._db.execute("PRAGMA max_page_count = 1000000")
        outbox.put(numbered(1))
        assert numbers(outbox) == [0, 1]


def test_using_a_closed_outbox_is_an_outbox_error() -> None:
    outbox = Outbox(Store(None), Bounds(10))
    outbox.close()
    with pytest.raises(OutboxError, match="closed"):
        outbox.put(numbered(0))


def sized(number: int, size: int = 1000) -> Outgoing:
    return Outgoing("a", str(number).encode().ljust(size - 1))


def test_an_outbox_that_is_full_by_bytes_drops_its_oldest_events_too() -> None:
    with closing(Outbox(Store(None), Bounds(max_bytes=3500))) as outbox:
        for number in range(10):
            outbox.put(sized(number))
        assert (numbers(outbox), outbox.size, outbox.dropped) == ([7, 8, 9], 3000, 7)
        outbox.put(sized(10, size=9000))  # alone too much: but the newest is kept
        assert numbers(outbox) == [10]


def test_events_too_old_for_anybody_are_dropped_and_counted(path: Path) -> None:
    clock = ManualClock()
    with closing(Outbox(Store(path), Bounds(max_age_s=3600.0), clock)) as outbox:
        outbox.put(numbered(0))
        clock.advance(1800)
        outbox.put(numbered(1))
        clock.advance(1900)
        outbox.put(numbered(2))
        assert (numbers(outbox), outbox.depth, outbox.dropped) == ([1, 2], 2, 1)
        clock.advance(3600)
    with closing(Outbox(Store(path), Bounds(max_age_s=3600.0), clock)) as outbox:
        outbox.expire()
        assert numbers(outbox) == [2]


def test_events_put_before_the_clock_was_set_have_no_age(path: Path) -> None:
    with closing(Outbox(Store(path), Bounds(max_age_s=60.0), ManualClock(datetime(1970, 1, 1, tzinfo=UTC)))) as outbox:
        outbox.put(numbered(0))
    with closing(Outbox(Store(path), Bounds(max_age_s=60.0), ManualClock())) as outbox:
        outbox.expire()
        assert numbers(outbox) == [0]


def test_a_file_of_the_first_version_is_read_on(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as old:
        old.execute(
            "CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload BLOB NOT NULL,"
            " qos INTEGER NOT NULL, retain INTEGER NOT NULL, expiry_s INTEGER, content_type TEXT NOT NULL)"
        )
        old.execute("INSERT INTO event VALUES (7, 'a', x'31', 1, 0, NULL, 'text/plain')")
        old.commit()
    with closing(Outbox(Store(path), Bounds())) as outbox:
        outbox.expire()
        assert (numbers(outbox), outbox.newest) == ([1], 7)


def test_notes_survive_a_restart_and_the_last_one_counts(path: Path) -> None:
    with closing(Store(path)) as store:
        store.set_note("counts", b"1")
        store.set_note("counts", b"2")
    with closing(Store(path)) as store:
        assert store.note("counts") == b"2"
        assert store.note("others") is None


def test_the_file_is_a_plain_database_that_other_tools_can_read(path: Path) -> None:
    with closing(Outbox(Store(path), Bounds(10))) as outbox:
        outbox.put(numbered(3))
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT payload FROM event").fetchall() == [(b"3",)]
