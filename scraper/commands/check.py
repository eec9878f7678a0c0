"""`vastra-scrape check`: whether a dataset can be trusted, and what to mend where it cannot."""

from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from scraper.audit import PLACEHOLDER_COPIES, SMALL_SIDE, Duplicates, Report, audit, leaks, surplus
from scraper.errors import DatasetError, StoreError
from scraper.facts import read_facts
from scraper.manifest import without_photo

NAMED = 10
"""How many photos of a kind are named on the screen; --json names all."""


@click.command(
    epilog="""
    \b
    Examples:
      vastra-scrape check data/train
      vastra-scrape check data/train --against data/test
      vastra-scrape check data/train --surplus drop.txt
      vastra-scrape check --json data/train | jq .near_duplicates.surplus

    \b
    Exit codes: 0 it can be trusted; 3 photos are missing, do not read, are not what the manifest says,
    stand under several labels, or leak into the other dataset.
    """
)
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--against", type=click.Path(path_type=Path), help="A second dataset that must share no shot with it.")
@click.option(
    "--surplus", "list_file", type=click.Path(path_type=Path, dir_okay=False), help="List what could go here."
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as one JSON object.")
def check(dataset: Path, against: Path | None, list_file: Path | None, *, as_json: bool) -> None:
    """Count DATASET by label and site; find what does not read, duplicates, imbalance and leaks."""
    facts = read_facts(dataset)
    report = audit(str(dataset), facts, without=without_photo(dataset))
    if against is not None:
        report = msgspec.structs.replace(report, leaks=leaks(str(against), facts, read_facts(against)))
    if list_file is not None:
        _list(list_file, surplus(report, facts), dataset)
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        _show(report, Console(highlight=False))
    if report.problems:
        raise DatasetError(f"{dataset}: {'; '.join(report.problems)}")


def _list(file: Path, paths: list[str], dataset: Path) -> None:
    try:
        file.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{file}: {error.strerror}") from error
    said = f"{len(paths)} photos could go; to mark them as dropped: vastra-scrape review {dataset} --drop {file}"
    Console(stderr=True, highlight=False).print(said, soft_wrap=True, markup=False)


def _show(report: Report, console: Console) -> None:
    console.print(_counts(report))
    sizes = report.sizes
    console.print(
        f"{report.photos} photos. Width {sizes.width[0]} to {sizes.width[2]} (median {sizes.width[1]}), "
        f"height {sizes.height[0]} to {sizes.height[2]} (median {sizes.height[1]}); "
        f"{sizes.small} with a side below {SMALL_SIDE} pixels.",
        soft_wrap=True,
    )
    console.print(
        f"Largest label to smallest: {report.imbalance:g} to 1. {_one_label(report)}".rstrip(), soft_wrap=True
    )
    if report.failures:
        console.print(
            "Not kept:", ", ".join(f"{word} {count}" for word, count in sorted(report.failures.items())), soft_wrap=True
        )
    _name(console, "missing", report.missing)
    _name(console, "unreadable", tuple(f"{fault.path}: {fault.reason}" for fault in report.unreadable))
    _name(console, "not the manifest's bytes", report.altered)
    _name(console, "blank", report.blank)
    _name(console, f"the same for {PLACEHOLDER_COPIES} products or more, so that they show none", report.placeholders)
    _name(console, "several pictures in one, it seems", report.collages)
    also = (f"{path}, also under {', '.join(labels)}" for path, labels in report.also_under.items())
    _name(console, "met under another label as well", tuple(also))
    _duplicates(console, "equal", report.exact_duplicates)
    _duplicates(console, "nearly equal", report.near_duplicates)
    if report.leaks is not None:
        found = report.leaks
        console.print(f"Against {found.against}: {len(found.exact)} equal, {len(found.near)} nearly equal photos.")
        _name(console, "leaks", tuple(f"{ours} = {theirs}" for ours, theirs in (*found.exact, *found.near)))
        _name(console, "sites in both", found.sites)


def _counts(report: Report) -> Table:
    table = Table("site", *report.labels, "all")
    for site, row in sorted(report.sites.items(), key=lambda entry: -sum(entry[1].values()))[: 2 * NAMED]:
        table.add_row(site or "(none)", *(str(row.get(label, "")) for label in report.labels), str(sum(row.values())))
    hidden = len(report.sites) - 2 * NAMED
    if hidden > 0:
        table.add_row(f"({hidden} smaller sites)")
    table.add_section()
    table.add_row("all", *(str(count) for count in report.labels.values()), str(report.photos))
    return table


def _one_label(report: Report) -> str:
    sites = report.one_label_sites
    if not sites:
        return ""
    photos = sum(sum(report.sites[site].values()) for site in sites)
    return f"{len(sites)} sites with {photos} photos have one label only: their look can give the label away."


def _name(console: Console, what: str, entries: tuple[str, ...]) -> None:
    if entries:
        console.print(f"{len(entries)} {what}:")
        for entry in entries[:NAMED]:
            console.print(f"  {entry}", markup=False, soft_wrap=True)
        if len(entries) > NAMED:
            console.print(f"  ... and {len(entries) - NAMED} more (--json names all)")


def _duplicates(console: Console, what: str, found: Duplicates) -> None:
    if found.groups:
        console.print(
            f"{len(found.groups)} groups of {what} photos, {found.surplus} could go; "
            f"{len(found.across_labels)} groups span labels, {found.across_sites} span sites."
        )
        _name(console, f"{what} across labels", tuple(" = ".join(group) for group in found.across_labels))
