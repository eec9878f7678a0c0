"""`vastra-agent`: watch a camera, classify pictures, look at the fleet."""

import logging
import signal
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from threading import Event

import click
import msgspec
from rich.console import Console
from rich.logging import RichHandler
from rich.table import Table

from agent.bundled import model_file
from agent.config import AgentConfig, CameraConfig, read_config
from agent.errors import PictureError

_FILE = click.Path(path_type=Path)
_model = click.option("--model", type=_FILE, help="slim (the default), vgg16, or a bundle (.tflite) of your own.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("vastra"), prog_name="vastra-agent")
@click.option("-v", "--verbose", is_flag=True, help="Log what is done in detail.")
def main(*, verbose: bool) -> None:
    """Watch a store camera, say which garment it sees, and publish that over MQTT.

    Exit codes: 0 done, 2 wrong usage or configuration, 3 bad input file, 4 camera, broker or network failed.
    """
    if sys.stderr.isatty():
        handler: logging.Handler = RichHandler(console=Console(stderr=True), show_path=False, omit_repeated_times=False)
        logging.basicConfig(format="%(message)s", handlers=[handler])
    else:  # a service's log adds the time itself
        logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger().setLevel(logging.DEBUG if verbose else logging.INFO)
    for chatty in ("amqtt", "transitions", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.ERROR)


@main.command(
    epilog="\b\nExamples:\n  vastra-agent run --source 0 --broker mqtt://broker.local\n"
    "  vastra-agent run --config /etc/vastra/agent.toml"
)
@click.option("--config", type=_FILE, help="The configuration, a TOML file.")
@click.option("--source", help="Camera index, /dev path, rtsp:// or http:// URL, video, folder, or demo.")
@click.option("--pace", type=click.Choice(["realtime", "fast"]), help="Videos and folders: as filmed, or at once.")
@_model
@click.option("--broker", help="mqtt://HOST[:PORT] or mqtts://HOST[:PORT].")
@click.option("--json", "as_json", is_flag=True, help="Print the final figures as one JSON object.")
def run(  # noqa: PLR0913 - click hands every option over as an argument of its own
    *, config: Path | None, source: str | None, pace: str | None, model: Path | None, broker: str | None, as_json: bool
) -> None:
    """Watch cameras until stopped (Ctrl-C or SIGTERM), or until the end of a video or folder.

    Without a configuration: the bundled model, camera 0, and a broker on this machine. A camera or broker that is away
    is waited for, and tried again for ever.
    """
    from agent.wiring import run_agent, surroundings

    settings = _settings(config, source, pace, model, broker)
    health = run_agent(settings, surroundings(), _until_signalled())
    if as_json:
        click.echo(msgspec.json.encode(health))
    else:
        click.echo(f"{health.frames} pictures in {health.uptime_s:.1f} s, {health.dropped} dropped", err=True)


@main.command(epilog="\b\nExample:\n  vastra-agent init --site pune-1 --device till-3 --out /etc/vastra/agent.toml")
@click.option("--out", type=_FILE, default=Path("agent.toml"), show_default=True, help="The file to write.")
@click.option("--site", default="shop", show_default=True, help="A level of every topic.")
@click.option("--device", default="camera", show_default=True, help="Another; no two devices of a site may share it.")
@click.option("--source", default="0", show_default=True, help="The camera, as for `run`.")
@click.option("--broker", default="mqtt://localhost:1883", show_default=True, help="mqtt://HOST or mqtts://HOST.")
def init(*, out: Path, site: str, device: str, source: str, broker: str) -> None:
    """Write a configuration with every key, its default, and the reason for it, to start from."""
    from agent.broker_url import parse_broker_url
    from agent.config import BrokerConfig
    from agent.config_template import write_template
    from agent.source import parse_source

    parse_source(source)
    parse_broker_url(broker)
    camera = CameraConfig(source=source)
    write_template(out, AgentConfig(site=site, device=device, cameras=(camera,), broker=BrokerConfig(url=broker)))
    click.echo(f"{out} written; next: vastra-agent check --config {out}", err=True)


@main.command(epilog="\b\nExample:\n  vastra-agent classify photo.jpg folder/of/photos --json")
@click.argument("paths", nargs=-1, required=True, type=_FILE, metavar="IMAGE|FOLDER...")
@_model
@click.option("--threads", type=click.IntRange(1, 64), default=2, show_default=True, help="Processor threads.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a picture.")
def classify(*, paths: tuple[Path, ...], model: Path | None, threads: int, as_json: bool) -> None:
    """Say which garment each picture shows, or unknown. Files that are no pictures are named and skipped."""
    from agent.adapters.litert_classifier import LiteRtClassifier
    from agent.bundle import read_bundle
    from agent.classify import classify_pictures, pictures_in
    from agent.wiring import rules_of

    bundle = read_bundle(model_file(model))
    classifier = LiteRtClassifier(bundle, threads=threads)
    skipped = done = 0
    for answer in classify_pictures(pictures_in(paths), classifier, rules_of(AgentConfig(), bundle.manifest)):
        if isinstance(answer, PictureError):
            skipped += 1
            click.echo(f"skipped: {answer.message}", err=True)
            continue
        done += 1
        said = answer.label if answer.decision == "confirmed" else "unknown"
        click.echo(msgspec.json.encode(answer) if as_json else f"{said:<12} {answer.score:.2f}  {answer.path}")
    if skipped:
        click.echo(f"{done} classified, {skipped} skipped", err=True)
    if not done:
        raise PictureError("no picture could be classified")


@main.command(epilog="\b\nExample:\n  vastra-agent check --config /etc/vastra/agent.toml")
@click.option("--config", type=_FILE, help="The configuration, a TOML file.")
@click.option("--source", help="Another camera than the configuration's.")
@_model
@click.option("--broker", help="Another broker than the configuration's.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a finding.")
def check(*, config: Path | None, source: str | None, model: Path | None, broker: str | None, as_json: bool) -> None:
    """Look at model, camera, broker and disk, and say how to mend what is wrong."""
    from agent.check import look_over
    from agent.wiring import surroundings

    findings = look_over(_settings(config, source, None, model, broker), surroundings())
    if as_json:
        for finding in findings:
            click.echo(msgspec.json.encode(finding))
    else:
        table = Table(show_header=False)
        for finding in findings:
            mark = "[green]good[/]" if finding.good else "[red bold]wrong[/]"
            table.add_row(mark, finding.what, finding.found + (f"\n[bold]→ {finding.fix}[/]" if finding.fix else ""))
        Console().print(table)
    sys.exit(next((finding.exit_code for finding in findings if not finding.good), 0))


@main.command(
    epilog="\b\nExamples:\n  vastra-agent watch --broker mqtt://broker.local\n"
    "  vastra-agent watch --json --topic 'vastra/v1/+/+/camera/+/+/event'"
)
@click.option("--broker", default="mqtt://localhost:1883", show_default=True, help="mqtt://HOST or mqtts://HOST.")
@click.option("--topic", default="vastra/v1/#", show_default=True, help="Which topics, with MQTT's wildcards.")
@click.option("--seconds", type=click.FloatRange(min=0.1), help="End after so long; without it, at Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print one message a line instead of the table.")
def watch(*, broker: str, topic: str, seconds: float | None, as_json: bool) -> None:
    """Show what every device says, live. A broker that is away is waited for."""
    from agent.broker_access import BrokerAccess
    from agent.broker_url import parse_broker_url
    from agent.watch import watch as show

    show(BrokerAccess(parse_broker_url(broker)), topic, as_json=as_json, seconds=seconds)


@main.command(epilog="\b\nExamples:\n  vastra-agent demo\n  vastra-agent demo --broker mqtt://localhost --forever")
@_model
@click.option("--seconds", type=click.FloatRange(min=5), default=40.0, show_default=True, help="How long.")
@click.option("--forever", is_flag=True, help="Run until Ctrl-C.")
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Which scene is drawn.")
@click.option("--broker", help="Publish to this broker instead of one inside.")
@click.option("--json", "as_json", is_flag=True, help="Print only the summary, as one JSON object.")
def demo(  # noqa: PLR0913 - click hands every option over as an argument of its own
    *, model: Path | None, seconds: float, forever: bool, seed: int, broker: str | None, as_json: bool
) -> None:
    """Run the whole agent on drawn scenes: no camera, no broker and no photos needed."""
    from agent.demo import Show, perform
    from agent.wiring import surroundings

    logging.getLogger("agent").setLevel(logging.WARNING)  # the table tells what the log would
    show = Show(model_file(model), None if forever else seconds, seed, broker, table=not as_json)
    summary = perform(show, surroundings(), _until_signalled())
    if as_json:
        click.echo(msgspec.json.encode(summary))
        return
    table = Table(title="summary", title_justify="left", show_header=False)
    delay, classify_ = summary.latency_ms["frame_to_message"], summary.latency_ms["classify"]
    for name, value in (
        ("frames", f"{summary.frames} in {summary.seconds:.0f} s ({summary.fps:.1f} a second)"),
        ("messages", f"{summary.messages}: {summary.decisions} decisions, {summary.events} events"),
        ("accuracy", f"{summary.accuracy:.3f} of the time that a garment stood in view ({summary.moments} moments)"),
        ("garments", f"{summary.passages_right} of {summary.passages} right"),
        ("classify", f"p50 {classify_.p50:.0f} ms, p95 {classify_.p95:.0f} ms"),
        ("frame to message", f"p50 {delay.p50:.0f} ms, p95 {delay.p95:.0f} ms"),
    ):
        table.add_row(name, value)
    Console().print(table)


@main.command(epilog="\b\nExample:\n  vastra-agent draw --out drawn --count 60")
@click.option("--out", type=_FILE, required=True, help="The folder to write: one folder of pictures a label.")
@click.option("--count", type=click.IntRange(1, 10_000), default=60, show_default=True, help="Pictures a label.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
def draw(*, out: Path, count: int, seed: int) -> None:
    """Write drawn garments as a data set: to try training with, or to teach a model the demo's scenes."""
    from agent.adapters.scene_photos import write_drawn_photos

    written = write_drawn_photos(out, count_per_label=count, seed=seed)
    click.echo(f"{written} pictures in {out}", err=True)


@main.command(epilog="\b\nExample:\n  vastra-agent bench --threads 1 --json")
@_model
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True, help="Processor threads.")
@click.option("--frames", type=click.IntRange(10, 10_000), default=100, show_default=True, help="Pictures a round.")
@click.option("--rounds", type=click.IntRange(1, 100), default=3, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
def bench(*, model: Path | None, threads: int, frames: int, rounds: int, as_json: bool) -> None:
    """Measure the agent against the bare interpreter: same model, same threads, one run."""
    from agent.bench import Plan, measure
    from agent.wiring import surroundings

    measured = measure(Plan(model_file(model), threads, frames, rounds), surroundings())
    if as_json:
        click.echo(msgspec.json.encode(measured))
        return
    table = Table(title=f"{measured.model}, {threads} thread(s), {rounds} x {frames} pictures", title_justify="left")
    table.add_column("")
    table.add_column("pictures a second", justify="right")
    table.add_row("bare interpreter", f"{measured.bare_fps:.2f}")
    table.add_row("vastra-agent run", f"{measured.agent_fps:.2f}")
    Console().print(table)
    click.echo(f"ratio {measured.ratio:.3f}")


def _settings(
    config: Path | None, source: str | None, pace: str | None, model: Path | None, broker: str | None
) -> AgentConfig:
    """The configuration file, or the defaults, with what the command line puts in its place."""
    settings = read_config(config) if config else AgentConfig()
    replace = msgspec.structs.replace
    if source or pace:
        camera: CameraConfig = settings.cameras[0]
        camera = replace(camera, source=source or camera.source, pace=pace or camera.pace)
        settings = replace(settings, cameras=(camera, *settings.cameras[1:]))
    if model:
        settings = replace(settings, model=replace(settings.model, path=str(model)))
    if broker:
        settings = replace(settings, broker=replace(settings.broker, url=broker))
    return settings


def _until_signalled() -> Callable[[], bool]:
    """A question that becomes true at Ctrl-C or SIGTERM, so that the line can end its events and say `stopped`."""
    stopping = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    return stopping.is_set
