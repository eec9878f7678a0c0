"""A whole job against a shop of our own: real HTTP, real files, and in one test real Chromium and a killed process."""

import itertools
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import msgspec
import pytest

from scraper.errors import BrowserError, FetchError
from scraper.fetch import Fetcher, FetchLimits
from scraper.gather import Gatherer
from scraper.harvest import Harvest, Tally
from scraper.job import read_job
from scraper.limiter import Limiter
from scraper.manifest import MANIFEST_NAME, Photo, read_dataset, read_manifest
from scraper.page import Page, page_of_bytes
from scraper.pages import SavedPages
from scraper.parse import Outcome
from scraper.picture import decode
from scraper.shop import Shop
from scraper.store import Store
from tests.scraper import shop_pages
from tests.scraper.local_shop import LocalShop, open_shop
from tests.scraper.manual_time import ManualTime

LABELS = {"jeans": 200, "sarees": 200, "trousers": 200}


@dataclass
class HttpPages:
    """A page source without a browser: our fixture pages need no script. `dies_at` pages it breaks the run."""

    dies_at: int = 0
    opened: list[str] = field(default_factory=list)

    def open(self, url: str, shop: Shop) -> Page:
        del shop
        self.opened.append(url)
        if len(self.opened) == self.dies_at:
            raise BrowserError("3 browsers died")
        response = httpx.get(url)
        page = page_of_bytes(response.content, url=str(response.url), status=response.status_code)
        return replace(page, retry_after=response.headers.get("retry-after", ""))

    def screenshot(self) -> bytes:
        return b"PNG"

    def close(self) -> None:
        pass


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LocalShop]:
    with open_shop(LocalShop(labels=dict(LABELS))) as local:
        local.shop_file(tmp_path)
        yield local


def job_file(folder: Path, labels: dict[str, int], *, more: str = "") -> Path:
    path = folder / "job.toml"
    searches = "".join(
        f'[[searches]]\nlabel = "{label}"\nshop = "{folder}/local.toml"\nquery = "{label}"\nlimit = {limit}\n'
        for label, limit in labels.items()
    )
    path.write_text(f"{more}\n{searches}")
    return path


def run(
    job: Path, out: Path, *, pages: HttpPages | None = None, time: ManualTime | None = None, **how: bool
) -> list[Tally]:
    """The job as the command runs it, but for the browser; pauses are not slept but noted in `time`."""
    plan, shops = read_job(job)
    time = time or ManualTime()
    limiter = Limiter(default_interval_s=0, clock=lambda: time.now, sleep=time.sleep, chance=lambda: 0.0)
    source = pages or HttpPages()
    with httpx.Client() as client, Store.open(out) as store:
        fetcher = Fetcher(client=client, limiter=limiter, limits=FetchLimits(seconds=2.0))
        return list(
            Harvest(
                job=plan,
                shops=shops,
                source=lambda _: source,
                gatherer=Gatherer(fetcher, plan.fetching),
                limiter=limiter,
                store=store,
                beside=job.parent,
                **how,
            ).run()
        )


def rows(out: Path) -> list[Photo]:
    """The manifest without what differs between two runs at two times."""
    return [msgspec.structs.replace(photo, fetched_at="") for photo in read_manifest(out / MANIFEST_NAME)]


