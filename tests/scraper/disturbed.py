"""A run that everything happens to, beside one that nothing does: `python -m tests.scraper.disturbed [PHOTOS A LABEL]`.

The command as a user gives it, in real Chromium, against a shop in this process that notes the moment of each request.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from scraper.manifest import MANIFEST_NAME, Photo, read_manifest
from tests.scraper.local_shop import LocalShop, open_shop

LABELS = ("jeans", "sarees", "trousers")
FAULTS = (["429"], ["503+1"], ["403"], ["truncated"], ["html"], ["loop"] * 6, ["503+0", "429"], ["slow"])
"""What the first requests for a photo get, in turn, one photo in `every`."""
SETTINGS = "[browsing]\nscroll_pause_s = 0.05\npage_s = 10.0\n[fetching]\nseconds = 1.0\n"


@dataclass(frozen=True)
class Outcome:
    """What was left of both runs, and what the shop saw."""

    calm: list[Photo]
    rough: list[Photo]
    same_files: bool
    broken: Counter[str]
    """The statuses of what had failed before the last command."""
    said: str
    moments: list[float]
    """When the disturbed runs asked the shop for something, in seconds."""
    seconds: float

    def busiest(self, window_s: float = 1.0) -> int:
        """The most requests in any window."""
        last = most = 0
        for place, moment in enumerate(self.moments):
            while moment - self.moments[last] > window_s:
                last += 1
            most = max(most, place - last + 1)
        return most


def disturb(folder: Path, *, count: int, every: int, interval_s: float) -> Outcome:
    """The whole story: undisturbed, then disturbed, killed, resumed, and resumed with --retry-failed."""
    with open_shop(LocalShop(labels=dict.fromkeys(LABELS, count))) as shop:
        job = write_job(folder, count)
        shop.shop_file(folder)
        finish(job, folder / "calm")
        shop.asked.clear()
        shop.shop_file(folder, interval_s=interval_s)
        misbehave(shop, count, every)
        out, started = folder / "rough", time.monotonic()
        first = subprocess.Popen(
            command(job, out), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True, text=True
        )
        shop.surprises["/s?k=sarees"] = lambda: crash_tabs(first.pid)
        wait_for_lines(out / MANIFEST_NAME, count + count // 2)
        os.killpg(first.pid, signal.SIGKILL)  # the browser too, which nobody else would end
        said = first.communicate()[1]
        said += finish(job, out)
        broken = Counter(photo.status for photo in rows(out))
        said += finish(job, out, "--retry-failed")
        moments = [moment for moment, _ in shop.asked]
        seconds = time.monotonic() - started
    return Outcome(
        rows(folder / "calm"), rows(out), files(folder / "calm") == files(out), broken, said, moments, seconds
    )


def write_job(folder: Path, count: int) -> Path:
    searches = (
        f'[[searches]]\nlabel = "{label}"\nshop = "{folder}/local.toml"\nquery = "{label}"\nlimit = {count}\n'
        for label in LABELS
    )
    path = folder / "job.toml"
    path.write_text(SETTINGS + "".join(searches))
    return path


def misbehave(shop: LocalShop, count: int, every: int) -> None:
    photos = [1000 * label + number for label in range(len(LABELS)) for number in range(2, count + 1, every)]
    for place, number in enumerate(photos):
        shop.faults[number] = list(FAULTS[place % len(FAULTS)])
    shop.faults["/s?k=jeans"] = ["503+1", "truncated"]
    shop.faults["/s?k=trousers"] = ["mute"]


def command(job: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "scraper", "run", str(job), "--out", str(out), *more]


def finish(job: Path, out: Path, *more: str) -> str:
    done = subprocess.run(command(job, out, *more), capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"exit code {done.returncode}: {done.stderr}")
    return done.stderr


def crash_tabs(process: int) -> None:
    """Kills what draws the pages of a process's browser, and nothing else."""
    family = {process}
    renderers = []
    for entry in sorted(int(name.name) for name in Path("/proc").iterdir() if name.name.isdigit()):
        try:
            parent = int(Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[1])
            words = Path(f"/proc/{entry}/cmdline").read_bytes()
        except OSError:
            continue
        if parent in family:
            family.add(entry)
            if b"--type=renderer" in words:
                renderers.append(entry)
    for renderer in renderers:
        os.kill(renderer, signal.SIGKILL)


def wait_for_lines(path: Path, count: int) -> None:
    deadline = time.monotonic() + 240
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        if time.monotonic() > deadline:
            raise AssertionError(f"{path} never held {count} lines")


def rows(out: Path) -> list[Photo]:
    """The manifest without what differs between two runs at two times."""
    return [msgspec.structs.replace(photo, fetched_at="") for photo in read_manifest(out / MANIFEST_NAME)]


def files(out: Path) -> dict[str, bytes]:
    return {str(file.relative_to(out)): file.read_bytes() for file in walk(out / "images")}


def walk(folder: Path) -> Iterator[Path]:
    yield from sorted(file for file in folder.rglob("*") if file.is_file())


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    interval_s = 0.03
    with tempfile.TemporaryDirectory() as folder:
        found = disturb(Path(folder), count=count, every=7, interval_s=interval_s)
    allowed, asked = 1 / interval_s, len(found.moments) / (found.moments[-1] - found.moments[0])
    print(found.said)  # noqa: T201
    print(f"{len(found.rough)} lines, equal: {found.rough == found.calm}, files equal: {found.same_files}")  # noqa: T201
    print(f"before --retry-failed: {dict(found.broken)}")  # noqa: T201
    print(  # noqa: T201
        f"{len(found.moments)} requests in {found.seconds:.0f} s: {asked:.1f}/s, at most {found.busiest()} in a second; "
        f"allowed {allowed:.1f}/s"
    )


if __name__ == "__main__":
    main()
