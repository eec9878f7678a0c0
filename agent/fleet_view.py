"""What all devices say, as one table for the person who keeps them running. Pure: messages in, a rich table out."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from rich.table import Table
from rich.text import Text

from agent.messages import (
    AvailabilityMessage,
    ClassificationMessage,
    EventMessage,
    Header,
    HealthMessage,
    StateMessage,
)
from agent.topics import PREFIX

_STATES = {
    "online": Text("working", "green"),
    "stopped": Text("switched off", "yellow"),
    "offline": Text("LOST - check power and network", "bold red"),
}
_EVENTS = {"new": "came", "update": "still there", "end": "left"}
_WHOLE = "all"  # the zone of a camera without zones; saying so helps nobody
_OLD_S = 2.0  # live pictures are younger, even on a busy device
_FRESH = timedelta(seconds=90)  # three heartbeats of 30 s missed


@dataclass(slots=True)
class _Zone:
    """The last that a part of a camera's picture told."""

    decision: ClassificationMessage | None = None
    event: EventMessage | None = None


@dataclass(slots=True)
class _Device:
    """The last that a device told; `session` is the start of the agent that spoke last, `heard` when it did, live."""

    state: StateMessage | None = None
    session: str = ""
    health: HealthMessage | None = None
    heard: datetime | None = None
    camera_lost: dict[str, str] = field(default_factory=dict)
    zones: dict[tuple[str, str], _Zone] = field(default_factory=dict)


class FleetView:
    """All devices that were heard of, updated by `take`, drawn by `table`."""

    def __init__(self) -> None:
        self._devices: dict[tuple[str, str], _Device] = {}

    def take(self, topic: str, payload: bytes, *, retained: bool, at: datetime) -> None:
        """Learns from a message that came at `at` (aware); one that is not ours, or not readable, changes nothing.

        `retained` messages were kept by the broker: they tell what was last said, not that the device is alive.
        """
        levels = topic.removeprefix(f"{PREFIX}/").split("/")
        if not topic.startswith(f"{PREFIX}/") or len(levels) < 3:  # noqa: PLR2004 - site, device, kind
            return
        (site, name), kind = levels[:2], levels[-1]
        if kind not in _KINDS:
            return
        try:
            message = msgspec.json.decode(payload, type=_KINDS[kind])
        except msgspec.MsgspecError:
            return
        device = self._devices.setdefault((site, name), _Device())
        if not retained:
            device.heard = at
        _learn(device, message, levels)

    def table(self, now: datetime) -> Table:
        """A line for every zone of every device, sorted by name; `now` is aware."""
        table = Table(title="vastra: what the cameras see", title_justify="left", expand=True)
        for heading in ("Device", "State", "Sees", "Sure", "Picture", "Last garment"):
            table.add_column(heading, overflow="fold")
        for (site, name), device in sorted(self._devices.items()):
            for row, (camera, zone) in enumerate(_places(device)):
                seen = device.zones.get((camera, zone), _Zone())
                place = f"{site}/{name} {camera}" + (f" {zone}" if zone not in ("", _WHOLE) else "")
                state = _state_cell(device, now) if row == 0 else Text()
                table.add_row(place, state, *_zone_cells(device, camera, seen), _event_cell(seen, now))
        if not self._devices:
            table.caption = "no device heard of yet"
        return table


_KINDS: dict[str, type[Header]] = {
    "state": StateMessage,
    "health": HealthMessage,
    "availability": AvailabilityMessage,
    "classification": ClassificationMessage,
    "event": EventMessage,
}


def _learn(device: _Device, message: Header, levels: list[str]) -> None:
    if isinstance(message, StateMessage):
        if message.state == "offline" and device.session not in ("", message.session):
            return  # the last will of an earlier start, come after the "online" of the present one
        device.state, device.session = message, message.session
        return
    if device.state is not None and device.state.state == "offline" and device.session != message.session:
        device.state = None  # somebody speaks: the will was an earlier start's
    device.session = message.session
    if isinstance(message, HealthMessage):
        device.health = message
    elif isinstance(message, AvailabilityMessage):
        device.camera_lost.pop(levels[-2], None)
        if message.state == "offline":
            device.camera_lost[levels[-2]] = message.reason or "no picture"
    elif isinstance(message, ClassificationMessage):
        device.zones.setdefault((message.camera, message.zone), _Zone()).decision = message
    elif isinstance(message, EventMessage):
        device.zones.setdefault((message.camera, message.zone), _Zone()).event = message


def _places(device: _Device) -> list[tuple[str, str]]:
    """Cameras and zones that have told something, and lost cameras that have not; never none."""
    silent = {(camera, "") for camera in device.camera_lost} - {(camera, "") for camera, _ in device.zones}
    return sorted({*device.zones, *silent}) or [("", "")]


def _state_cell(device: _Device, now: datetime) -> Text:
    if device.state is None:
        return _STATES["online"] if device.heard else Text("not known yet", "dim")
    since = f" since {_clock_time(device.state.ts, now)}"
    silent = device.heard is None or now - device.heard > _FRESH
    if device.state.state == "online" and silent and now - device.state.ts > _FRESH:
        last = f"last heard {_clock_time(device.heard, now)}" if device.heard else "not heard from yet"
        return Text(f"silent, {last}", "yellow")
    return _STATES[device.state.state] + Text(since)


def _zone_cells(device: _Device, camera: str, zone: _Zone) -> tuple[Text, str, Text]:
    """What it sees, how sure it is, how old the picture was when it said so, and how many pictures it looks at."""
    if device.state is not None and device.state.state != "online":
        return Text("-", "dim"), "", Text()
    if camera in device.camera_lost:
        return Text(f"camera lost: {device.camera_lost[camera]}", "bold red"), "", Text()
    seen = zone.decision
    if seen is None:
        return Text("nothing yet", "dim"), "", Text()
    words = {
        "confirmed": Text(seen.label or "", "bold green"),
        "candidate": Text(f"perhaps {seen.label}", "yellow"),
        "unknown": Text("none of our garments", "dim"),
        "stale": Text("no picture", "bold red"),
    }
    sure = f"{seen.score:.0%}" if seen.decision in ("confirmed", "candidate") else ""
    age_s = seen.frame_age_ms / 1000
    picture = Text(f"{age_s:.1f} s old", "red" if age_s > _OLD_S else "")
    if device.health is not None:
        picture += Text(f", {device.health.fps:.1f} a second")
    return words[seen.decision], sure, picture


def _event_cell(zone: _Zone, now: datetime) -> str:
    event = zone.event
    if event is None:
        return ""
    late = ", told later" if event.historical else ""
    return f"{event.label} {_EVENTS[event.event]} {_clock_time(event.ended or event.ts, now)}{late}"


def _clock_time(moment: datetime, now: datetime) -> str:
    """Local time, with the date unless it is today's."""
    local, today = moment.astimezone(), now.astimezone().date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%d %b %H:%M}"
