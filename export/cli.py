"""`vastra-export`: a run becomes a bundle; a bundle tells what it is."""

import re
from importlib.metadata import version
from pathlib import Path

import click
import msgspec
from rich.console import Console

from agent.bundle import Quantisation, read_bundle
from export.form import QUANTISATIONS, as_line, refuse_failed
from export.tables import print_difference, print_forms, print_layers, print_manifest, print_metrics, print_results
from training.console import set_up_logging

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(path_type=Path)


def _checked_name(name: str) -> str:
    if not re.fullmatch("[a-z0-9-]{1,64}", name):
        raise click.BadParameter(f"{name!r} is not 1 to 64 of a-z, 0-9 and -", param_hint="--name")
    return name


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("vastra"), prog_name="vastra-export")
@click.option("-v", "--verbose", is_flag=True, help="Log what is done in detail.")
def main(*, verbose: bool) -> None:
    """Turn training runs into bundles for the device, and look inside bundles."""
    set_up_logging(verbose=verbose)


@main.command(
    epilog="\b\nExamples:\n  vastra-export convert runs/first --calibrate data/train --test data/other_sites"
    " --out vastra.tflite\n  vastra-export convert runs/first --calibrate data/train --test data/other_sites"
    " --quantize all --out vastra.tflite"
)
@click.argument("run", type=_FOLDER)
@click.option("--calibrate", required=True, type=_FOLDER, help="Photos that set the ranges of int8.")
@click.option("--test", required=True, type=_FOLDER, help="Photos on which float and quantised are compared.")
@click.option(
    "--quantize",
    type=click.Choice([*QUANTISATIONS, "all"]),
    default="int8",
    show_default=True,
    help="all: each in turn, to OUT-float32.tflite and so on, with one table of what each loses and costs.",
)
@click.option("--name", help="The model's name: a-z, 0-9 and -. Else that of the file, without .tflite.")
@click.option(
    "--max-drop",
    type=click.FloatRange(0, 100),
    default=1.0,
    show_default=True,
    metavar="POINTS",
    help="Points of top-1 that may be lost against float, twice as many on a class.",
)
@click.option("--force", is_flag=True, help="Write a bundle that loses more, too; the agent will say so.")
@click.option("--out", required=True, type=_FILE, help="The bundle to write, a .tflite file.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest on stdout; with all, one object a form.")
def convert(  # noqa: PLR0913 - click hands every option over as an argument of its own
    *,
    run: Path,
    calibrate: Path,
    test: Path,
    quantize: str,
    name: str | None,
    max_drop: float,
    force: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Convert RUN to one bundle file, and run that through the agent's own classifier before it counts.

    A form that loses more than --max-drop is not written, and the exit code is 3.
    """
    from export.session import Request, export
    from training.progress import Bars

    every = quantize == "all"
    name = _checked_name(name or re.sub("[^a-z0-9]+", "-", out.stem.lower())[:64] or "model")
    outs: dict[Quantisation, Path] = {one: out for one in QUANTISATIONS if one == quantize}
    if every:
        outs = {one: out.with_name(f"{out.stem}-{one}.tflite") for one in QUANTISATIONS}
    with Bars() as bars:
        forms = export(Request(run, calibrate, test, name, outs, max_drop, force=force, timed=every), bars)
    if as_json:
        click.echo(msgspec.json.encode([as_line(form) for form in forms] if every else forms[0].bundle.manifest))
    else:
        console = Console()
        if every:
            print_forms(console, forms)
        else:
            print_metrics(console, forms[0].bundle.manifest)
        for form in forms:
            if form.written:
                console.print(f"[bold]{form.path}[/]: {form.path.stat().st_size / 1e6:.1f} MB", soft_wrap=True)
    refuse_failed(forms)


@main.command(epilog="\b\nExample:\n  vastra-export inspect mine.tflite")
@click.argument("bundle", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as one JSON object.")
def inspect(*, bundle: Path, as_json: bool) -> None:
    """Show what a bundle is: labels, input, thresholds, where it comes from and what it scored."""
    manifest = read_bundle(bundle).manifest
    if as_json:
        click.echo(msgspec.json.encode(manifest))
        return
    print_manifest(Console(), manifest)
    print_metrics(Console(), manifest)


@main.command(epilog="\b\nExample:\n  vastra-export diff old.tflite mine.tflite --photos data/other_sites")
@click.argument("a", type=_FILE)
@click.argument("b", type=_FILE)
@click.option("--photos", type=_FOLDER, help="Run both over this dataset, too, and count how often they agree.")
@click.option("--json", "as_json", is_flag=True, help="Print the difference as one JSON object.")
def diff(*, a: Path, b: Path, photos: Path | None, as_json: bool) -> None:
    """Show what differs between two bundles: labels, input, thresholds, training, metrics, size."""
    from export.difference import compare
    from training.progress import Bars

    with Bars() as bars:
        difference = compare(a, b, photos, bars)
    if as_json:
        click.echo(msgspec.json.encode(difference))
    else:
        print_difference(Console(), difference)


@main.command(
    epilog="\b\nExample:\n  vastra-export layers vastra-float32.tflite vastra-int8.tflite --photos data/other_sites"
)
@click.argument("exact", type=_FILE, metavar="FLOAT32")
@click.argument("quantised", type=_FILE, metavar="INT8")
@click.option("--photos", required=True, type=_FOLDER, help="Dataset to run both on.")
@click.option("--count", type=click.IntRange(1, 10_000), default=32, show_default=True, help="How many of its photos.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a layer.")
def layers(*, exact: Path, quantised: Path, photos: Path, count: int, as_json: bool) -> None:
    """Show which layer loses how much in int8: two forms of one run (see convert --quantize all), compared layer by layer."""
    from agent.fit import fit_picture
    from export.layers import layer_errors
    from training.photos import read_photos
    from training.progress import Bars

    one, other = read_bundle(exact), read_bundle(quantised)
    samples = read_photos([photos], one.manifest.labels).samples
    chosen = samples[:: max(1, len(samples) // count)][:count]  # datasets are sorted by label: some of each
    with Bars() as bars:
        errors = layer_errors(one, other, [fit_picture(sample.load(), one.manifest.input) for sample in chosen], bars)
    if as_json:
        for error in errors:
            click.echo(msgspec.json.encode(error))
    else:
        print_layers(Console(), errors)


@main.command(
    epilog="\b\nExample:\n  vastra-export bench vastra-int8.tflite slim-int8.tflite --photos data/other_sites --plot b.png"
)
@click.argument("bundles", nargs=-1, required=True, type=_FILE, metavar="BUNDLE...")
@click.option("--photos", required=True, type=_FOLDER, help="Dataset whose photos are the frames.")
@click.option("--count", type=click.IntRange(1, 100_000), default=60, show_default=True, help="How many of its photos.")
@click.option("--threads", type=click.IntRange(1, 64), multiple=True, default=(1, 2), show_default=True)
@click.option("--rounds", type=click.IntRange(1, 100), default=3, show_default=True, help="Rounds, runtimes in turn.")
@click.option("--cache", type=_FILE, default=Path(".cache/runtimes"), show_default=True, help="For the runtimes.")
@click.option("--plot", "picture", type=_FILE, help="Write accuracy against latency as a .png or .svg.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a result.")
def bench(  # noqa: PLR0913 - click hands every option over as an argument of its own
    *,
    bundles: tuple[Path, ...],
    photos: Path,
    count: int,
    threads: tuple[int, ...],
    rounds: int,
    cache: Path,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Run bundles on several runtimes: the same network, frames and threads, in turn.

    The other runtimes are installed into virtual environments of their own under --cache; one that cannot be installed
    or cannot read the model has a row that says why.
    """
    from export.benchmark import Plan, run_all
    from export.pareto import plot, standing
    from export.runtimes import Workshop
    from training.photos import PhotoSet, read_photos
    from training.progress import Bars

    every = read_photos([photos], read_bundle(bundles[0]).manifest.labels)
    frames = PhotoSet(every.labels, every.samples[:: max(1, len(every.samples) // count)][:count])
    with Bars() as bars:
        results = run_all(Plan(bundles, frames, threads, rounds), Workshop(cache), bars)
    if picture:
        plot(results, picture)
    if as_json:
        for result in results:
            click.echo(msgspec.json.encode(result))
    else:
        print_results(Console(), results)
        for sentence in standing(results):
            click.echo(sentence)
