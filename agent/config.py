"""The agent's configuration: one TOML file, checked as a whole before anything starts."""

import difflib
import re
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec

from agent.bundled import DEFAULT_MODEL
from agent.counting import time_zone
from agent.deciding import SmoothingName
from agent.errors import ConfigError
from agent.framing import Box, QuarterTurns
from agent.secret import masked
from agent.topics import check_id, check_unique

Seconds = Annotated[float, msgspec.Meta(gt=0.0, le=86_400.0)]
Pause = Annotated[float, msgspec.Meta(ge=0.0, le=86_400.0)]
GreyLevels = Annotated[float, msgspec.Meta(ge=0.0, le=255.0)]
Unit = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: immutable, and a misspelt key is an error rather than a silent default.

    Its repr shows no password that an address may hold.
    """

    def __repr__(self) -> str:
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        shown = (f"{name}={masked(value) if isinstance(value, str) else value!r}" for name, value in values)
        return f"{type(self).__name__}({', '.join(shown)})"


Shares = tuple[Unit, Unit, Unit, Unit]
"""A box: left, top, right, bottom, as shares of the picture's width and height."""


class ZoneConfig(_Section, frozen=True, kw_only=True):
    """A part of a camera's picture that is classified on its own: one rack, one side of a till."""

    name: str  # a level of the topics
    box: Shares  # of the picture after rotate and crop

    def __post_init__(self) -> None:
        check_id(self.name, "cameras.zones.name")
        Box(*self.box)


class CameraConfig(_Section, frozen=True, kw_only=True):
    """Where pictures come from, and which part of them matters."""

    name: str = "camera-1"  # a level of the topics
    source: str = "0"  # the first camera; also /dev/..., rtsp://, http://, a video, a folder, `demo`
    pace: Literal["realtime", "fast"] = "realtime"  # videos and folders only: as filmed, or every picture at once
    loop: bool = False  # videos and folders only: begin again at the end
    stall_s: Seconds = 10.0  # slower than any camera's key frame; past it the picture is not live any more
    rotate: QuarterTurns = 0  # degrees clockwise, for a camera that hangs on its side or upside down
    crop: Shares = (0.0, 0.0, 1.0, 1.0)  # what is outside (a clock, a street) is not looked at
    zones: tuple[ZoneConfig, ...] = ()  # none: the whole picture is one, named `all`

    def __post_init__(self) -> None:
        check_id(self.name, "cameras.name")
        Box(*self.crop)
        check_unique([zone.name for zone in self.zones], "cameras.zones.name")


class ModelConfig(_Section, frozen=True, kw_only=True):
    """Which bundle answers, and with how many processor threads."""

    path: str = DEFAULT_MODEL  # or vgg16: thirteen times the work, right a little more often; or a .tflite of your own
    threads: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1  # leaves the other cores to decoding and the system
    threshold: Unit | None = None  # None: the bundle's own, calibrated to keep 95 % of known garments


class DecisionConfig(_Section, frozen=True, kw_only=True):
    """How single predictions become a steady answer."""

    window: Annotated[int, msgspec.Meta(ge=1, le=100)] = 5  # pictures averaged: rides over one blurred or turned away
    agree: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3  # of them, with the same best label, before it is confirmed
    smoothing: SmoothingName = "majority"  # all of the window alike; exponential: newer pictures count more
    memory_s: Seconds = 0.7  # exponential only: a picture's weight falls to a third in it; five pictures at 7 a second
    margin: Unit = 0.1  # lead over the next label: two garments neck and neck are no answer
    leave: Unit = 0.85  # of the threshold: a confirmed label stays down to there, so that it does not flap around it
    hold_s: Pause = 0.5  # a confirmed label stays through so long a doubt: an arm that passes before the garment
    cooldown_s: Pause = 0.0  # before a label that left may come again; 0: two of a kind may follow one another
    stale_s: Seconds = 5.0  # without pictures for so long, the last answer is not true any more
    update_s: Seconds = 10.0  # how often a garment that stays is reported again
    heartbeat_s: Seconds = 30.0  # how often an unchanged decision is published again


class MotionConfig(_Section, frozen=True, kw_only=True):
    """When a live zone's picture counts as unchanged, and is not classified again. Videos at pace `fast` always are."""

    threshold: GreyLevels = 10.0  # of 255, over a night picture's noise; 0 classifies every picture
    recheck_s: Seconds = 5.0  # an unchanged zone is classified all the same so often: 1 of 50 pictures at ten a second


class PictureConfig(_Section, frozen=True, kw_only=True):
    """When a live camera's picture is so bad that somebody has to look after it."""

    watch: bool = True  # for frozen, black, covered and blurred pictures
    after_s: Seconds = 20.0  # longer than a customer stands before the lens, or the camera finds its focus
    frozen_s: Seconds = 60.0  # no pixel changed: longer than any stream goes without a new key frame


