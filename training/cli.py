"""`vastra-train`: fit a classifier, compare backbones, make one slim, evaluate one."""

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from rich.console import Console
from rich.table import Table

from training.console import set_up_logging
from training.metrics import Metrics
from training.progress import Bars
from training.recipe import read_recipe, read_slim_recipe

if TYPE_CHECKING:  # it imports keras, which takes seconds; --help should take none
    from training.comparison import Comparison
    from training.run import RunCard

_DATASET = click.Path(exists=True, file_okay=False, path_type=Path)
_MODEL = click.Path(exists=True, path_type=Path)
_OUT = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("vastra"), prog_name="vastra-train")
@click.option("-v", "--verbose", is_flag=True, help="Log what is done in detail.")
def main(*, verbose: bool) -> None:
    """Train garment classifiers whose numbers hold on shops never seen."""
    set_up_logging(verbose=verbose)


@main.command(
    epilog="\b\nExample:\n  vastra-train fit data/train --test data/other_sites --weights imagenet --out runs/first"
)
@click.argument("datasets", nargs=-1, required=True, type=_DATASET, metavar="DATASET...")
@click.option("--test", "test", type=_DATASET, help="Dataset of other sites to report on; never used to choose.")
@click.option("--backbone", default="vgg16", show_default=True, help="vgg16, vgg19 or resnet50.")
@click.option("--recipe", default="default", show_default=True, help="A recipe's name, or a TOML file.")
@click.option("--weights", default="imagenet", show_default=True, help="imagenet, none, or an .npz or .h5 file.")
@click.option("--out", required=True, type=_OUT, help="The run folder to write; must not exist.")
@click.option(
    "--cache", type=_OUT, default=Path(".cache/frozen"), show_default=True, help="Folder of frozen activations."
)
@click.option("--allow-near-duplicates", is_flag=True, help="Test even on shots that were trained on.")
@click.option("--json", "as_json", is_flag=True, help="Print run.json on stdout.")
def fit(  # noqa: PLR0913 - click hands every option over as an argument of its own
    *,
    datasets: tuple[Path, ...],
    test: Path | None,
    backbone: str,
    recipe: str,
    weights: str,
    out: Path,
    cache: Path,
    allow_near_duplicates: bool,
    as_json: bool,
) -> None:
    """Train on DATASET, a folder with manifest.jsonl or one folder of pictures a class.

    Whole sites are kept aside to calibrate and to tell how well it generalises; then all photos are trained on. Frozen
    activations are cached, so an interrupted or repeated run goes on where it was.
    """
    from training.session import Request, train

    request = Request(datasets, test, backbone, read_recipe(recipe), weights, out, cache, allow_near_duplicates)
    with Bars() as bars:
        card = train(request, bars)
    _print_run(out, card, as_json=as_json)


@main.command(
    epilog="\b\nExample:\n  vastra-train compare data/train --test data/other_sites --backbones vgg16,vgg19,resnet50"
    "\n    --weights vgg16=vgg16.npz --out runs/backbones"
)
@click.argument("datasets", nargs=-1, required=True, type=_DATASET, metavar="DATASET...")
@click.option("--test", "test", required=True, type=_DATASET, help="Dataset of other sites to compare on.")
@click.option("--backbones", default="vgg16,vgg19,resnet50", show_default=True, help="Which, with commas between.")
@click.option("--recipe", default="default", show_default=True, help="A recipe's name, or a TOML file.")
@click.option(
    "--weights",
    multiple=True,
    metavar="[NAME=]WEIGHTS",
    help="imagenet, none or a file, for one backbone or for all; imagenet where none is given. Repeatable.",
)
@click.option("--out", required=True, type=_OUT, help="Folder of a run a backbone, compare.json and compare.png.")
@click.option(
    "--cache", type=_OUT, default=Path(".cache/frozen"), show_default=True, help="Folder of frozen activations."
)
@click.option("--allow-near-duplicates", is_flag=True, help="Test even on shots that were trained on.")
@click.option("--json", "as_json", is_flag=True, help="Print compare.json on stdout.")
def compare(  # noqa: PLR0913 - click hands every option over as an argument of its own
    *,
    datasets: tuple[Path, ...],
    test: Path,
    backbones: str,
    recipe: str,
    weights: tuple[str, ...],
    out: Path,
    cache: Path,
    allow_near_duplicates: bool,
    as_json: bool,
) -> None:
    """Train several backbones on DATASET alike, and show what each reaches and costs.

    A backbone whose run lies in --out already is not trained again, so a comparison that was stopped goes on.
    """
    from training.comparison import Contest
    from training.comparison import compare as run_all
    from training.comparison_plot import draw_comparison
    from training.session import Request

    named = dict(one.split("=", 1) for one in weights if "=" in one)
    for_all = next((one for one in reversed(weights) if "=" not in one), "imagenet")
    request = Request(datasets, test, "", read_recipe(recipe), for_all, out, cache, allow_near_duplicates)
    names = tuple(dict.fromkeys(name.strip() for name in backbones.split(",") if name.strip()))
    with Bars() as bars:
        found = run_all(Contest(request, names, named), bars)
    draw_comparison(found, out / "compare.png")
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        _print_comparison(found)


