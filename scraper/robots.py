"""What a host's robots.txt allows (RFC 9309), read by Protego: Python's own parser misreads wildcard rules."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from protego import Protego

from scraper.errors import FetchError
from scraper.limiter import host_of

ROBOT_NAME = "vastra-scrape"
LONGEST_ROBOTS = 512_000
"""Bytes: RFC 9309 asks for at least 500 KiB to be read."""
UNAVAILABLE = range(400, 500)


@dataclass(frozen=True, slots=True)
class RobotsReply:
    """How a host answered for its robots.txt."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether an address may be asked for; `overridden` where the file says no and a person said yes for that host."""

    allowed: bool
    overridden: bool = False
    crawl_delay_s: float = 0.0


@dataclass(slots=True)
class Robots:
    """The rules of every host met, each asked for once. `fetch` gets an address and gives how the host answered."""

    fetch: Callable[[str], RobotsReply]
    overrides: frozenset[str] = frozenset()
    _rules: dict[str, Protego | FetchError] = field(default_factory=dict)

    def ruling(self, url: str) -> Ruling:
        """Whether this address may be asked for.

        Raises:
            FetchError: the host has a robots.txt but does not say what stands in it (RFC 9309 2.3.1.4: keep away).
        """
        host = host_of(url)
        if host not in self._rules:
            self._rules[host] = self._read(url)
        rules = self._rules[host]
        if isinstance(rules, FetchError):
            raise FetchError(rules.message, status=rules.status)
        delay = float(rules.crawl_delay(ROBOT_NAME) or 0)
        if rules.can_fetch(url, ROBOT_NAME):
            return Ruling(allowed=True, crawl_delay_s=delay)
        over = any(host == name or host.endswith(f".{name}") for name in self.overrides)
        return Ruling(allowed=over, overridden=over, crawl_delay_s=delay)

    def _read(self, url: str) -> "Protego | FetchError":
        parts = urlsplit(url)
        try:
            reply = self.fetch(f"{parts.scheme}://{parts.netloc}/robots.txt")
        except FetchError as error:  # kept: a host that is down is not asked once for each of a thousand photos
            return error
        if reply.status in UNAVAILABLE:  # there is none: RFC 9309 2.3.1.3, everything may be asked for
            return Protego.parse("")
        if reply.status != 200:  # noqa: PLR2004 - OK
            return FetchError(f"{parts.netloc}: robots.txt answers {reply.status}; try later", status="robots_unknown")
        return Protego.parse(reply.text[:LONGEST_ROBOTS])
