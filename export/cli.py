"""`vastra-export`: a run becomes a bundle; a bundle tells what it is."""

from importlib.metadata import version
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from agent.bundle import Manifest, Metrics, Quantisation, read_bundle
from training.console import set_up_logging

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("vastra"), prog_name="vastra-export")
@click.option("-v", "--verbose", is_flag=True, help="Log what is done in detail.")
def main(*, verbose: bool) -> None:
    """Turn training runs into bundles for the device, and look inside bundles."""
    set_up_logging(verbose=verbose)


@main.command(
    epilog="\b\nExample:\n  vastra-export convert runs/first --calibrate data/train --test data/other_sites"
    " --out vastra.tflite"
)
@click.argument("run", type=_FOLDER)
@click.option("--calibrate", required=True, type=_FOLDER, help="Photos that set the ranges of int8.")
@click.option("--test", required=True, type=_FOLDER, help="Photos on which float and quantised are compared.")
@click.option(
    "--quantize",
    type=click.Choice(["int8", "dynamic", "float16", "float32"]),
    default="int8",
    show_default=True,
)
@click.option("--name", default="vastra-vgg16", show_default=True, help="The model's name: a-z, 0-9 and -.")
@click.option("--out", required=True, type=_FILE, help="The bundle to write, a .tflite file.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest on stdout.")
def convert(  # noqa: PLR0913 - click hands every option over as an argument of its own
    *, run: Path, calibrate: Path, test: Path, quantize: Quantisation, name: str, out: Path, as_json: bool
) -> None:
    """Convert RUN to one bundle file, and run that through the agent's own classifier before it counts."""
    from export.session import Request, export
    from training.progress import Bars

    with Bars() as bars:
        manifest = export(Request(run, calibrate, test, quantize, name, out), bars)
    if as_json:
        click.echo(msgspec.json.encode(manifest))
        return
    console = Console()
    if manifest.metrics:
        _print_metrics(console, manifest.metrics, manifest.quantisation)
    console.print(
        f"[bold]{out}[/]: {out.stat().st_size / 1e6:.1f} MB; try it:\n  vastra-agent classify --model {out} ..."
    )


@main.command(epilog="\b\nExample:\n  vastra-export inspect agent/models/vastra-vgg16.tflite")
@click.argument("bundle", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as one JSON object.")
def inspect(*, bundle: Path, as_json: bool) -> None:
    """Show what a bundle is: labels, input, thresholds, where it comes from and what it scored."""
    manifest = read_bundle(bundle).manifest
    if as_json:
        click.echo(msgspec.json.encode(manifest))
        return
    console = Console()
    _print_manifest(console, manifest)
    if manifest.metrics:
        _print_metrics(console, manifest.metrics, manifest.quantisation)


def _print_manifest(console: Console, manifest: Manifest) -> None:
    spec, calibration, training = manifest.input, manifest.calibration, manifest.training
    table = Table(show_header=False, title=f"{manifest.name} {manifest.version}", title_justify="left")
    for name, value in (
        (
            "labels",
            ", ".join(f"{label} (rejected)" if label in manifest.rejects else label for label in manifest.labels),
        ),
        ("input", f"RGB uint8 {spec.height}x{spec.width}, {spec.fit}, {spec.interpolation}"),
        ("quantisation", f"{manifest.quantisation}, {manifest.flatbuffer_bytes / 1e6:.1f} MB"),
        ("unknown below", f"{calibration.threshold} (temperature {calibration.temperature}, {calibration.chosen_on})"),
        ("trained", f"{training.backbone}: {training.recipe} ({training.recipe_digest})"),
        ("photos", ", ".join(f"{label} {count}" for label, count in training.photos.items())),
        ("created", f"{manifest.created:%Y-%m-%d %H:%M} UTC by vastra {training.code_version}"),
        ("sha256", manifest.flatbuffer_sha256),
    ):
        table.add_row(name, value)
    console.print(table)


def _print_metrics(console: Console, metrics: Metrics, quantisation: str) -> None:
    table = Table(title=f"{metrics.dataset}, {metrics.n} photos", title_justify="left")
    for column in ("", "top-1", "macro-F1", "AUROC other", *(f"recall {label}" for label in metrics.float32.per_class)):
        table.add_column(column, justify="right" if column else "left")
    for name, one in (("float32", metrics.float32), (quantisation, metrics.quantised)):
        auroc = "-" if one.auroc_other is None else f"{one.auroc_other:.3f}"
        recalls = [f"{recall:.3f}" for recall in one.per_class.values()]
        table.add_row(name, f"{one.top1:.3f}", f"{one.macro_f1:.3f}", auroc, *recalls)
    console.print(table)
    console.print(f"both give the same label on {metrics.agreement:.1%} of the photos")
