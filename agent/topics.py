"""MQTT topics of one device: `vastra/v1/<site>/<device>/...`, checked so that a bad topic cannot exist."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.errors import ConfigError

PREFIX = "vastra/v1"
_ID = re.compile(r"[a-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of a device at a site; both ids match `[a-z0-9-]{1,64}`."""

    site: str
    device: str

    def __post_init__(self) -> None:
        check_id(self.site, "site")
        check_id(self.device, "device")

    @property
    def base(self) -> str:
        return f"{PREFIX}/{self.site}/{self.device}"

    @property
    def state(self) -> str:
        return f"{self.base}/state"

    @property
    def info(self) -> str:
        return f"{self.base}/info"

    @property
    def health(self) -> str:
        return f"{self.base}/health"

    @property
    def requests(self) -> str:
        """The filter that all requests match."""
        return f"{self.base}/request/#"

    def request(self, command: str) -> str:
        return f"{self.base}/request/{command}"

    def response(self, command: str) -> str:
        return f"{self.base}/response/{command}"

    def alert(self, name: str) -> str:
        return f"{self.base}/alert/{check_id(name, 'alert')}"

    def availability(self, camera: str) -> str:
        return f"{self.base}/camera/{check_id(camera, 'camera')}/availability"

    def snapshot(self, camera: str) -> str:
        return f"{self.base}/camera/{check_id(camera, 'camera')}/snapshot"

    def classification(self, camera: str, zone: str) -> str:
        return f"{self._zone(camera, zone)}/classification"

    def event(self, camera: str, zone: str) -> str:
        return f"{self._zone(camera, zone)}/event"

    def counts(self, camera: str, zone: str) -> str:
        return f"{self._zone(camera, zone)}/counts"

    def _zone(self, camera: str, zone: str) -> str:
        return f"{self.base}/camera/{check_id(camera, 'camera')}/{check_id(zone, 'zone')}"


def check_id(text: str, what: str) -> str:
    """`text` itself, if it can be a level of a topic.

    Raises:
        ConfigError: it holds anything but lower-case letters, digits and hyphens, as `/`, `+` and `#` would break topics.
    """
    if not _ID.fullmatch(text):
        near = re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-")[:64] or "camera-1"
        raise ConfigError(f"{what}: {text!r} must be 1 to 64 of a-z, 0-9 and -; for example {near!r}")
    return text


def check_unique(names: Sequence[str], what: str) -> None:
    """Refuses names of which two are the same, and whose topics therefore would be.

    Raises:
        ConfigError: two are.
    """
    if len(set(names)) != len(names):
        raise ConfigError(f"{what}: each needs a name of its own, found {', '.join(names)}")