def pictures(out: Path) -> dict[str, bytes]:
    return {str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*.jpg")}


@pytest.mark.usefixtures("shop")
def test_every_label_gets_its_photos_in_every_format_with_all_that_is_known_of_them(tmp_path: Path) -> None:
    out = tmp_path / "out"
    tallies = run(job_file(tmp_path, {"jeans": 70}), out)
    assert [(t.outcome, t.pages, dict(t.counts)) for t in tallies] == [(Outcome.OK, 2, {"ok": 70})]
    found = read_dataset(out).photos
    assert [photo.product for photo in found] == [f"B0JEANS{n:04d}" for n in range(1, 71)]
    first = found[0]
    assert (first.site, first.query, first.position, first.location) == ("local", "jeans", 4, "Mumbai 400001")
    assert first.path == f"images/jeans/{first.sha256[:16]}.jpg"
    assert first.fetched_at.endswith("Z")
    assert (first.width, first.height, len(first.phash)) == (160, 200, 16)
    for photo in found:
        picture = decode((out / photo.path).read_bytes())
        assert (picture.format, picture.plain) == ("JPEG", True)
        assert picture.pixels[0, 0].min() > 0 or photo.width == 200, "transparent became white"


@pytest.mark.usefixtures("shop")
def test_ads_and_carousels_are_left_out_unless_they_are_asked_for(tmp_path: Path) -> None:
    run(job_file(tmp_path, {"jeans": 5}), tmp_path / "out")
    assert not [photo for photo in rows(tmp_path / "out") if photo.sponsored or "shoe" in photo.product.lower()]
    job = job_file(tmp_path, {"jeans": 5})
    job.write_text(job.read_text() + "ads = true\n")
    run(job, tmp_path / "with")
    assert [photo.product[:6] for photo in rows(tmp_path / "with") if photo.sponsored] == ["B0SHOE"] * 2


def test_a_second_run_asks_for_nothing_that_is_there(shop: LocalShop, tmp_path: Path) -> None:
    job, out = job_file(tmp_path, {"jeans": 20}), tmp_path / "out"
    run(job, out)
    asked, before = len(shop.asked), rows(out)
    run(job, out)
    assert (len(shop.asked), rows(out)) == (asked, before)


@pytest.mark.usefixtures("shop")
def test_a_larger_limit_goes_on_where_the_smaller_ended(tmp_path: Path) -> None:
    run(job_file(tmp_path, {"jeans": 20}), tmp_path / "out")
    run(job_file(tmp_path, {"jeans": 90}), tmp_path / "out")
    run(job_file(tmp_path, {"jeans": 90}), tmp_path / "whole")
    assert rows(tmp_path / "out") == rows(tmp_path / "whole")


def test_after_every_kind_of_failure_and_a_resume_the_dataset_equals_an_undisturbed_one(
    shop: LocalShop, tmp_path: Path
) -> None:
    job, calm, rough = job_file(tmp_path, LABELS), tmp_path / "calm", tmp_path / "rough"
    run(job, calm)
    assert len(pictures(calm)) == 600
    for number, fault in zip(
        range(3, 600, 7), itertools.cycle(["429", "503", "truncated", "500", "429 503"]), strict=False
    ):
        shop.faults[number] = fault.split()
    shop.faults[40] = ["truncated"] * 4  # gives up, and is there for --retry-failed
    shop.faults[1050] = ["403"]
    shop.faults["/s?k=sarees&page=2"] = ["503", "429"]
    logging.getLogger("scraper.harvest").setLevel(logging.ERROR)
    with pytest.raises(BrowserError):
        run(job, rough, pages=HttpPages(dies_at=6))
    (rough / MANIFEST_NAME).open("ab").write(b'{"path":"images/je')  # killed in the middle of a line
    assert all(tally.outcome is Outcome.OK for tally in run(job, rough))
    assert {photo.status for photo in rows(rough)} == {"ok", "unreachable", "http_403"}
    run(job, rough, retry_failed=True)
    assert rows(rough) == rows(calm)
    assert pictures(rough) == pictures(calm)
    assert not list(rough.rglob("*.part"))


def statuses(out: Path) -> dict[str, str]:
    return {photo.product[-1]: photo.status for photo in rows(out) if photo.status != "ok"}


def test_what_will_never_be_a_photo_is_recorded_with_its_reason_and_replaced_by_others(
    shop: LocalShop, tmp_path: Path
) -> None:
    shop.faults.update({3: ["404"], 4: ["410"]})
    run(job_file(tmp_path, {"jeans": 10}), tmp_path / "out")
    assert statuses(tmp_path / "out") == {"3": "http_404", "4": "http_410"}
    assert len(read_dataset(tmp_path / "out").photos) == 10
    assert all(photo.reason and not photo.path for photo in rows(tmp_path / "out") if photo.status != "ok")


def test_what_may_pass_keeps_its_place_until_it_is_asked_for_again_and_then_gives_it_up(
    shop: LocalShop, tmp_path: Path
) -> None:
    job, out = job_file(tmp_path, {"jeans": 10}), tmp_path / "out"
    shop.faults.update({1: ["html"], 2: ["loop"] * 6, 5: ["html"] * 2})
    run(job, out)
    assert statuses(out) == {"1": "not_a_picture", "2": "redirect_loop", "5": "not_a_picture"}
    assert [photo.product[-2:] for photo in read_dataset(out).photos] == ["03", "04", "06", "07", "08", "09", "10"]
    run(job, out, retry_failed=True)
    assert statuses(out) == {"5": "not_a_picture"}
    assert len(read_dataset(out).photos) == 10


def test_a_host_that_refuses_again_and_again_is_left_alone_and_resumed_later(shop: LocalShop, tmp_path: Path) -> None:
    job, out = job_file(tmp_path, {"jeans": 30, "sarees": 30}), tmp_path / "out"
    for number in range(10, 40):
        shop.faults[number] = ["429"] * 4
    jeans, sarees = run(job, out)
    assert (jeans.outcome, sarees.outcome, sarees.pages) == (Outcome.BLOCKED, Outcome.BLOCKED, 0)
    assert {photo.status for photo in rows(out)} == {"ok"}
    shop.faults.clear()
    assert [tally.outcome for tally in run(job, out)] == [Outcome.OK, Outcome.OK]
    assert len(read_dataset(out).photos) == 60


def test_a_page_of_a_busy_shop_is_asked_for_again_when_the_shop_says(shop: LocalShop, tmp_path: Path) -> None:
    shop.faults["/s?k=jeans"] = ["429+17", "500", "503+0"]
    (tally,) = run(job_file(tmp_path, {"jeans": 5}), tmp_path / "out", time=(time := ManualTime()))
    assert (tally.outcome, tally.counts["ok"]) == (Outcome.OK, 5)
    assert time.slept == [17.0, 4.0], "what the shop says, or twice as long each time"


def test_a_shop_that_asks_for_an_hour_is_left_alone_for_this_run(shop: LocalShop, tmp_path: Path) -> None:
    shop.faults["/s?k=jeans"] = ["503+3600"]
    tally, other = run(job_file(tmp_path, {"jeans": 5, "sarees": 5}), tmp_path / "out", time=(time := ManualTime()))
    assert (tally.outcome, other.outcome, time.slept) == (Outcome.BLOCKED, Outcome.BLOCKED, [])
    assert "asks for 3600 s of peace" in tally.reason


def test_a_page_that_does_not_come_whole_is_asked_for_again(shop: LocalShop, tmp_path: Path) -> None:
    class Breaking(HttpPages):
        def open(self, url: str, shop: Shop) -> Page:
            if len(self.opened) in {1, 2}:
                self.opened.append(url)
                raise FetchError(f"{url}: ERR_CONTENT_LENGTH_MISMATCH", status="unreachable")
            return super().open(url, shop)

    (tally,) = run(job_file(tmp_path, {"jeans": 70}), tmp_path / "out", pages=(pages := Breaking()))
    assert (tally.outcome, tally.counts["ok"]) == (Outcome.OK, 70)
    assert pages.opened == [f"{shop.address}/s?k=jeans", *[f"{shop.address}/s?k=jeans&page=2"] * 3]


def test_a_wall_stops_its_shop_at_once(shop: LocalShop, tmp_path: Path) -> None:
    shop.faults["/s?k=jeans"] = ["403"]
    tally, other = run(job_file(tmp_path, {"jeans": 5, "sarees": 5}), tmp_path / "out")
    assert (tally.outcome, other.outcome) == (Outcome.BLOCKED, Outcome.BLOCKED)
    assert [path for _, path in shop.asked if path.startswith("/s")] == ["/s?k=jeans"]


def test_robots_txt_is_obeyed_and_an_override_is_a_persons_word(shop: LocalShop, tmp_path: Path) -> None:
    shop.robots = "User-agent: *\nDisallow: /s?\n"
    (tally,) = run(job_file(tmp_path, {"jeans": 5}), tmp_path / "out")
    assert tally.outcome is Outcome.BLOCKED
    assert "robots.txt" in tally.reason
    assert [path for _, path in shop.asked] == ["/robots.txt"]


def test_a_search_that_finds_nothing_is_empty_and_a_changed_page_is_kept_to_be_looked_at(
    shop: LocalShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_file(tmp_path, {"kilts": 5})
    (tally,) = run(job, tmp_path / "out")
    assert tally.outcome is Outcome.EMPTY
    monkeypatch.setattr(shop, "page", lambda *_: f"<body>{shop_pages.PADDING}new design</body>")
    (tally,) = run(job_file(tmp_path, {"jeans": 5}), tmp_path / "out")
    assert tally.outcome is Outcome.LAYOUT_CHANGED
    kept = sorted((tmp_path / "out" / "evidence").iterdir())
    assert [file.suffix for file in kept] == [".html", ".png"]
    assert "new design" in kept[0].read_text()


def test_pages_that_were_saved_by_hand_are_harvested_in_their_order(shop: LocalShop, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    saved.mkdir()
    for number in (1, 2):
        (saved / f"{number}.html").write_text(shop.page("jeans", number))
    job = job_file(tmp_path, {"jeans": 100})
    job.write_text(job.read_text().replace('query = "jeans"', 'pages = "saved"'))
    (tally,) = run(job, tmp_path / "out", pages=SavedOnly())
    assert (tally.outcome, tally.pages, tally.counts["ok"]) == (Outcome.OK, 2, 100)


class SavedOnly(HttpPages):
    def open(self, url: str, shop: Shop) -> Page:
        return SavedPages().open(url, shop)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "scraper", "run", *map(str, arguments)]


@pytest.fixture
def browser() -> None:
    if not (shutil.which("chromium") or shutil.which("google-chrome")):
        words = "needs Chromium: apt-get install chromium chromium-driver"
        pytest.fail(words) if os.environ.get("CI") == "true" else pytest.skip(words)


QUICK = "[browsing]\nscroll_pause_s = 0.05\n"


@pytest.mark.usefixtures("browser")
def test_a_dry_run_reads_pages_and_writes_nothing(shop: LocalShop, tmp_path: Path) -> None:
    job, out = job_file(tmp_path, {"jeans": 80}, more=QUICK), tmp_path / "out"
    done = subprocess.run(
        command(job, "--out", out, "--dry-run", "--limit", 7), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "would fetch" in done.stdout
    assert not out.exists()
    assert not [path for _, path in shop.asked if "/images/" in path]
