"""`vastra-scrape parse`: what saved results pages say."""

from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from scraper.errors import PageFileError
from scraper.page import read_page
from scraper.parse import GRAVEST_FIRST, Outcome, Parsed, parse
from scraper.shop import load_shop


@click.command(
    name="parse",
    epilog="""
    \b
    Examples:
      vastra-scrape parse --shop amazon.in results.html
      vastra-scrape parse --shop flipkart.com --json saved/*.html | jq -r '.items[].image_url'

    \b
    Outcome and exit code (of several pages, the gravest's):
      OK 0               items were found
      EMPTY 5            the shop says that it found nothing
      BLOCKED 4          a wall: captcha, refusal, sign-in; ask less often, later
      LAYOUT_CHANGED 3   the shop file no longer fits, or the file cannot be read
    """,
)
@click.argument("pages", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--shop", required=True, help="amazon.in, flipkart.com, myntra.com, ajio.com, or a shop's .toml file.")
@click.option("--url", default="", help="The address that the pages came from, after redirects.")
@click.option("--status", default=0, help="The HTTP status that the pages came with.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: path, outcome, items, next.")
def parse_pages(pages: tuple[Path, ...], shop: str, url: str, status: int, *, as_json: bool) -> None:
    """List the products of saved results PAGES, or say what stood in the way."""
    adapter = load_shop(shop)
    screen, errors = Console(highlight=False), Console(stderr=True, highlight=False)
    outcomes, unreadable = {Outcome.OK}, 0
    for path in pages:
        try:
            page = read_page(path, url=url, status=status)
        except PageFileError as error:
            error.show()
            unreadable = error.exit_code
            continue
        parsed = parse(page, adapter)
        outcomes.add(parsed.outcome)
        if as_json:
            click.echo(msgspec.json.encode(_line(path, parsed)))
        else:
            _show(screen, path, parsed)
        if parsed.outcome is not Outcome.OK:
            errors.print(f"{path}: {parsed.outcome}: {parsed.reason}; {parsed.outcome.advice}", soft_wrap=True)
        if parsed.hidden:
            errors.print(f"{path}: {parsed.hidden} products without an image: scroll through the page before saving it")
    gravest = next(outcome for outcome in GRAVEST_FIRST if outcome in outcomes)
    code = gravest.exit_code if gravest is Outcome.BLOCKED else unreadable or gravest.exit_code
    if code:
        raise click.exceptions.Exit(code)


def _line(path: Path, parsed: Parsed) -> dict[str, object]:
    return {"path": str(path), "outcome": parsed.outcome, "items": parsed.items, "next": parsed.next or None}


def _show(screen: Console, path: Path, parsed: Parsed) -> None:
    screen.print(f"{path}: {parsed.outcome}, {len(parsed.items)} items", soft_wrap=True, markup=False)
    table = Table("", "id", "title", "image")
    for item in parsed.items:
        table.add_row("ad" if item.sponsored else "", item.id, item.title[:60], item.image_url)
    screen.print(table)
    if parsed.next:
        screen.print(f"next: {parsed.next}", soft_wrap=True)
