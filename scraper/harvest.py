"""A job from its first search to its last: pages, their products, their pictures, and what stood in the way."""

import itertools
import logging
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from scraper.errors import BlockedError, FetchError
from scraper.gather import Gatherer
from scraper.items import image_key
from scraper.job import Job, Search, saved_pages
from scraper.limiter import Limiter
from scraper.manifest import Photo
from scraper.page import Page
from scraper.pages import PageSource
from scraper.parse import Outcome, Parsed, parse
from scraper.shop import Shop
from scraper.store import LATER, Candidate, Store

log = logging.getLogger(__name__)

WORKERS = 2
AHEAD = 8
"""Pictures under way at once: enough for two threads never to wait, few enough that memory stays flat."""
PAGE_ATTEMPTS = 4
PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses of a page that may pass; any other wall stops the shop at once."""


@dataclass(slots=True)
class Tally:
    """What became of one search in this run; `outcome` is OK, or why it ended early. `held` counts its photos in all."""

    search: Search
    outcome: Outcome = Outcome.OK
    reason: str = ""
    pages: int = 0
    held: int = 0
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Harvest:
    """A job under way. `source` gives pages, `gatherer` pictures, `store` keeps them; `on_photo` hears of each line."""

    job: Job
    shops: dict[str, Shop]
    source: Callable[[Search], PageSource]
    gatherer: Gatherer
    limiter: Limiter
    store: Store
    beside: Path = field(default_factory=Path)
    """The folder that `pages` of a search are relative to: the job file's."""
    on_photo: Callable[[Photo], object] = lambda _photo: None
    on_page: Callable[[Tally], object] = lambda _tally: None
    """Hears of a page before it is asked for and counted."""
    dry: bool = False
    retry_failed: bool = False

    def run(self) -> Iterator[Tally]:
        """Every search in turn, as it ends. A shop that blocks is not asked again, the others go on."""
        blocked: dict[str, str] = {}
        pool = ThreadPoolExecutor(WORKERS)
        try:
            for search in self.job.searches:
                tally = Tally(search)
                if search.shop in blocked:
                    tally.outcome, tally.reason = Outcome.BLOCKED, blocked[search.shop]
                else:
                    self._search(search, tally, pool)
                if tally.outcome is Outcome.BLOCKED:
                    blocked[search.shop] = tally.reason
                yield tally
        finally:
            pool.shutdown(cancel_futures=True)  # a person who stops the run waits for two photos and not for eight

    def held(self, search: Search) -> int:
        """How many photos of a search the dataset holds."""
        return sum(photo.status == "ok" for photo in self._rows(search))

    def _search(self, search: Search, tally: Tally, pool: Executor) -> None:
        try:
            if self.retry_failed:
                again = [photo for photo in self._rows(search) if photo.status in LATER]
                self._gather(again, tally, pool, room=len(again))
            self._read_pages(search, tally, pool)
        except FetchError as error:
            tally.outcome, tally.reason = Outcome.BLOCKED, error.message
        tally.held = self.held(search)

    def _read_pages(self, search: Search, tally: Tally, pool: Executor) -> None:
        """Page after page until the limit is reached, the pages end, or one of them says no."""
        shop = self.shops[search.shop]
        rows = self._rows(search)
        seen = {photo.product for photo in rows} | {image_key(photo.url, shop) for photo in rows}
        # what failed again, though it was asked for a second time, gives up its place
        room = search.limit - sum(photo.status == "ok" if self.retry_failed else takes_place(photo) for photo in rows)
        pending = self.store.progress.get(search.key, self._start(search, shop))
        while pending and room > 0 and tally.pages < self.job.browsing.pages_a_search:
            self.on_page(tally)
            page, robots = self._page(pending[0], search, shop)
            parsed = parse(page, shop)
            tally.pages += 1
            if parsed.outcome is not Outcome.OK:
                self._stopped(search, tally, page, parsed)
                return
            found = found_photos(parsed, search, shop, page=pending[0], robots=robots)
            room -= self._gather(_unseen(found, seen, shop), tally, pool, room=room)
            if room > 0:  # else the page may hold more, which a larger limit asks for
                pending = pending[1:] + ([parsed.next] if parsed.next and not search.pages else [])
                self._mark(search, pending)

    def _start(self, search: Search, shop: Shop) -> list[str]:
        if search.pages:
            return [path.resolve().as_uri() for path in saved_pages(search, self.beside)]
        return [search.url or shop.search_url(search.query)]

    def _page(self, url: str, search: Search, shop: Shop) -> tuple[Page, str]:
        """The page, asked for again where the shop was only busy; and what the manifest says of its robots.txt."""
        source = self.source(search)
        if url.startswith("file:"):
            return source.open(url, shop), ""
        robots = "overridden" if self.gatherer.fetcher.may_ask(url) else ""
        for left in reversed(range(PAGE_ATTEMPTS)):
            self.limiter.wait(url)
            pause_s = None
            try:
                page = source.open(url, shop)
            except FetchError as error:
                if error.status not in LATER or not left:
                    raise
                words = error.message
            else:
                if page.status not in PASSING or not left:
                    break
                pause_s = self.gatherer.fetcher.pause_asked(url, page.status, page.retry_after)
                words = f"{url} answers {page.status}"
            log.warning("%s; again in %.0f s", words, self.limiter.refused(url, retry_after_s=pause_s))
        self.limiter.answered(url)
        return page, robots

    def _gather(self, wanted: Iterable[Photo], tally: Tally, pool: Executor, *, room: int) -> int:
        """Fetches a few ahead and keeps in order: what is stored does not depend on which thread was faster.

        Gives how many of the search's places were taken. Raises BlockedError once what was under way is kept.
        """
        waiting, taken = iter(wanted), 0
        if self.dry:
            for photo in itertools.islice(waiting, room):
                taken += 1
                self._count(tally, photo, "would fetch")
            return taken
        under_way: deque[Future[Candidate]] = deque()
        blocked: BlockedError | None = None
        while True:
            more = 0 if blocked else min(AHEAD, room - taken) - len(under_way)
            under_way.extend(
                pool.submit(self.gatherer.gather, photo) for photo in itertools.islice(waiting, max(more, 0))
            )
            if not under_way:
                break
            try:
                candidate = under_way.popleft().result()
            except BlockedError as error:
                blocked = error
                continue
            kept = self.store.add(candidate)
            taken += takes_place(kept)
            self._count(tally, kept, kept.status)
        if blocked:
            raise blocked
        return taken

    def _count(self, tally: Tally, photo: Photo, word: str) -> None:
        tally.counts[word] += 1
        self.on_photo(photo)

    def _rows(self, search: Search) -> list[Photo]:
        where = (search.label, self.shops[search.shop].name, search.words)
        return [photo for photo in self.store.rows.values() if (photo.label, photo.site, photo.query) == where]

    def _mark(self, search: Search, pending: list[str]) -> None:
        if not self.dry:
            self.store.mark(search.key, pending)

    def _stopped(self, search: Search, tally: Tally, page: Page, parsed: Parsed) -> None:
        tally.outcome, tally.reason = parsed.outcome, f"{parsed.reason}; {parsed.outcome.advice}"
        if parsed.outcome is Outcome.EMPTY:
            self._mark(search, [])
        if parsed.outcome is Outcome.LAYOUT_CHANGED and not self.dry:
            name = re.sub(r"[^\w.-]+", "_", f"{search.label}-{search.shop}-{tally.pages}")
            files = {".html": page.html.encode(), ".png": self.source(search).screenshot()}
            folder = self.store.keep_evidence(name, {suffix: raw for suffix, raw in files.items() if raw})
            tally.reason += f" (kept in {folder})"


def takes_place(photo: Photo) -> bool:
    """Whether a line counts towards its search's limit: it has a photo, or failed in a way that may pass."""
    return photo.status == "ok" or photo.status in LATER


def found_photos(parsed: Parsed, search: Search, shop: Shop, *, page: str, robots: str) -> Iterator[Photo]:
    """The products of a page as lines of the manifest whose picture is still to come; ads only where wanted."""
    for item in parsed.items:
        if search.ads or not item.sponsored:
            yield Photo(
                path="",
                label=search.label,
                site=shop.name,
                url=item.image_url,
                page=page,
                query=search.words,
                title=item.title,
                position=item.position,
                sponsored=item.sponsored,
                product=item.id,
                robots=robots,
                location=parsed.location,
            )


def _unseen(found: Iterable[Photo], seen: set[str], shop: Shop) -> Iterator[Photo]:
    """Those whose product and picture were not met before, each remembered as it is given."""
    for photo in found:
        marks = {photo.product, image_key(photo.url, shop)}
        if not marks & seen:
            seen |= marks
            yield photo
