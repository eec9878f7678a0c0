"""Puts the agent together from its configuration: adapters into ports, ports into the line."""

import logging
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from agent.adapters.grabber import Grabber
from agent.adapters.litert_classifier import LiteRtClassifier
from agent.adapters.opencv_jpeg import encode_jpeg
from agent.adapters.paho_broker import PahoBroker
from agent.adapters.sources import open_camera
from agent.adapters.systemd_supervisor import SystemdSupervisor
from agent.broker_access import BrokerAccess
from agent.broker_url import BrokerUrl, parse_broker_url
from agent.bundle import Bundle, Manifest, read_bundle
from agent.bundled import model_file
from agent.clerk import Clerk
from agent.config import AgentConfig, CameraConfig
from agent.deciding import Rules
from agent.errors import ConfigError
from agent.floor import Floor, zone_names
from agent.health import Health
from agent.home_assistant import Announcer
from agent.identity import Identity
from agent.line import Line
from agent.messages import ModelName
from agent.outbox import Bounds, Outbox
from agent.photographer import Photographer
from agent.ports import Camera, Clock
from agent.publisher import Publisher
from agent.secret import Secret
from agent.source import parse_source
from agent.store import Store
from agent.topics import Topics
from agent.vigil import Vigil

_log = logging.getLogger(__name__)
_TURN_S = 10.0  # of the line, at most: on the slowest device, with many zones


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the agent takes from outside its configuration; each is the real thing by default.

    `open_camera` opens a configured camera, `environ` holds the broker's password and the state folder.
    """

    clock: Clock
    environ: Mapping[str, str]
    open_camera: Callable[[CameraConfig, Clock], Camera] = open_camera


def run_agent(config: AgentConfig, around: Surroundings, stop: Callable[[], bool]) -> Health:
    """Runs the agent until `stop()` or the end of every source; returns the final figures.

    Raises:
        ConfigError, BundleError, OutboxError: it cannot start; a camera or broker that is away does not stop it.
    """
    bundle = load_model(config)
    classifier = _classifier(bundle, config.model.threads)
    session = secrets.token_hex(6)
    rules = rules_of(config, bundle.manifest)
    for camera in config.cameras:
        parse_source(camera.source)  # a source that cannot be meant is an error now, one that is away is waited for
    access = broker_access(config, around.environ)
    store = Store(_outbox_path(config, around.environ))
    outbox = Outbox(store, _bounds(config), around.clock)
    broker = PahoBroker(access, outbox, clock=around.clock, replay_per_s=config.outbox.replay_per_s)
    identity = _identity(config, bundle.manifest, session)
    announcer = Announcer(identity, snapshots=config.snapshot.enabled) if config.home_assistant.enabled else None
    publisher = Publisher(identity, broker, around.clock, heartbeat_s=config.decision.heartbeat_s, announcer=announcer)
    publisher.start()
    sources = [_grabber(camera, around) for camera in config.cameras]
    floor = Floor(config, rules, identity, store)
    stations = [floor.station(camera, source) for camera, source in zip(config.cameras, sources, strict=True)]
    deciders = [zone.decider for station in stations for zone in station.zones]
    vigil = _vigil(config, sources, broker, around)
    try:
        line = Line(stations, classifier, publisher, around.clock, health_s=config.health_s)
        clerk = Clerk(publisher, deciders, rules, store, _photographer(config, publisher, line))

        def ends() -> bool:
            vigil.turn(line.frames)
            return stop() or clerk.attend()

        return line.run(ends)
    finally:
        vigil.stop()
        for source in sources:
            source.close()
        publisher.stop()
        store.close()


def load_model(config: AgentConfig) -> Bundle:
    """The configured bundle, checked."""
    return read_bundle(model_file(config.model.path))


def rules_of(config: AgentConfig, manifest: Manifest) -> Rules:
    """How this configuration and this model decide; the configured threshold wins over the calibrated one."""
    threshold, decision = config.model.threshold, config.decision
    return Rules(
        threshold=manifest.calibration.threshold if threshold is None else threshold,
        rejects=frozenset(manifest.rejects),
        smoothing=decision.smoothing,
        window=decision.window,
        agree=decision.agree,
        memory_s=decision.memory_s,
        margin=decision.margin,
        leave=decision.leave,
        hold_s=decision.hold_s,
        cooldown_s=decision.cooldown_s,
        stale_s=decision.stale_s,
    )


def broker_access(config: AgentConfig, environ: Mapping[str, str]) -> BrokerAccess:
    """The configured broker with its user and password, which come from the URL, a file or VASTRA_BROKER_PASSWORD.

    Raises:
        ConfigError: the URL is wrong or the password file cannot be read.
    """
    broker = config.broker
    url = parse_broker_url(broker.url)
    username, password = broker.username or url.username, url.password
    if broker.password_file:
        try:
            password = Secret(Path(broker.password_file).read_text(encoding="utf-8").rstrip("\n"))
        except OSError as error:
            raise ConfigError(
                f"broker.password_file: {broker.password_file}: cannot be read: {error.strerror}"
            ) from error
    elif "VASTRA_BROKER_PASSWORD" in environ:
        password = Secret(environ["VASTRA_BROKER_PASSWORD"])
    return BrokerAccess(
        BrokerUrl(url.host, url.port, url.tls, username, password),
        client_id=f"vastra-{config.site}-{config.device}",
        others=tuple(
            BrokerUrl(other.host, other.port, other.tls, other.username or username, other.password or password)
            for other in map(parse_broker_url, broker.others)
        ),
        ca_file=broker.ca_file,
        cert_file=broker.cert_file,
        key_file=broker.key_file,
        keepalive_s=broker.keepalive_s,
        longest_wait_s=broker.longest_wait_s,
    )


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where the agent keeps what must survive a restart: systemd's $STATE_DIRECTORY, else the user's state folder."""
    if "STATE_DIRECTORY" in environ:
        return Path(environ["STATE_DIRECTORY"].split(":")[0])
    return Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "vastra"


