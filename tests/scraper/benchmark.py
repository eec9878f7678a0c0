"""How fast photos are gathered, and whether memory stays flat: `python -m tests.scraper.benchmark [COUNT]`.

The shop runs in a process of its own and never pauses us; every photo is fetched, decoded, hashed and written.
On a machine that has other work, the processor time of a photo says more than the photos a second.
"""

import functools
import multiprocessing
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from tests.scraper import local_shop
from tests.scraper.local_shop import LocalShop, open_shop
from tests.scraper.pictures import motif, saved
from tests.scraper.test_run import HttpPages, job_file, run

LARGE = 200
"""Distinct pictures of a real shop's size, 623 x 832; each is made distinct by a comment in its bytes."""


@functools.cache
def large(number: int) -> bytes:
    return saved(motif(number, width=623, height=832), "WEBP" if number % 3 == 0 else "JPEG")


def distinct(number: int) -> bytes:
    """A picture of its own for each number, cheaply: a known one with another comment (and for WebP, other bytes)."""
    raw = large(number % LARGE)
    if raw.startswith(b"\xff\xd8"):
        return raw[:2] + b"\xff\xfe\x00\x0a" + f"{number:08d}".encode() + raw[2:]
    return raw


def serve(count: int, there: Connection) -> None:
    local_shop.picture = distinct  # type: ignore[assignment]
    with open_shop(LocalShop(labels={"jeans": count})) as shop:
        for number in range(LARGE):
            large(number)
        there.send(shop.address)
        there.recv()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(count, there))
    process.start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shop = LocalShop(labels={"jeans": count}, address=here.recv())
        shop.shop_file(folder)
        for share in (10, 2, 1):
            limit = count // share
            part = job_file(folder, {"jeans": limit}, more=f"[browsing]\npages_a_search = {count}\n")
            started, worked, before = time.perf_counter(), time.process_time(), len(list(folder.rglob("*.jpg")))
            tally = run(part, folder / "out", pages=HttpPages())[0]
            seconds, worked = time.perf_counter() - started, time.process_time() - worked
            got = sum(tally.counts.values())
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(  # noqa: T201
                f"{before} + {got} photos in {seconds:.1f} s: {got / seconds:.0f}/s, "
                f"{worked / got * 1000:.1f} ms of processor each, peak {peak:.0f} MB"
            )
    here.send("done")
    process.join()


if __name__ == "__main__":
    main()
