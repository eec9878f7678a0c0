"""`vastra-scrape review`: a contact sheet of doubtful photos, and dropping those that a person ticked."""

from pathlib import Path
from typing import TextIO

import click
from rich.console import Console

from scraper.audit import audit
from scraper.errors import JobError, StoreError
from scraper.facts import Facts, read_facts, same_shots
from scraper.manifest import MANIFEST_NAME, read_dataset, read_manifest, without_photo, write_manifest
from scraper.review import Remark, dropped, read_verdicts, suspects
from scraper.sheet import contact_sheet


@click.command(
    epilog="""
    \b
    Examples:
      vastra-agent classify --json data/train/images | vastra-scrape review data/train --scores - --out review.html
      vastra-scrape review data/train --drop drop.txt

    \b
    Open review.html in a browser, tick what does not belong, save drop.txt, and run the second command: it marks
    those photos as dropped in the manifest, and keeps their files.
    Exit codes: 0 done, 2 nothing to do, 3 a bad dataset, scores or drop list, 4 the disk will not keep it.
    """
)
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option(
    "--scores", type=click.File(encoding="utf-8"), help="What `vastra-agent classify --json` said; - for a pipe."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The contact sheet to write.")
@click.option("--top", default=300, show_default=True, type=click.IntRange(min=1), help="How many photos it shows.")
@click.option("--drop", type=click.File(encoding="utf-8"), help="Paths to drop, one a line, as the sheet saves them.")
def review(dataset: Path, scores: TextIO | None, out: Path | None, top: int, drop: TextIO | None) -> None:
    """Rank the photos of DATASET by how likely their label is wrong, for a person to look at."""
    console = Console(stderr=True, highlight=False)
    if drop is not None:
        _drop(dataset, drop, console)
    elif out is not None:
        _sheet(dataset, scores, out, top=top, console=console)
    else:
        raise JobError("give --out SHEET.html to look, or --drop FILE to drop what was ticked")


def _drop(root: Path, lines: TextIO, console: Console) -> None:
    manifest = root / MANIFEST_NAME
    rows = read_manifest(manifest) if manifest.exists() else read_dataset(root).photos
    marked, count = dropped(rows, lines)
    try:
        write_manifest(manifest, marked)
    except OSError as error:
        raise StoreError(f"{manifest}: {error.strerror}; nothing was changed") from error
    console.print(f"{count} photos marked as dropped in {manifest}", soft_wrap=True)


def _sheet(root: Path, scores: TextIO | None, out: Path, *, top: int, console: Console) -> None:
    data = read_dataset(root)
    verdicts = read_verdicts(scores, name=scores.name) if scores else {}
    remarks = _remarks(root, read_facts(root))
    try:
        out.write_text(contact_sheet(data, suspects(data, verdicts, remarks)[:top]), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{out}: {error.strerror}") from error
    said = f"{len(verdicts)} scores, {len(remarks)} remarks"
    console.print(
        f"{out}: the {min(top, len(data.photos))} most doubtful of {len(data.photos)} photos ({said})", soft_wrap=True
    )


def _remarks(root: Path, facts: list[Facts]) -> dict[str, Remark]:
    """What is odd about a photo at first sight, by its path; the gravest where there are several."""
    report = audit(str(root), facts, without=without_photo(root))
    remarks = dict.fromkeys(report.collages, Remark("several pictures in one?", urgent=False))
    remarks |= {path: Remark(f"also under {', '.join(labels)}") for path, labels in report.also_under.items()}
    for one, other, _ in same_shots(facts):
        ours, theirs = facts[one].photo, facts[other].photo
        if ours.label != theirs.label:
            remarks[ours.path] = Remark(f"same shot under {theirs.label}")
            remarks[theirs.path] = Remark(f"same shot under {ours.label}")
    remarks |= dict.fromkeys(report.placeholders, Remark("stands for many products"))
    return remarks | dict.fromkeys(report.blank, Remark("blank"))