class BrokerConfig(_Section, frozen=True, kw_only=True):
    """Where messages go. The password comes from a file, a systemd credential or VASTRA_BROKER_PASSWORD, never from here."""

    url: str = "mqtt://localhost:1883"  # mqtts:// for TLS; the ports are 1883 and 8883 unless given
    username: str | None = None  # None: the one in the URL, if any
    password_file: str | None = None  # read at the start; None: VASTRA_BROKER_PASSWORD, or the one in the URL
    others: tuple[str, ...] = ()  # more addresses of the same broker or cluster, tried in turn while `url` is away
    ca_file: str | None = None  # None: the system's certificate authorities
    cert_file: str | None = None  # shown to a broker that knows its devices by certificate
    key_file: str | None = None  # None: in cert_file
    keepalive_s: Annotated[int, msgspec.Meta(ge=5, le=3600)] = 30  # a dead agent is offline within 45 s
    longest_wait_s: Seconds = 60.0  # between two attempts to connect


class OutboxConfig(_Section, frozen=True, kw_only=True):
    """Events wait here on disk while the broker is away."""

    path: str | None = None  # None: $STATE_DIRECTORY or ~/.local/state/vastra, and memory for the demo
    max_events: Annotated[int, msgspec.Meta(ge=10, le=10_000_000)] = 100_000  # about 50 MB, a month of a busy till
    max_mb: Annotated[float, msgspec.Meta(ge=0.1, le=100_000.0)] = 50.0  # the file is up to twice as large
    max_age_days: Annotated[float, msgspec.Meta(gt=0.0, le=3650.0)] = 30.0  # what brokers keep it for, too
    replay_per_s: Annotated[float, msgspec.Meta(ge=0.1, le=10_000.0)] = 100.0  # a shop's devices come back all at once


class SnapshotConfig(_Section, frozen=True, kw_only=True):
    """Pictures of the cameras, sent when asked for by `request/snapshot`."""

    enabled: bool = False  # they show people: somebody has to decide that they may leave the device
    max_kb: Annotated[int, msgspec.Meta(ge=10, le=10_000)] = 100  # some brokers take no message over 128 KB


class HomeAssistantConfig(_Section, frozen=True, kw_only=True):
    """Home Assistant on the same broker finds the device and its zones by itself."""

    enabled: bool = False  # few shops have one, and brokers mostly keep a device to its own topics: this needs one more


class AgentConfig(_Section, frozen=True, kw_only=True):
    """All of it; every default runs on a bare device with one camera and a broker beside it."""

    site: str = "shop"  # a level of every topic: a-z, 0-9 and -
    device: str = "camera"  # the same; no two devices of a site may share it
    cameras: Annotated[tuple[CameraConfig, ...], msgspec.Meta(min_length=1)] = (CameraConfig(),)
    model: ModelConfig = ModelConfig()
    decision: DecisionConfig = DecisionConfig()
    motion: MotionConfig = MotionConfig()
    picture: PictureConfig = PictureConfig()
    broker: BrokerConfig = BrokerConfig()
    outbox: OutboxConfig = OutboxConfig()
    snapshot: SnapshotConfig = SnapshotConfig()
    home_assistant: HomeAssistantConfig = HomeAssistantConfig()
    health_s: Seconds = 60.0  # between two reports on how the agent is doing
    time_zone: str | None = None  # of the store, for its counts by hour and day, "Asia/Kolkata"; None: the system's

    def __post_init__(self) -> None:
        check_id(self.site, "site")
        check_id(self.device, "device")
        time_zone(self.time_zone)
        check_unique([camera.name for camera in self.cameras], "cameras.name")
        if self.decision.agree > self.decision.window:
            raise ConfigError(
                f"decision.agree: {self.decision.agree} of a window of {self.decision.window} can never be"
            )


def read_config(path: Path) -> AgentConfig:
    """The configuration in a TOML file.

    Raises:
        ConfigError: it cannot be read, is no TOML, or a key is unknown, of the wrong type or out of range.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the configuration: {error.strerror}") from error
    try:
        return msgspec.toml.decode(text, type=AgentConfig)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error.message}") from error
    except msgspec.MsgspecError as error:
        raise ConfigError(f"{path}: {_explain(str(error))}") from error


def _explain(message: str) -> str:
    """Msgspec's message, and for an unknown key the nearest known one."""
    unknown = re.search(r"unknown field `([^`]+)`", message)
    if unknown is None:
        return message
    keys = _keys(AgentConfig)
    near = difflib.get_close_matches(unknown[1], keys, n=1)
    return f"{message}; did you mean `{near[0]}`?" if near else f"{message}; known keys: {', '.join(sorted(keys))}"


def _keys(kind: object) -> set[str]:
    """All keys of a section and of those in it, however they are wrapped: tuples, unions, annotations."""
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return set().union(*map(_keys, get_args(kind)))
    fields = msgspec.structs.fields(kind)
    return {field.encode_name for field in fields}.union(*(_keys(field.type) for field in fields))
