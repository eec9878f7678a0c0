"""`vastra-agent check`: looks at what the agent needs, one finding each, with a fix that shop staff understand."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from agent.adapters.litert_classifier import LiteRtClassifier
from agent.adapters.paho_subscriber import Subscriber
from agent.broker_access import BrokerAccess
from agent.config import AgentConfig, CameraConfig
from agent.errors import AgentError, CameraError, OutboxError
from agent.picture_watch import WORDS, fault_of
from agent.secret import masked
from agent.topics import Topics
from agent.wiring import Surroundings, broker_access, load_model, state_folder

_ROOM_MB = 200
_BROKER_S = 6.0  # TCP, TLS and login on a slow network


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `good` or not, what was found, and what to do about it (empty when good)."""

    what: str
    good: bool
    found: str
    fix: str = ""
    exit_code: int = 0


def look_over(config: AgentConfig, around: Surroundings) -> list[Finding]:
    """Everything the agent needs, in the order in which it needs it; never raises for what it looks at."""
    findings = [_look("model", lambda: _model(config), "Copy the model file again, or name another with --model.")]
    for camera in config.cameras:
        fix = "Is the camera plugged in and switched on? Unplug it, wait five seconds, plug it in again."
        findings.append(_look(f"camera {camera.name}", partial(_camera, camera, around), fix))
    fix = "Is the network cable in and the broker's machine on? Compare the address with the one on its label."
    findings.append(_look("broker", lambda: _broker(config, around), fix))
    findings.append(_look("disk", lambda: _disk(config, around), "Delete old files or put in a larger card."))
    return findings


def _look(what: str, look: Callable[[], str], fix: str) -> Finding:
    try:
        return Finding(what, good=True, found=look())
    except AgentError as error:
        return Finding(what, good=False, found=error.message, fix=fix, exit_code=error.exit_code)


def _model(config: AgentConfig) -> str:
    bundle = load_model(config)
    LiteRtClassifier(bundle, threads=config.model.threads).self_test(bundle)
    manifest = bundle.manifest
    found = f"{manifest.name} {manifest.version} knows {', '.join(manifest.known)}; golden test passed"
    return f"{found}; but it was {manifest.forced}" if manifest.forced else found


def _camera(config: CameraConfig, around: Surroundings) -> str:
    camera = around.open_camera(config, around.clock)
    try:
        frame = camera.read()
    finally:
        camera.close()
    if frame is None:
        raise CameraError(f"{masked(config.source)} holds no picture")
    height, width = frame.pixels.shape[:2]
    fault = fault_of(frame.pixels)
    if fault is not None:
        text, hint = WORDS[fault]
        raise CameraError(f"{text} ({width}x{height}). {hint}")
    return f"gives pictures of {width}x{height}"


def _broker(config: AgentConfig, around: Surroundings) -> str:
    configured = broker_access(config, around.environ)
    # A client id of its own: with the agent's, the broker would throw out an agent that is running.
    access = replace(configured, client_id=BrokerAccess(configured.url).client_id)
    with Subscriber(access, Topics(config.site, config.device).state) as subscriber:
        subscriber.await_subscription(_BROKER_S)
    return f"{access.url} answers"


def _disk(config: AgentConfig, around: Surroundings) -> str:
    file = config.outbox.path
    folder = Path(file).parent if file and file != ":memory:" else state_folder(around.environ)
    existing = next(parent for parent in (folder, *folder.resolve().parents) if parent.exists())
    free_mb = shutil.disk_usage(existing).free // 1_000_000
    if free_mb < _ROOM_MB:
        raise OutboxError(f"{existing}: only {free_mb} MB free, events need {_ROOM_MB}")
    return f"{free_mb} MB free at {existing}"