def _classifier(bundle: Bundle, threads: int) -> LiteRtClassifier:
    """The model, proven to answer here as it did where it was exported."""
    if bundle.manifest.forced:
        _log.warning("model %s %s was %s", bundle.manifest.name, bundle.manifest.version, bundle.manifest.forced)
    classifier = LiteRtClassifier(bundle, threads=threads)
    classifier.self_test(bundle)
    return classifier


def _photographer(config: AgentConfig, publisher: Publisher, line: Line) -> Photographer | None:
    if not config.snapshot.enabled:
        return None
    cameras = [camera.name for camera in config.cameras]
    return Photographer(
        publisher, cameras, line.picture, lambda pixels: encode_jpeg(pixels, config.snapshot.max_kb * 1000)
    )


def _vigil(config: AgentConfig, sources: Sequence[Grabber], broker: PahoBroker, around: Surroundings) -> Vigil:
    """Patient for as long as a grabber is until it says itself that its camera is lost, and a turn of the line."""
    cameras = {camera.name: source for camera, source in zip(config.cameras, sources, strict=True)}
    patience_s = max(camera.stall_s for camera in config.cameras) + _TURN_S
    return Vigil(SystemdSupervisor(around.environ), cameras, broker, around.clock, patience_s=patience_s)


def _grabber(camera: CameraConfig, around: Surroundings) -> Grabber:
    return Grabber(camera, lambda: around.open_camera(camera, around.clock), around.clock)


def _identity(config: AgentConfig, manifest: Manifest, session: str) -> Identity:
    return Identity(
        topics=Topics(config.site, config.device),
        session=session,
        agent_version=version("vastra"),
        zones={camera.name: zone_names(camera) for camera in config.cameras},
        labels=manifest.known,
        model=ModelName(name=manifest.name, version=manifest.version, sha256=manifest.flatbuffer_sha256),
    )


def _outbox_path(config: AgentConfig, environ: Mapping[str, str]) -> Path | None:
    if config.outbox.path == ":memory:":
        return None
    if config.outbox.path:
        return Path(config.outbox.path)
    return state_folder(environ) / f"outbox-{config.site}-{config.device}.db"


def _bounds(config: AgentConfig) -> Bounds:
    outbox = config.outbox
    return Bounds(outbox.max_events, round(outbox.max_mb * 1_000_000), outbox.max_age_days * 86_400)


def surroundings() -> Surroundings:
    """The real ones."""
    return Surroundings(clock=Clock(), environ=dict(os.environ))
