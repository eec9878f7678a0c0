"""`vastra-scrape run`: a job from shops (or saved pages) into a dataset."""

import logging
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import click
import httpx
import msgspec
from rich.console import Console
from rich.logging import RichHandler
from rich.table import Table

from scraper.drive import Chromium
from scraper.fetch import Fetcher, FetchLimits
from scraper.gather import Gatherer
from scraper.harvest import Harvest, Tally
from scraper.job import Job, Search, read_job
from scraper.limiter import Limiter
from scraper.pages import PageSource, SavedPages
from scraper.parse import GRAVEST_FIRST, Outcome
from scraper.progress import progress_bar
from scraper.robots import ROBOT_NAME
from scraper.shop import Shop
from scraper.store import Store

VERSION = "0.1"


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
    4 blocked, forbidden by robots.txt, or no network, browser or disk.
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
    console = Console(stderr=True, highlight=False)
    logging.basicConfig(
        level=logging.WARNING, format="%(message)s", handlers=[RichHandler(console=console)], force=True
    )
    tallies = _harvest(plan, shops, job.parent, out, how)
    if as_json:
        for tally in tallies:
            click.echo(msgspec.json.encode(_line(tally)))
    else:
        Console(highlight=False).print(_summary(tallies))
    for tally in tallies:
        if tally.reason:
            console.print(f"{tally.search.key}: {tally.outcome}: {tally.reason}", soft_wrap=True, markup=False)
    gravest = next((one for one in GRAVEST_FIRST if any(tally.outcome is one for tally in tallies)), Outcome.OK)
    if gravest not in {Outcome.OK, Outcome.EMPTY}:
        raise click.exceptions.Exit(gravest.exit_code)


def _harvest(plan: Job, shops: dict[str, Shop], beside: Path, out: Path, how: dict[str, object]) -> list[Tally]:
    """Runs the job; every part that it needs is built here, and let go of here."""
    dry = bool(how["dry_run"])
    with ExitStack() as stack:
        limiter = Limiter(
            intervals={_domain(shop): shop.interval_s for shop in shops.values()}, default_interval_s=_images(shops)
        )
        agent = f"{ROBOT_NAME}/{VERSION}{f' (+{plan.contact})' if plan.contact else ''}"
        client = stack.enter_context(httpx.Client(headers={"User-Agent": agent}))
        limits = FetchLimits(
            seconds=plan.fetching.seconds, size=int(plan.fetching.largest_mb * 1e6), attempts=plan.fetching.attempts
        )
        overrides = frozenset(map(str.lower, how["override_robots"]))  # type: ignore[call-overload]
        fetcher = Fetcher(client=client, limiter=limiter, limits=limits, overrides=overrides)
        browser = Chromium(plan.browsing, signature=agent, remote=str(how["remote"]))
        stack.callback(browser.close)
        store = Store(root=out) if dry else stack.enter_context(Store.open(out))
        bar = stack.enter_context(progress_bar())
        task = bar.add_task("photos", total=sum(search.limit for search in plan.searches))
        return list(
            Harvest(
                job=plan,
                shops=shops,
                source=_sources(browser),
                gatherer=Gatherer(fetcher, plan.fetching),
                limiter=limiter,
                store=store,
                beside=beside,
                on_photo=lambda photo: bar.advance(task, advance=photo.status == "ok"),
                dry=dry,
                retry_failed=bool(how["retry_failed"]),
            ).run()
        )


def _sources(browser: PageSource) -> Callable[[Search], PageSource]:
    saved = SavedPages()
    return lambda search: saved if search.pages else browser


def _domain(shop: Shop) -> str:
    parts = urlsplit(shop.home)
    return parts.netloc.removeprefix("www.").lower()


def _images(shops: dict[str, Shop]) -> float:
    return max((shop.image_interval_s for shop in shops.values()), default=0.5)


def _line(tally: Tally) -> dict[str, object]:
    search = tally.search
    return {
        "label": search.label,
        "shop": search.shop,
        "query": search.words,
        "outcome": tally.outcome,
        "reason": tally.reason,
        "pages": tally.pages,
        "counts": dict(tally.counts),
    }


def _summary(tallies: list[Tally]) -> Table:
    words = sorted(set().union(*(tally.counts for tally in tallies)) or {"ok"})
    table = Table("label", "shop", "query", "pages", *words, "outcome")
    for tally in tallies:
        search = tally.search
        counts = (str(tally.counts[word] or "") for word in words)
        table.add_row(search.label, search.shop, search.words, str(tally.pages), *counts, str(tally.outcome))
    total = sum((tally.counts for tally in tallies), Counter[str]())
    table.add_section()
    table.add_row("all", "", "", str(sum(t.pages for t in tallies)), *(str(total[word]) for word in words), "")
    return table
