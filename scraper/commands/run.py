"""`vastra-scrape run`: a job from shops (or saved pages) into a dataset."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click
import httpx
import msgspec
from rich.console import Console

from scraper.drive import Chromium
from scraper.fetch import Fetcher, FetchLimits
from scraper.gather import Gatherer
from scraper.harvest import Harvest, Tally
from scraper.job import Job, Search, read_job
from scraper.limiter import Limiter
from scraper.pages import PageSource, SavedPages
from scraper.parse import Outcome
from scraper.progress import PlainLines, progress_bar
from scraper.robots import ROBOT_NAME
from scraper.shop import Shop
from scraper.store import Store
from scraper.summary import gravest, line, remarks, table

VERSION = "0.1"
STOPPED = 130
"""The exit code of what a person stopped with Ctrl-C, as shells have it."""


@click.command(
    epilog="""
    \b
    Examples:
      vastra-scrape run report.toml --out data/report
      vastra-scrape run report.toml --out data/report --dry-run --limit 5
      vastra-scrape run report.toml --out data/report --retry-failed

    \b
    An interrupted run goes on where it stopped: give the same command again.
    Exit codes: 0 all searches done, 2 job or shop file, 3 a shop's layout changed,
    4 blocked, forbidden by robots.txt, or no network, browser or disk, 130 stopped with Ctrl-C.
    """
)
@click.argument("job", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The dataset folder, new or to go on with.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many photos a search, whatever the job says.")
@click.option("--dry-run", is_flag=True, help="Read the pages and list what would be fetched; write nothing.")
@click.option("--retry-failed", is_flag=True, help="First ask again for photos that failed in a way that may pass.")
@click.option("--override-robots", multiple=True, metavar="HOST", help="Go on against HOST's robots.txt; recorded.")
@click.option("--remote", default="", metavar="URL", help="A Selenium Grid instead of a browser on this machine.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a search: what became of it.")
def run(job: Path, out: Path, *, limit: int | None, as_json: bool, **how: object) -> None:
    """Gather the photos that the file JOB describes into the dataset folder --out."""
    plan, shops = read_job(job)
    if limit is not None:
        searches = tuple(msgspec.structs.replace(search, limit=limit) for search in plan.searches)
        plan = msgspec.structs.replace(plan, searches=searches)
    options = msgspec.convert(how, Options)
    console = Console(stderr=True, highlight=False)
    logging.basicConfig(level=logging.WARNING, handlers=[PlainLines(console)], force=True)
    tallies: list[Tally] = []
    try:
        for tally in _harvest(plan, shops, options, Places(job.parent, out), console):
            tallies.append(tally)  # noqa: PERF402 - what is done is told, however the rest ends
    except KeyboardInterrupt:
        console.print("stopped; what is stored is whole: give the same command again to go on")
        raise click.exceptions.Exit(STOPPED) from None
    finally:
        _tell(tallies, console, as_json=as_json, retried=options.retry_failed)
    outcome = gravest(tallies)
    if outcome is not Outcome.OK:
        raise click.exceptions.Exit(outcome.exit_code)


class Options(msgspec.Struct, frozen=True):
    """How a run goes about its job."""

    dry_run: bool
    retry_failed: bool
    override_robots: frozenset[str]
    remote: str


@dataclass(frozen=True, slots=True)
class Places:
    """The folder that the job's own paths are relative to, and the dataset's."""

    beside: Path
    out: Path


def _harvest(plan: Job, shops: dict[str, Shop], options: Options, places: Places, console: Console) -> Iterator[Tally]:
    """Runs the job; every part that it needs is built here, and let go of here."""
    with ExitStack() as stack:
        limiter = Limiter(
            intervals={_domain(shop): shop.interval_s for shop in shops.values()}, default_interval_s=_images(shops)
        )
        agent = f"{ROBOT_NAME}/{VERSION}{f' (+{plan.contact})' if plan.contact else ''}"
        client = stack.enter_context(httpx.Client(headers={"User-Agent": agent}))
        limits = FetchLimits(
            seconds=plan.fetching.seconds, size=int(plan.fetching.largest_mb * 1e6), attempts=plan.fetching.attempts
        )
        overrides = frozenset(map(str.lower, options.override_robots))
        fetcher = Fetcher(client=client, limiter=limiter, limits=limits, overrides=overrides)
        browser = Chromium(plan.browsing, signature=agent, remote=options.remote)
        stack.callback(browser.close)
        store = Store(root=places.out) if options.dry_run else stack.enter_context(Store.open(places.out))
        bar = stack.enter_context(progress_bar(console))
        task = bar.add_task("photos", total=sum(search.limit for search in plan.searches))
        harvest = Harvest(
            job=plan,
            shops=shops,
            source=_sources(browser),
            gatherer=Gatherer(fetcher, plan.fetching),
            limiter=limiter,
            store=store,
            beside=places.beside,
            on_photo=lambda photo: bar.advance(task, advance=photo.status == "ok"),
            on_page=lambda tally: bar.update(task, description=_doing(tally)),
            dry=options.dry_run,
            retry_failed=options.retry_failed,
        )
        bar.update(task, completed=sum(map(harvest.held, plan.searches)))
        yield from harvest.run()


def _doing(tally: Tally) -> str:
    return f"{tally.search.label} from {tally.search.shop_name}, page {tally.pages + 1}"


def _tell(tallies: list[Tally], console: Console, *, as_json: bool, retried: bool) -> None:
    if as_json:
        for tally in tallies:
            click.echo(msgspec.json.encode(line(tally)))
    elif tallies:
        Console(highlight=False).print(table(tallies))
    for remark in remarks(tallies, retried=retried):
        console.print(remark, soft_wrap=True, markup=False)


def _sources(browser: PageSource) -> Callable[[Search], PageSource]:
    saved = SavedPages()
    return lambda search: saved if search.pages else browser


def _domain(shop: Shop) -> str:
    parts = urlsplit(shop.home)
    return parts.netloc.removeprefix("www.").lower()


def _images(shops: dict[str, Shop]) -> float:
    return max((shop.image_interval_s for shop in shops.values()), default=0.5)
