"""The command `vastra-scrape`: the group; each of its commands is a module of `scraper.commands`."""

import click

from scraper.commands.check import check
from scraper.commands.parse import parse_pages
from scraper.commands.review import review
from scraper.commands.run import run
from scraper.commands.split import split


@click.group(
    epilog="""
    \b
    Exit codes: 0 done, 2 usage or job file, 3 a bad dataset or page, 4 the outside world failed.
    Progress goes to stderr, answers to stdout.
    """
)
def main() -> None:
    """Gather labelled photos from web shops, and keep only a dataset that can be trusted."""


main.add_command(check)
main.add_command(parse_pages)
main.add_command(run)
main.add_command(split)
main.add_command(review)
