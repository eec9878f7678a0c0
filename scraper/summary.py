"""What a run says at its end: a table for people, an object for programs, and what to do next."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.table import Table

from scraper.harvest import Tally
from scraper.parse import GRAVEST_FIRST, Outcome
from scraper.store import LATER


def gravest(tallies: Sequence[Tally]) -> Outcome:
    """The outcome that decides the exit code; a search that the shop has nothing for is no failure of the run."""
    outcomes = {tally.outcome for tally in tallies} - {Outcome.EMPTY}
    return next((outcome for outcome in GRAVEST_FIRST if outcome in outcomes), Outcome.OK)


def table(tallies: Sequence[Tally]) -> Table:
    """A line a search: how many of its photos the dataset holds now, and what this run added or could not get."""
    words = sorted(set().union(*(tally.counts for tally in tallies)) - {"ok"})
    found = Table("label", "shop", "query", "photos", "new", *words, "pages", "outcome")
    for tally in tallies:
        search, counts = tally.search, tally.counts
        others = (str(counts[word] or "") for word in words)
        row = (
            search.label,
            search.shop_name,
            search.words,
            f"{tally.held} of {search.limit}",
            str(counts["ok"]),
            *others,
        )
        found.add_row(*row, str(tally.pages), str(tally.outcome))
    total = sum((tally.counts for tally in tallies), Counter[str]())
    held = f"{sum(tally.held for tally in tallies)} of {sum(tally.search.limit for tally in tallies)}"
    found.add_section()
    pages = str(sum(tally.pages for tally in tallies))
    found.add_row("all", "", "", held, str(total["ok"]), *(str(total[word]) for word in words), pages, "")
    return found


def line(tally: Tally) -> dict[str, object]:
    """One search as `--json` prints it."""
    search = tally.search
    return {
        "label": search.label,
        "shop": search.shop,
        "query": search.words,
        "outcome": tally.outcome,
        "reason": tally.reason,
        "pages": tally.pages,
        "photos": tally.held,
        "counts": dict(tally.counts),
    }


def remarks(tallies: Sequence[Tally], *, retried: bool) -> Iterator[str]:
    """What a person should know or do, a sentence each."""
    for tally in tallies:
        if tally.reason:
            yield f"{tally.search.label} from {tally.search.shop_name}: {tally.outcome}: {tally.reason}"
    later = sum(tally.counts[word] for tally in tallies for word in LATER)
    if later and not retried:
        yield f"{later} photos failed in a way that may pass: give the command again with --retry-failed"
