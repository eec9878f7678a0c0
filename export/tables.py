"""What `vastra-export` prints for people."""

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent.bundle import Manifest, Measured, Metrics
from export.benchmark import Result
from export.difference import Difference
from export.footprint import THREADS
from export.form import Form
from export.layers import LayerError


def print_manifest(console: Console, manifest: Manifest) -> None:
    """Everything in a manifest but its metrics."""
    spec, calibration, training = manifest.input, manifest.calibration, manifest.training
    table = Table(show_header=False, title=f"{manifest.name} {manifest.version}", title_justify="left")
    for name, value in (
        (
            "labels",
            ", ".join(f"{label} (rejected)" if label in manifest.rejects else label for label in manifest.labels),
        ),
        ("input", f"RGB uint8 {spec.height}x{spec.width}, {spec.fit}, {spec.interpolation}"),
        ("quantisation", f"{manifest.quantisation}, {manifest.flatbuffer_bytes / 1e6:.1f} MB"),
        ("calibrated on", manifest.calibration_photos_hash or "-"),
        ("unknown below", f"{calibration.threshold} (temperature {calibration.temperature}, {calibration.chosen_on})"),
        ("gate", _gate(manifest)),
        ("trained", f"{training.backbone}: {training.recipe} ({training.recipe_digest})"),
        ("photos", ", ".join(f"{label} {count}" for label, count in training.photos.items())),
        ("created", f"{manifest.created:%Y-%m-%d %H:%M} UTC by vastra {training.code_version}"),
        ("sha256", manifest.flatbuffer_sha256),
    ):
        table.add_row(name, value)
    console.print(table)


def print_metrics(console: Console, manifest: Manifest) -> None:
    """Float and quantised side by side; nothing where neither was measured."""
    metrics = manifest.metrics
    if metrics is None:
        return
    table = Table(title=f"{metrics.dataset}, {metrics.n} photos", title_justify="left")
    table.add_column("", no_wrap=True)
    for name in ("Keras", manifest.quantisation):
        table.add_column(name, justify="right")
    for name, figure in _figures(metrics):
        table.add_row(name, figure(metrics.float32), figure(metrics.quantised))
    console.print(table)
    console.print(f"both give the same label on {metrics.agreement:.1%} of the photos")


def print_forms(console: Console, forms: Sequence[Form]) -> None:
    """Every exported form in one table, the float model first; a class shows its recall and the change in points."""
    manifests = [form.bundle.manifest for form in forms]
    metrics = [manifest.metrics for manifest in manifests if manifest.metrics]
    exact = metrics[0].float32
    table = Table(title=f"{metrics[0].dataset}, {metrics[0].n} photos", title_justify="left")
    table.add_column("", no_wrap=True)
    for name in ("Keras", *(manifest.quantisation for manifest in manifests)):
        table.add_column(name, justify="right")
    table.add_row("size, MB", "", *(f"{manifest.flatbuffer_bytes / 1e6:.2f}" for manifest in manifests))
    for name, figure in _figures(metrics[0]):
        table.add_row(name, figure(exact), *(figure(one.quantised) for one in metrics))
        if name == "macro-F1":
            table.add_row("same label as float", "", *(f"{one.agreement:.1%}" for one in metrics))
    for index, threads in enumerate(THREADS):
        for percentile in ("p50", "p95", "p99"):
            taken = [getattr(form.costs[index].latency_ms, percentile) for form in forms]
            title = f"{percentile} ms, {threads} thread{'s' * (threads > 1)}"
            table.add_row(title, "", *(f"{milliseconds:.1f}" for milliseconds in taken))
    table.add_row("peak memory, MB", "", *(f"{max(cost.peak_mb for cost in form.costs):.0f}" for form in forms))
    table.add_row("gate", "", *("[red]failed[/]" if manifest.forced else "passed" for manifest in manifests))
    console.print(table)


def print_difference(console: Console, difference: Difference) -> None:
    """What two bundles do not have in common."""
    if difference.same_bytes:
        console.print("the two files are the same, byte for byte")
    table = Table(title_justify="left")
    for name in ("", difference.a, difference.b):
        table.add_column(name, overflow="fold")
    table.add_row("file, MB", *(f"{size / 1e6:.2f}" for size in difference.file_bytes))
    for path, values in difference.changed.items():
        table.add_row(path, *("-" if value is None else str(value) for value in values))
    console.print(table)
    answers = difference.answers
    if answers:
        console.print(
            f"on {answers.n} photos: the same best garment on {answers.same_label:.1%}, the same decision on "
            f"{answers.same_decision:.1%}; right on the known {answers.right[0]:.1%} and {answers.right[1]:.1%}"
        )


def print_layers(console: Console, errors: Sequence[LayerError]) -> None:
    """One line a layer; the one that adds most is marked."""
    worst = max(error.added for error in errors)
    table = Table(title="int8 against float, root mean square", title_justify="left")
    for name in ("layer", "error here", "added by it", "of its weights", "clipped", "peak/rms"):
        table.add_column(name, justify="left" if name == "layer" else "right")
    for error in errors:
        weights = "" if error.weights is None else f"{error.weights:.2%}"
        style = "bold red" if error.added == worst else None
        figures = (f"{error.error:.2%}", f"{error.added:.2%}", weights, f"{error.clipped:.3%}", f"{error.peak:.1f}")
        table.add_row(error.layer, *figures, style=style)
    console.print(table)


def print_results(console: Console, results: Sequence[Result]) -> None:
    """One line a bundle, runtime and number of threads; below, why some did not run."""
    table = Table(title_justify="left")
    for name in ("bundle", "runtime", "version", "threads", "p50 ms", "p95 ms", "top-1", "same label"):
        table.add_column(name, justify="right" if name[0] in "pt" else "left", overflow="fold")
    for one in results:
        if one.why_not:
            table.add_row(one.bundle, one.runtime, "[red]did not run[/]", str(one.threads))
            continue
        figures = (f"{one.p50_ms:.1f}", f"{one.p95_ms:.1f}", _share(one.top1), _share(one.agreement))
        table.add_row(one.bundle, one.runtime, one.version, str(one.threads), *figures)
    console.print(table)
    for bundle, runtime, why_not in dict.fromkeys(
        (one.bundle, one.runtime, one.why_not) for one in results if one.why_not
    ):
        console.print(f"{runtime} did not run {bundle}: {escape(why_not)}", soft_wrap=True)


def _figures(metrics: Metrics) -> list[tuple[str, Callable[[Measured], str]]]:
    exact = metrics.float32

    def recall(label: str) -> Callable[[Measured], str]:
        def shown(one: Measured) -> str:
            change = 100 * (one.per_class[label] - exact.per_class[label])
            return f"{one.per_class[label]:.3f}" + (f" ({change:+.1f})" if one is not exact else "")

        return shown

    return [
        ("top-1", lambda one: f"{one.top1:.3f}"),
        ("macro-F1", lambda one: f"{one.macro_f1:.3f}"),
        *((f"recall {label}", recall(label)) for label in exact.per_class),
        ("ECE", lambda one: _share(one.ece)),
        ("AUROC against other", lambda one: _share(one.auroc_other)),
        ("known kept", lambda one: _share(one.known_kept)),
    ]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _gate(manifest: Manifest) -> str:
    if manifest.gate is None:
        return "not checked: exported before there was one"
    return f"[red]{manifest.forced}[/]" if manifest.forced else f"passed, allowed {manifest.gate.max_drop:g} points"
