"""Which broker, and as whom: addresses, credentials and certificates, checked when they are loaded."""

import ssl
from dataclasses import dataclass, field
from secrets import token_hex

from agent.broker_url import BrokerUrl
from agent.errors import BrokerError


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """All that a connection needs. No two clients of a broker may share a `client_id`.

    `others` are further addresses of the same broker or its cluster, tried in turn while `url` is away. `ca_file` None
    trusts the system's certificate authorities; `cert_file` and `key_file` are shown to a broker that asks who we are;
    they matter for `mqtts` alone. A connection on which nothing came for twice `keepalive_s` is lost. Attempts to
    connect are at most `longest_wait_s` apart, and about `rival_wait_s` once another client took our id.
    """

    url: BrokerUrl
    client_id: str = field(default_factory=lambda: f"vastra-{token_hex(6)}")
    others: tuple[BrokerUrl, ...] = ()
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    keepalive_s: int = 30
    longest_wait_s: float = 60.0
    rival_wait_s: float = 600.0

    @property
    def addresses(self) -> tuple[BrokerUrl, ...]:
        """Where the broker may be, in the order in which it is looked for."""
        return (self.url, *self.others)

    def tls(self) -> ssl.SSLContext:
        """What verifies the broker's certificate and name, and tells who we are.

        Raises:
            BrokerError: a file cannot be read or does not hold what it should.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            reason = "holds no certificates in PEM form" if isinstance(error, ssl.SSLError) else _reason(error)
            raise BrokerError(f"broker.ca_file: {self.ca_file}: {reason}") from error
        if self.cert_file is not None:
            self._load_certificate(context, self.cert_file)
        return context

    def _load_certificate(self, context: ssl.SSLContext, cert_file: str) -> None:
        try:
            # without a password of our own, OpenSSL would ask for one at a terminal that a service does not have
            context.load_cert_chain(cert_file, self.key_file, password=_no_password)
        except ssl.SSLError as error:
            reason = (
                "the key is not this certificate's"
                if error.reason == "KEY_VALUES_MISMATCH"
                else ("it holds no certificate, or broker.key_file no key, in PEM form")
            )
            raise BrokerError(f"broker.cert_file: {cert_file}: {reason}") from error
        except OSError as error:
            files = f"{cert_file} or {self.key_file}" if self.key_file else cert_file
            raise BrokerError(f"broker.cert_file: {files}: {_reason(error)}") from error
        except ValueError as error:
            raise BrokerError(f"broker.key_file: {self.key_file or cert_file}: {error}") from error


def _no_password() -> str:
    raise ValueError("the key is protected by a passphrase, which nobody could type here; store it without one")


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text[:1].lower() + text[1:]
