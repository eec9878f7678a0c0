"""Where the broker is: `mqtt://` or `mqtts://` addresses, with any password kept out of sight."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from agent.errors import ConfigError
from agent.secret import Secret

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
    except ValueError as error:
        raise ConfigError(f"broker: {_without_password(text)!r} is not a URL: {error}") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.path.strip("/"):
        raise ConfigError(
            f"broker: expected mqtt://HOST[:PORT] or mqtts://HOST[:PORT], found {_without_password(text)!r}"
        )
    return BrokerUrl(
        host=parts.hostname,
        port=port or _DEFAULT_PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        username=unquote(parts.username) if parts.username else None,
        password=Secret(unquote(parts.password)) if parts.password else None,
    )


def _without_password(text: str) -> str:
    scheme, separator, rest = text.rpartition("@")
    return f"{scheme.partition('://')[0]}://***@{rest}" if separator else text
