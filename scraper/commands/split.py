"""`vastra-scrape split`: one dataset into train, validation and test."""

import os
import shutil
from collections import Counter
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from scraper.errors import JobError, StoreError
from scraper.facts import read_facts
from scraper.manifest import MANIFEST_NAME, Photo, write_manifest
from scraper.split import PARTS, Shares, Split
from scraper.split import split as divide

Share = click.FloatRange(0.0, 0.9)


@click.command(
    epilog="""
    \b
    Examples:
      vastra-scrape split data/all --out data/parts
      vastra-scrape split data/report --test-site flipkart.com --out data/parts

    \b
    Photos of one product, and copies of one shot, stay together. With --test-site, the test set is those sites
    whole, and what they share with others is left out of training. Files are linked, not copied, where possible.
    Exit codes: 0 done, 2 --out is in use, 3 no such dataset, 4 the disk will not keep it.
    """
)
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="A new folder: train, validation, test in it."
)
@click.option("--validation", default=0.1, show_default=True, type=Share, help="Share of each label.")
@click.option("--test", default=0.1, show_default=True, type=Share, help="Share of each label, without --test-site.")
@click.option("--test-site", multiple=True, metavar="SITE", help="A site that is for testing only; may be repeated.")
@click.option("--seed", default=0, show_default=True, help="Another seed, another split.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one JSON object.")
def split(dataset: Path, out: Path, *, as_json: bool, **how: object) -> None:
    """Divide DATASET into train, validation and test, so that no shot and no product is in two of them."""
    if out.exists() and any(out.iterdir()):
        raise JobError(f"{out}: is not empty; name a new folder")
    shares = msgspec.convert(
        {"validation": how["validation"], "test": how["test"], "test_sites": how["test_site"], "seed": how["seed"]},
        Shares,
    )
    facts = read_facts(dataset)
    unknown = shares.test_sites - {fact.photo.site for fact in facts}
    if unknown:
        sites = sorted({fact.photo.site for fact in facts})
        raise JobError(f"{dataset}: no site {', '.join(sorted(unknown))!r}; there are {', '.join(sites)}")
    result = divide(facts, shares)
    try:
        for part, photos in result.parts.items():
            _write(out / part, dataset, photos)
    except OSError as error:
        raise StoreError(f"{out}: {error.strerror}; remove the folder and run again") from error
    if as_json:
        click.echo(msgspec.json.encode(_counts(result)))
    else:
        _show(result)


def _write(root: Path, source: Path, photos: tuple[Photo, ...]) -> None:
    for photo in photos:
        target = root / photo.path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source / photo.path, target)
        except OSError:  # another file system, or one without links
            shutil.copyfile(source / photo.path, target)
    if photos:
        write_manifest(root / MANIFEST_NAME, photos)


def _counts(result: Split) -> dict[str, object]:
    parts = {part: dict(Counter(photo.label for photo in photos)) for part, photos in result.parts.items()}
    return {**parts, "left_out": [{"path": photo.path, "reason": reason} for photo, reason in result.left_out]}


def _show(result: Split) -> None:
    console = Console(highlight=False)
    labels = sorted({photo.label for photos in result.parts.values() for photo in photos})
    table = Table("part", *labels, "all")
    for part in PARTS:
        counts = Counter(photo.label for photo in result.parts[part])
        table.add_row(part, *(str(counts[label]) for label in labels), str(len(result.parts[part])))
    console.print(table)
    for reason, count in Counter(reason for _, reason in result.left_out).items():
        console.print(f"left out: {count}, {reason}", markup=False)
