"""Where the broker is: `mqtt://` or `mqtts://` addresses, with any password kept out of sight."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from agent.errors import ConfigError
from agent.secret import Secret, masked

_DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """A broker's address. `tls` is set for `mqtts`; `username` and `password` are None for an anonymous connection."""

    host: str
    port: int
    tls: bool = False
    username: str | None = None
    password: Secret | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def parse_broker_url(text: str) -> BrokerUrl:
    """The address in `mqtt(s)://[user[:password]@]host[:port]`; the port defaults to 1883, with TLS to 8883.

    Raises:
        ConfigError: it is no such URL. The message never repeats the password.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        # Without the reason: it may quote a piece of a password whose `/` makes the rest look like a port.
        raise ConfigError(
            f"broker: {masked(text)!r} is not a URL (write / @ : ? # in a password as %2F %40 %3A %3F %23)"
        ) from None
    rest = parts.path.strip("/") + parts.query + parts.fragment
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or rest:
        raise ConfigError(f"broker: expected mqtt://HOST[:PORT] or mqtts://HOST[:PORT], found {masked(text)!r}")
    return BrokerUrl(
        host=parts.hostname,
        port=port or _DEFAULT_PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        username=unquote(parts.username) if parts.username else None,
        password=Secret(unquote(parts.password)) if parts.password else None,
    )
