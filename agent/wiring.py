"""Puts the agent together from its configuration: adapters into ports, ports into the line."""

import logging
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from agent.adapters.grabber import Grabber
from agent.adapters.litert_classifier import LiteRtClassifier
from agent.adapters.paho_broker import PahoBroker
from agent.adapters.paho_link import BrokerAccess
from agent.adapters.sources import is_finite, open_camera
from agent.broker_url import BrokerUrl, parse_broker_url
from agent.bundle import Bundle, Manifest, read_bundle
from agent.config import AgentConfig, CameraConfig, ZoneConfig
from agent.deciding import Decider, Rules
from agent.errors import ConfigError
from agent.events import EventTracker
from agent.framing import Box, Framing
from agent.health import Health
from agent.line import Line, Station, Zone
from agent.messages import ModelName
from agent.motion import MotionGate, MotionRules
from agent.outbox import Outbox
from agent.picture_watch import PictureWatch, WatchRules
from agent.ports import Camera, Clock
from agent.publisher import Identity, Publisher
from agent.secret import Secret
from agent.source import parse_source
from agent.topics import Topics
from agent.values import Spot

_log = logging.getLogger(__name__)


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
    if bundle.manifest.forced:
        _log.warning("model %s %s was %s", bundle.manifest.name, bundle.manifest.version, bundle.manifest.forced)
    classifier = LiteRtClassifier(bundle, threads=config.model.threads)
    classifier.self_test(bundle)
    session = secrets.token_hex(6)
    rules = rules_of(config, bundle.manifest)
    for camera in config.cameras:
        parse_source(camera.source)  # a source that cannot be meant is an error now, one that is away is waited for
    access = broker_access(config, around.environ)
    outbox = Outbox(_outbox_path(config, around.environ), config.outbox.max_events)
    broker = PahoBroker(access, outbox, clock=around.clock)
    identity = _identity(config, bundle.manifest, session)
    publisher = Publisher(identity, broker, around.clock, heartbeat_s=config.decision.heartbeat_s)
    publisher.start()
    sources = [_grabber(camera, around) for camera in config.cameras]
    stations = [
        _station(camera, source, config, rules, session) for camera, source in zip(config.cameras, sources, strict=True)
    ]
    try:
        return Line(stations, classifier, publisher, around.clock, health_s=config.health_s).run(stop)
    finally:
        for source in sources:
            source.close()
        publisher.stop()
        outbox.close()


def load_model(config: AgentConfig) -> Bundle:
    """The configured bundle, checked."""
    return read_bundle(Path(config.model.path))


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
    password = url.password
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
        BrokerUrl(url.host, url.port, url.tls, broker.username or url.username, password),
        client_id=f"vastra-{config.site}-{config.device}",
        ca_file=broker.ca_file,
        keepalive_s=broker.keepalive_s,
        longest_wait_s=broker.longest_wait_s,
    )


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where the agent keeps what must survive a restart: systemd's $STATE_DIRECTORY, else the user's state folder."""
    if "STATE_DIRECTORY" in environ:
        return Path(environ["STATE_DIRECTORY"].split(":")[0])
    return Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "vastra"


WHOLE = ZoneConfig(name="all", box=(0.0, 0.0, 1.0, 1.0))
"""The zone that is the whole picture, where no zones are configured."""


def _station(camera: CameraConfig, source: Grabber, config: AgentConfig, rules: Rules, session: str) -> Station:
    # A video at full pace is a file to be judged, picture by picture, and not a shop to be watched.
    judged_all = camera.pace == "fast" and is_finite(camera.source)
    motion = MotionRules(0.0 if judged_all else config.motion.threshold, config.motion.recheck_s)
    zones = tuple(
        Zone(
            Spot(camera.name, zone.name),
            Box(*zone.box),
            MotionGate(motion),
            Decider(rules),
            EventTracker(f"{session}-{camera.name}-{zone.name}", update_s=config.decision.update_s),
        )
        for zone in camera.zones or (WHOLE,)
    )
    watched = config.picture.watch and not is_finite(camera.source)
    watch = PictureWatch(WatchRules(config.picture.after_s, config.picture.frozen_s)) if watched else None
    return Station(camera.name, source, Framing(camera.rotate, Box(*camera.crop)), watch, zones)


def _grabber(camera: CameraConfig, around: Surroundings) -> Grabber:
    return Grabber(camera, lambda: around.open_camera(camera, around.clock), around.clock)


def _identity(config: AgentConfig, manifest: Manifest, session: str) -> Identity:
    return Identity(
        topics=Topics(config.site, config.device),
        session=session,
        agent_version=version("vastra"),
        zones={camera.name: tuple(zone.name for zone in camera.zones or (WHOLE,)) for camera in config.cameras},
        labels=manifest.known,
        model=ModelName(name=manifest.name, version=manifest.version, sha256=manifest.flatbuffer_sha256),
    )


def _outbox_path(config: AgentConfig, environ: Mapping[str, str]) -> Path | None:
    if config.outbox.path == ":memory:":
        return None
    if config.outbox.path:
        return Path(config.outbox.path)
    return state_folder(environ) / f"outbox-{config.site}-{config.device}.db"


def surroundings() -> Surroundings:
    """The real ones."""
    return Surroundings(clock=Clock(), environ=dict(os.environ))
