import os
import threading
from pathlib import Path

import pytest

from scraper.errors import DatasetError, JobError, StoreError
from scraper.manifest import MANIFEST_NAME, Photo, read_manifest
from scraper.store import Candidate, Store


def product(number: int, *, status: str = "ok", sha: str = "") -> Candidate:
    photo = Photo(
        path="", label="jeans", site="s", query="q", product=f"P{number}", status=status, sha256=sha or f"{number:064x}"
    )
    return Candidate(photo, jpeg=b"jpeg" * number if status == "ok" else b"")


def lines(root: Path) -> list[tuple[str, str]]:
    return [(photo.product, photo.status) for photo in read_manifest(root / MANIFEST_NAME)]


def test_a_line_and_its_picture_are_there_the_moment_a_product_is_decided(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        kept = store.add(product(1))
        assert (tmp_path / kept.path).read_bytes() == b"jpeg"
        assert lines(tmp_path) == [("P1", "ok")]


def test_a_torn_last_line_is_dropped_and_the_rest_kept(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.add(product(1))
    with (tmp_path / MANIFEST_NAME).open("ab") as manifest:
        manifest.write(b'{"path":"images/je')
    with Store.open(tmp_path) as store:
        store.add(product(2))
    assert lines(tmp_path) == [("P1", "ok"), ("P2", "ok")]


def test_a_failure_that_is_retried_keeps_its_place_and_has_one_line(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        for number, status in ((1, "timeout"), (2, "ok")):
            store.add(product(number, status=status))
    with Store.open(tmp_path) as store:
        store.add(product(1))
    assert lines(tmp_path) == [("P1", "ok"), ("P2", "ok")]


def test_the_same_picture_twice_is_stored_once_and_the_second_line_says_so(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        first = store.add(product(1, sha="a" * 64))
        second = store.add(product(2, sha="a" * 64))
    assert (second.status, second.path, first.path in second.reason) == ("duplicate", "", True)


def test_originals_are_kept_beside_where_they_are_asked_for(tmp_path: Path) -> None:
    one = product(1)
    with Store.open(tmp_path) as store:
        kept = store.add(Candidate(one.photo, jpeg=one.jpeg, original=b"webp", suffix=".webp"))
    assert (tmp_path / kept.original).read_bytes() == b"webp"


def test_pages_still_to_be_read_are_remembered_and_a_spoiled_note_only_costs_reading_again(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.mark("search", ["https://a.test/2"])
    with Store.open(tmp_path) as store:
        assert store.progress == {"search": ["https://a.test/2"]}
    (tmp_path / ".scrape" / "progress.json").write_text("{")
    with Store.open(tmp_path) as store:
        assert store.progress == {}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_a_full_disk_is_one_line_and_what_was_stored_before_stays(tmp_path: Path) -> None:
    def fill_up() -> None:
        with Path("/dev/full").open("wb", buffering=0) as full, Store.open(tmp_path) as store:
            store.add(product(1))
            assert store._journal is not None
            store._journal.close()
            store._journal = full
            store.add(product(2))

    with pytest.raises(StoreError, match=r"the disk is full; make room; .*run the same command to resume"):
        fill_up()
    assert lines(tmp_path) == [("P1", "ok")]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="Not a directory"), Store.open(tmp_path / "file" / "set"):
        pass


@pytest.mark.parametrize("name", [MANIFEST_NAME, "annotations.json", "jeans/1.jpg"])
def test_a_folder_of_another_tool_is_refused_and_left_as_it_is(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text('{"path":"a.jpg","label":"jeans","theirs":7}\n')
    with pytest.raises(JobError, match=r"which no run put there; name a new folder"), Store.open(tmp_path):
        pass
    assert [entry for entry in tmp_path.rglob("*") if entry.is_file()] == [file]


def test_a_folder_that_holds_but_the_job_file_is_free(tmp_path: Path) -> None:
    (tmp_path / "job.toml").write_text("")
    with Store.open(tmp_path) as store:
        store.add(product(1))
    assert lines(tmp_path) == [("P1", "ok")]


def test_a_manifest_of_ours_that_was_spoiled_is_named_by_its_line_and_not_overwritten(tmp_path: Path) -> None:
    with Store.open(tmp_path):
        pass
    (tmp_path / MANIFEST_NAME).write_text('{"image": 7}\n')
    with pytest.raises(DatasetError, match="line 1"), Store.open(tmp_path):
        pass
    assert (tmp_path / MANIFEST_NAME).read_text() == '{"image": 7}\n'


def test_two_runs_in_one_folder_are_one_too_many(tmp_path: Path) -> None:
    with (
        Store.open(tmp_path) as store,
        pytest.raises(JobError, match="another run is at work there"),
        Store.open(tmp_path),
    ):
        pass
    with Store.open(tmp_path) as store:
        store.add(product(1))


def test_what_a_killed_run_was_writing_is_swept_up(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.add(product(1))
    (tmp_path / "images/jeans/.abc.part").write_bytes(b"half")
    with Store.open(tmp_path):
        pass
    assert not list(tmp_path.rglob("*.part"))


def test_a_reader_never_sees_half_a_picture(tmp_path: Path) -> None:
    sizes, done = set(), threading.Event()

    def watch() -> None:
        while not done.is_set():
            sizes.update(entry.stat().st_size for entry in tmp_path.rglob("*.jpg"))

    with Store.open(tmp_path) as store:
        watcher = threading.Thread(target=watch)
        watcher.start()
        raw = os.urandom(3_000_000)
        store.add(Candidate(product(1).photo, jpeg=raw))
        done.set()
        watcher.join()
    assert sizes <= {len(raw)}
