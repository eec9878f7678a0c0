"""One address into bytes, politely: within limits of time and size, again after what passes, never after a no."""

import email.utils
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import httpx

from scraper.errors import BlockedError, FetchError
from scraper.limiter import LONGEST_BACK_OFF_S, Limiter, host_of
from scraper.robots import LONGEST_ROBOTS, Robots, RobotsReply

BUSY = frozenset({429, 503})
"""Statuses that mean: later. The host may say when (Retry-After)."""
PASSING = frozenset({408, 500, 502, 504})
FORBIDDEN = 403
MAX_REDIRECTS = 5
FORBIDDEN_IN_A_ROW = 3
"""One 403 can be one picture; three one after the other mean us."""
LONGEST_SILENCE_S = 10.0
"""Between two bytes. A shop's image host answers in well under a second."""


class _Later(Exception):  # noqa: N818 - no error yet: another attempt may help
    """This attempt failed in a way that passes; `status` is the manifest's word should it be the last."""

    def __init__(self, status: str, words: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How long, how much and how often."""

    seconds: float = 30.0
    """For one answer from first to last byte: a read timeout alone lets a trickle go on for ever."""
    size: int = 15_000_000
    """Bytes; the largest photo a shop serves is below 5 MB."""
    attempts: int = 4


@dataclass(frozen=True, slots=True)
class Reply:
    """What came: the bytes, the address they came from after redirects."""

    raw: bytes
    url: str


@dataclass(slots=True)
class Fetcher:
    """Gets addresses through one client, limiter and book of robots rules; remembers which hosts refuse us."""

    client: httpx.Client
    limiter: Limiter
    limits: FetchLimits = FetchLimits()
    overrides: frozenset[str] = frozenset()
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    robots: Robots = field(init=False)
    _forbidden: dict[str, int] = field(default_factory=dict)
    _blocked: set[str] = field(default_factory=set)
    _asking: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.robots = Robots(fetch=self._robots_text, overrides=self.overrides)

    def get(self, url: str) -> Reply:
        """The bytes at an address.

        Raises:
            FetchError: not to be had; `status` says why (http_404, timeout, too_large, robots, ...).
            BlockedError: the host refuses us; it is not asked again.
        """
        self.may_ask(url)
        for attempt in range(1, self.limits.attempts + 1):
            self.limiter.wait(url)
            try:
                reply = self._once(url)
            except _Later as later:
                if attempt == self.limits.attempts:
                    raise self._given_up(url, later) from later
                self.limiter.refused(url, retry_after_s=later.retry_after_s)
                continue
            self.limiter.answered(url)
            self._forbidden[host_of(url)] = 0
            return reply
        raise AssertionError  # the last attempt returns or raises

    def may_ask(self, url: str) -> bool:
        """Whether robots.txt allows the address; True where a person had to override it.

        Raises:
            FetchError: it forbids the address (status `robots`), or cannot be read; or this is no web address.
            BlockedError: the host refused us before in this run.
        """
        if not _is_address(url):
            raise FetchError(f"{url[:80]}: no address that can be fetched", status="bad_address")
        if host_of(url) in self._blocked:
            raise BlockedError(f"{host_of(url)} refused us before in this run")
        with self._asking:  # two threads that meet a new host ask for its rules once
            ruling = self.robots.ruling(url)
        if ruling.crawl_delay_s:
            self.limiter.slow_down(url, ruling.crawl_delay_s)
        if not ruling.allowed:
            raise FetchError(
                f"robots.txt of {host_of(url)} disallows {url}; for your own use: --override-robots {host_of(url)}",
                status="robots",
            )
        return ruling.overridden

    def pause_asked(self, url: str, status: int, header: str) -> float | None:
        """The seconds that a busy host asks for in its Retry-After header; None where it names none.

        Raises:
            BlockedError: longer than one run waits; to ask sooner than we were told would be rude.
        """
        pause, host = retry_after(header, self.now()), host_of(url)
        if pause is not None and pause > LONGEST_BACK_OFF_S:
            self._blocked.add(host)
            raise BlockedError(f"{host} answers {status} and asks for {pause:g} s of peace; resume after that")
        return pause

    def _once(self, url: str) -> Reply:
        """One attempt: each redirect is a request of its own, that waits its turn and asks robots.txt."""
        here = url
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._request(here)
            if isinstance(answer, Reply):
                return answer
            here = answer
            self.may_ask(here)
            self.limiter.wait(here)
        raise FetchError(f"{url}: redirects without end", status="redirect_loop")

    def _request(self, url: str) -> Reply | str:
        """One request: what came, or where the answer sends us. A driver's failure becomes `_Later` or FetchError."""
        ends = self.clock() + self.limits.seconds
        try:
            with self.client.stream("GET", url, timeout=min(self.limits.seconds, LONGEST_SILENCE_S)) as response:
                if response.has_redirect_location:
                    return urljoin(url, response.headers["location"])
                self._check(url, response)
                raw = bytearray()
                for chunk in response.iter_bytes():
                    raw += chunk
                    if len(raw) > self.limits.size:
                        raise FetchError(f"{url}: more than {self.limits.size} bytes", status="too_large")
                    if self.clock() > ends:
                        raise _Later("timeout", f"not whole after {self.limits.seconds:g} s")
                return Reply(raw=bytes(raw), url=url)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise FetchError(f"{url}: no address that can be fetched", status="bad_address") from error
        except httpx.TimeoutException as error:
            raise _Later("timeout", "no answer") from error
        except httpx.HTTPError as error:
            raise _Later("unreachable", str(error) or type(error).__name__) from error

    def _check(self, url: str, response: httpx.Response) -> None:
        status, host = response.status_code, host_of(url)
        if status in BUSY:
            pause = self.pause_asked(url, status, response.headers.get("retry-after", ""))
            raise _Later("blocked", f"HTTP status {status}", retry_after_s=pause)
        if status in PASSING:
            raise _Later(f"http_{status}", f"HTTP status {status}")
        if status == FORBIDDEN:
            self._forbidden[host] = self._forbidden.get(host, 0) + 1
            if self._forbidden[host] >= FORBIDDEN_IN_A_ROW:
                self._blocked.add(host)
                raise BlockedError(f"{host} answered 403 {FORBIDDEN_IN_A_ROW} times running; wait, then resume")
        if status != httpx.codes.OK:
            raise FetchError(f"{url}: HTTP status {status}", status=f"http_{status}")
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self.limits.size:
            raise FetchError(f"{url}: {announced} bytes are over the limit of {self.limits.size}", status="too_large")

    def _given_up(self, url: str, later: "_Later") -> FetchError:
        if later.status != "blocked":
            return FetchError(f"{url}: {later}, {self.limits.attempts} times", status=later.status)
        self._blocked.add(host_of(url))
        return BlockedError(f"{host_of(url)}: {later} again and again; wait, then run the same command to resume")

    def _robots_text(self, url: str) -> RobotsReply:
        self.limiter.wait(url)
        text = bytearray()
        try:
            with self.client.stream("GET", url, follow_redirects=True, timeout=LONGEST_SILENCE_S) as response:
                for chunk in response.iter_bytes():
                    text += chunk
                    if len(text) > LONGEST_ROBOTS:
                        break
        except httpx.HTTPError as error:
            words = f"{host_of(url)} does not answer ({error}); look at the address and the network"
            raise FetchError(words, status="unreachable") from error
        return RobotsReply(status=response.status_code, text=text.decode("utf-8-sig", errors="replace"))


def _is_address(url: str) -> bool:
    try:
        return urlsplit(url).scheme in {"http", "https"} and bool(httpx.URL(url).host)
    except (ValueError, httpx.InvalidURL):
        return False


def retry_after(value: str, now: datetime) -> float | None:
    """The seconds that a Retry-After header (RFC 9110 10.2.3: seconds or a date) asks for; None without one."""
    if value.strip().isdecimal():
        return float(value)
    try:
        until = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