@main.command(epilog="\b\nExample:\n  vastra-train slim runs/first data/train --test data/other_sites --out runs/slim")
@click.argument("run", type=_DATASET, metavar="RUN")
@click.argument("datasets", nargs=-1, required=True, type=_DATASET, metavar="DATASET...")
@click.option("--test", "test", type=_DATASET, help="Dataset of other sites to report on; never used to choose.")
@click.option("--recipe", default="slim", show_default=True, help="A slim recipe's name, or a TOML file.")
@click.option("--out", required=True, type=_OUT, help="The run folder to write; must not exist.")
@click.option(
    "--cache", type=_OUT, default=Path(".cache/frozen"), show_default=True, help="The cache that RUN was trained with."
)
@click.option("--json", "as_json", is_flag=True, help="Print run.json on stdout.")
def slim(  # noqa: PLR0913 - click hands every option over as an argument of its own
    *,
    run: Path,
    datasets: tuple[Path, ...],
    test: Path | None,
    recipe: str,
    out: Path,
    cache: Path,
    as_json: bool,
) -> None:
    """Make a network some fifteen times cheaper from the VGG16 of RUN, with the photos that it was trained on.

    Channels are pruned, then the narrow network is taught by the full one. It is an ordinary run, exported like any other.
    """
    from training.run import read_card
    from training.session import Request, train

    card = read_card(run)
    whole = read_slim_recipe(recipe).on(card.recipe)
    request = Request(datasets, test, card.backbone, whole, str(run), out, cache, teacher=run)
    with Bars() as bars:
        card = train(request, bars)
    _print_run(out, card, as_json=as_json)


@main.command(epilog="\b\nExample:\n  vastra-train evaluate mine.tflite data/other_shop")
@click.argument("model", type=_MODEL, metavar="RUN|BUNDLE")
@click.argument("dataset", type=_DATASET)
@click.option("--json", "as_json", is_flag=True, help="Print the metrics as one JSON object.")
def evaluate(*, model: Path, dataset: Path, as_json: bool) -> None:
    """Measure a run folder or a bundle on DATASET. Photos of `other` count for rejection only."""
    from training.evaluate import evaluate as measure

    with Bars() as bars:
        metrics = measure(model, dataset, bars)
    if as_json:
        click.echo(msgspec.json.encode(metrics))
    else:
        _print(Console(), f"{model} on {dataset}", metrics)


def _print_run(out: Path, card: "RunCard", *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(card))
        return
    console = Console()
    for title, tested in (("sites kept aside", card.validation), ("test", card.test)):
        if tested:
            _print(console, f"{title}: {tested.dataset}", tested.metrics)
    if card.skipped:
        reasons = ", ".join(f"{count} {reason}" for reason, count in card.skipped.items())
        console.print(f"[yellow]skipped photos, each named above: {reasons}[/]")
    console.print(f"[bold]{out}[/]: open {out / 'report.html'}, or go on with\n  vastra-export convert {out} ...")


def _print(console: Console, title: str, metrics: Metrics) -> None:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in ("class", "photos", "precision", "recall", "F1"):
        table.add_column(column, justify="left" if column == "class" else "right")
    for label, one in metrics.per_class.items():
        table.add_row(label, str(one.n), f"{one.precision:.3f}", f"{one.recall:.3f}", f"{one.f1:.3f}")
    console.print(table)
    figures = f"top-1 {metrics.top1:.3f}   macro-F1 {metrics.macro_f1:.3f}   ECE {metrics.ece:.3f}"
    if metrics.auroc_other is not None:
        figures += f"   AUROC against other {metrics.auroc_other:.3f}"
        figures += f"   other accepted at 95 % of known {metrics.other_accepted_at_95:.1%}"
    console.print(figures)


def _print_comparison(found: "Comparison") -> None:
    table = Table(title=f"on {found.test}", title_justify="left", title_style="bold")
    for column in ("backbone", "top-1", "macro-F1", "AUROC", "parameters", "GMAC", "train", "one frame p50"):
        table.add_column(column, justify="left" if column == "backbone" else "right")
    for row in found.rows:
        table.add_row(
            row.backbone,
            f"{row.top1:.3f}",
            f"{row.macro_f1:.3f}",
            "-" if row.auroc_other is None else f"{row.auroc_other:.3f}",
            f"{row.parameters / 1e6:.1f} M",
            f"{row.macs / 1e9:.2f}",
            f"{row.train_s / 60:.1f} min",
            f"{row.latency_ms:.0f} ms",
        )
    Console().print(table)
