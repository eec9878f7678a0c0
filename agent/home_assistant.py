"""Home Assistant finds the device by itself: one retained message names all of its entities.

Only what really works is named. The keys are those of
https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload; Home Assistant refuses a message with others.
"""

from collections.abc import Iterator
from itertools import chain
from random import Random

import msgspec

from agent.identity import Identity
from agent.values import Incoming, Outgoing, Spot

BIRTH = "homeassistant/status"
"""Where Home Assistant says `online` when it has started."""

_PAUSE_S = 2.0  # after its birth: it may still be subscribing
_SPREAD_S = 3.0  # at random on top, so that a shop's devices do not all answer at once

# Home Assistant's own word `unknown` means that it was told nothing; it must not be one of ours.
_UNCONFIRMED = {"candidate": "undecided", "unknown": "no garment", "stale": "no picture"}

_ONLINE = "{{ 'online' if value_json.state == 'online' else 'offline' }}"  # `stopped` would not count as offline
_GARMENT = f"{{{{ value_json.label if value_json.decision == 'confirmed' else {_UNCONFIRMED}[value_json.decision] }}}}"
# Nothing for updates, which would only fill its history, and for what is told late: no automation should act on it now.
_EVENT = (
    "{% if value_json.event != 'update' and not value_json.historical %}"
    "{{ {'event_type': value_json.event, 'label': value_json.label, 'score': value_json.score,"
    " 'event_id': value_json.event_id, 'started': value_json.started, 'ended': value_json.ended} | to_json }}"
    "{% endif %}"
)
_THRESHOLD = "{{ value_json.threshold | round(3) if value_json.threshold is number else None }}"

_Keys = dict[str, object]


class Announcer:
    """Tells Home Assistant of the device: at every connect, and again soon after Home Assistant has started."""

    def __init__(self, identity: Identity, random: Random | None = None, *, snapshots: bool = False) -> None:
        self._identity, self._snapshots = identity, snapshots
        self._random = random or Random()  # noqa: S311 - jitter, no secret
        self._due_s: float | None = None  # set by the network's thread, taken by the line's

    def message(self) -> Outgoing:
        """The device with its entities, as it stands."""
        topic = f"homeassistant/device/{self._identity.topics.device}/config"
        payload = msgspec.json.encode(_device(self._identity, snapshots=self._snapshots))
        return Outgoing(topic, payload, qos=1, retain=True)

    def hear(self, incoming: Incoming, now_s: float) -> None:
        """Takes note of a birth. One that the broker had kept is older than our connection, which told everything."""
        if incoming.payload == b"online" and not incoming.retained:
            self._due_s = now_s + _PAUSE_S + self._random.uniform(0.0, _SPREAD_S)

    def due(self, now_s: float) -> bool:
        """True once when the message has to be sent again."""
        if self._due_s is None or now_s < self._due_s:
            return False
        self._due_s = None
        return True


def _device(identity: Identity, *, snapshots: bool) -> _Keys:
    topics = identity.topics
    pictures = chain.from_iterable(_pictures(identity, camera) for camera in identity.zones) if snapshots else ()
    return {
        "dev": {
            "identifiers": [_name(identity)],
            "name": f"{topics.site} {topics.device}",
            "manufacturer": "vastra",
            "model": "store camera",
            "sw_version": identity.agent_version,
        },
        "o": {"name": "vastra-agent", "sw_version": identity.agent_version},
        "cmps": dict([*_entities(identity), *pictures]),
        "availability": [_availability(topics.state)],
        "availability_mode": "all",
        "qos": 1,
    }


def _entities(identity: Identity) -> Iterator[tuple[str, _Keys]]:
    for camera, zones in identity.zones.items():
        for zone in zones:
            yield from _zone(identity, Spot(camera, zone), str(Spot(camera, zone)) if len(zones) > 1 else camera)
    yield _entity(identity, "threshold", {
        "platform": "number",
        "name": "threshold",
        "entity_category": "config",
        "state_topic": identity.topics.info,
        "value_template": _THRESHOLD,
        "command_topic": identity.topics.request("threshold/set"),
        "command_template": '{"value": {{ value }}, "transaction": "home-assistant"}',
        "min": 0.0,
        "max": 1.0,
        "step": 0.01,
        "mode": "box",
    })  # fmt: skip


def _zone(identity: Identity, spot: Spot, name: str) -> Iterator[tuple[str, _Keys]]:
    topics = identity.topics
    # Both: a device that died has said nothing of its cameras.
    shared: _Keys = {"availability": [_availability(topics.state), _availability(topics.availability(spot.camera))]}
    shared["availability_mode"] = "all"
    yield _entity(identity, f"{spot.camera}_{spot.zone}_garment", shared | {
        "platform": "sensor",
        "name": name,
        "device_class": "enum",
        "options": list(dict.fromkeys([*identity.labels, *_UNCONFIRMED.values()])),
        "state_topic": topics.classification(spot.camera, spot.zone),
        "value_template": _GARMENT,
    })  # fmt: skip
    yield _entity(identity, f"{spot.camera}_{spot.zone}_event", shared | {
        "platform": "event",
        "name": f"{name} event",
        "event_types": ["new", "end"],
        "state_topic": topics.event(spot.camera, spot.zone),
        "value_template": _EVENT,
    })  # fmt: skip


def _pictures(identity: Identity, camera: str) -> Iterator[tuple[str, _Keys]]:
    topics = identity.topics
    yield _entity(identity, f"{camera}_snapshot", {
        "platform": "image",
        "name": f"{camera} picture",
        "image_topic": topics.snapshot(camera),
    })  # fmt: skip
    yield _entity(identity, f"{camera}_take", {
        "platform": "button",
        "name": f"{camera} take a picture",
        "command_topic": topics.request("snapshot"),
        "payload_press": f'{{"camera": "{camera}", "transaction": "home-assistant"}}',
        "availability": [_availability(topics.state), _availability(topics.availability(camera))],
        "availability_mode": "all",
    })  # fmt: skip


def _entity(identity: Identity, key: str, keys: _Keys) -> tuple[str, _Keys]:
    return key, {"unique_id": f"{_name(identity)}_{key}", **keys}


def _availability(topic: str) -> _Keys:
    return {"topic": topic, "value_template": _ONLINE}


def _name(identity: Identity) -> str:
    """One of a kind, also where several sites share a Home Assistant. No id holds a `_`."""
    return f"vastra_{identity.topics.site}_{identity.topics.device}"
