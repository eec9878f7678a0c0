"""A scraping job as one TOML file: what to look for, where, and how carefully."""

import re
from pathlib import Path
from typing import Annotated

import msgspec

from scraper.errors import DatasetError, JobError
from scraper.manifest import check_label
from scraper.settings import read_toml
from scraper.shop import Shop, load_shop

Positive = Annotated[int, msgspec.Meta(ge=1)]
SAVED_PAGE = re.compile(r"\.m?html?$", re.IGNORECASE)
Seconds = Annotated[float, msgspec.Meta(gt=0)]


class Search(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One label from one shop: a query, an address, or pages that were saved by hand."""

    label: str
    shop: str
    query: str = ""
    url: str = ""
    pages: str = ""
    """A saved page or a folder of them (a path beside the job file, or file://...), in the order of their names."""
    limit: Positive = 200
    ads: bool = False
    """Whether sponsored products count: shops show other garments there, so that they blur a label."""

    @property
    def key(self) -> str:
        """What tells this search from the others of the job, and stays the same when the job runs again."""
        return f"{self.label} | {self.shop} | {self.words}"

    @property
    def shop_name(self) -> str:
        """The shop in a word, also where it is a file of one's own."""
        return Path(self.shop).name.removesuffix(".toml")

    @property
    def words(self) -> str:
        """What was looked for, or where: the manifest's `query`."""
        return self.query or self.url or self.pages


class Fetching(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits for pictures."""

    seconds: Seconds = 30.0
    largest_mb: Seconds = 15.0
    attempts: Positive = 4
    smallest_side: Positive = 96
    """Pixels; the model looks at 224, and what is below half of that is mostly blur."""
    keep_originals: bool = False


class Browsing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How pages are read."""

    window: tuple[Positive, Positive] = (1366, 900)
    """Pixels. A desktop window: an odd one brings the mobile layout."""
    page_s: Seconds = 45.0
    scroll_pause_s: Seconds = 0.4
    """Between two windows: what comes into view is asked for within a quarter of a second and drawn soon after."""
    pages_a_search: Positive = 20
    recycle_after: Positive = 25
    """Pages until a fresh browser: one that ran for hours holds gigabytes."""


class Job(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole job."""

    searches: tuple[Search, ...]
    contact: str = ""
    """A mail or web address that the shops' owners see in the user agent."""
    fetching: Fetching = Fetching()
    browsing: Browsing = Browsing()


def read_job(path: Path) -> tuple[Job, dict[str, Shop]]:
    """A job file and the shops that it names.

    Raises:
        JobError: the file, a label, a shop or a path in it is wrong; the message names it.
    """
    job = read_toml(path, Job)
    if not job.searches:
        raise JobError(f"{path}: no searches; add a [[searches]] with label, shop and query")
    shops: dict[str, Shop] = {}
    for number, search in enumerate(job.searches, start=1):
        where = f"{path}, search {number}"
        try:
            check_label(search.label, where=where)
        except DatasetError as error:
            raise JobError(error.message) from error
        if sum(map(bool, (search.query, search.url, search.pages))) != 1:
            raise JobError(f"{where} ({search.label}): give exactly one of query, url and pages")
        shops[search.shop] = load_shop(search.shop)
    if len({search.key for search in job.searches}) < len(job.searches):
        raise JobError(f"{path}: two searches are the same")
    return job, shops


def saved_pages(search: Search, beside: Path) -> list[Path]:
    """The files that `pages` of a search names.

    Raises:
        JobError: there are none.
    """
    path = beside / search.pages.removeprefix("file://")
    files = sorted(file for file in path.glob("*.*") if SAVED_PAGE.match(file.suffix)) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise JobError(f"{path}: no saved page (.html, .mhtml) there")
    return files
