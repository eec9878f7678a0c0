"""Fetching from a real server on loopback. The limiter's time is moved by hand, so that no back-off is waited for."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from scraper.errors import BlockedError, FetchError, PictureError
from scraper.fetch import Fetcher, FetchLimits, retry_after
from scraper.limiter import Limiter
from scraper.picture import decode
from tests.scraper.manual_time import ManualTime
from tests.scraper.pictures import photo

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Shop:
    """A server whose answers are scripted by path; several answers to one path are given in turn, the last for ever."""

    address: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        return self.address + path

    def answer(self, path: str, *answers: Answer) -> str:
        self.answers[path] = list(answers)
        return self.url(path)

    def next_answer(self, path: str) -> Answer:
        self.asked.append(path)
        script = self.answers.get(path, [says(404)])
        return script.pop(0) if len(script) > 1 else script[0]


def says(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


@contextmanager
def serving(shop: Shop) -> Iterator[None]:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shop.next_answer(self.path)(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in http.server
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        shop.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            shop.closing.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    with serving(shop):
        yield shop


@pytest.fixture
def time() -> ManualTime:
    return ManualTime()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.fixture
def fetcher(time: ManualTime, client: httpx.Client) -> Fetcher:
    limiter = Limiter(default_interval_s=0.0, clock=lambda: time.now, sleep=time.sleep, chance=lambda: 0.0)
    limits = FetchLimits(seconds=5.0, size=20_000, attempts=3)
    return Fetcher(client=client, limiter=limiter, limits=limits, now=lambda: NOW)


def failure(fetcher: Fetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetcher.get(url)
    return caught.value


def test_the_bytes_come_as_they_are(shop: Shop, fetcher: Fetcher) -> None:
    url = shop.answer("/1.jpg", says(200, photo(1)))
    assert fetcher.get(url).raw == photo(1)
    assert shop.asked == ["/robots.txt", "/1.jpg"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_host_is_asked_again_when_it_says(shop: Shop, fetcher: Fetcher, time: ManualTime, status: int) -> None:
    url = shop.answer("/1.jpg", says(status, Retry_After="17"), says(200, b"late"))
    assert fetcher.get(url).raw == b"late"
    assert time.slept == [17.0]


def test_a_busy_host_may_name_a_date(shop: Shop, fetcher: Fetcher, time: ManualTime) -> None:
    url = shop.answer("/1.jpg", says(503, Retry_After="Mon, 04 May 2026 12:01:00 GMT"), says(200, b"late"))
    assert fetcher.get(url).raw == b"late"
    assert time.slept == [60.0]


def test_a_host_that_stays_busy_has_blocked_us_and_is_not_asked_again(shop: Shop, fetcher: Fetcher) -> None:
    url = shop.answer("/1.jpg", says(429))
    assert isinstance(failure(fetcher, url), BlockedError)
    asked = len(shop.asked)
    assert failure(fetcher, shop.url("/2.jpg")).status == "blocked"
    assert len(shop.asked) == asked


def test_a_host_that_asks_for_an_hour_is_left_alone_for_this_run(
    shop: Shop, fetcher: Fetcher, time: ManualTime
) -> None:
    url = shop.answer("/1.jpg", says(503, Retry_After="3600"))
    assert "3600 s" in failure(fetcher, url).message
    assert (shop.asked.count("/1.jpg"), time.slept) == (1, [])
    moved = shop.answer("/2.jpg", says(302, Location="/1.jpg"))
    assert isinstance(failure(fetcher, moved), BlockedError)


def test_a_robots_txt_without_end_is_read_as_far_as_the_rfc_asks(shop: Shop, fetcher: Fetcher) -> None:
    rules = b"User-agent: *\nDisallow: /private/\n" + b"#" * 2_000_000
    shop.answer("/robots.txt", says(200, rules))
    assert failure(fetcher, shop.url("/private/1.jpg")).status == "robots"


def test_three_refusals_running_mean_us_and_one_means_a_picture(shop: Shop, fetcher: Fetcher) -> None:
    no, good = shop.answer("/no.jpg", says(403)), shop.answer("/good.jpg", says(200, b"good"))
    assert failure(fetcher, no).status == "http_403"
    assert fetcher.get(good).raw == b"good"
    assert [failure(fetcher, no).status for _ in range(3)] == ["http_403", "http_403", "blocked"]


def test_a_picture_that_is_gone_is_asked_for_once(shop: Shop, fetcher: Fetcher) -> None:
    assert failure(fetcher, shop.url("/gone.jpg")).status == "http_404"
    assert shop.asked.count("/gone.jpg") == 1


def test_a_server_that_stumbles_is_asked_again_ever_more_slowly(shop: Shop, fetcher: Fetcher, time: ManualTime) -> None:
    url = shop.answer("/1.jpg", says(500), says(502), says(200, b"up"))
    assert fetcher.get(url).raw == b"up"
    assert time.slept == [2.0, 4.0]


def test_what_announces_too_many_bytes_is_not_read(shop: Shop, fetcher: Fetcher) -> None:
    assert failure(fetcher, shop.answer("/big.jpg", says(200, bytes(20_001)))).status == "too_large"


def test_what_never_ends_is_cut_off_at_the_limit(shop: Shop, fetcher: Fetcher) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while not shop.closing.is_set():
                request.wfile.write(bytes(4096))
        except OSError:  # the client hung up, as it should
            return

    assert failure(fetcher, shop.answer("/endless.jpg", endless)).status == "too_large"


def test_a_host_that_says_nothing_is_a_timeout(shop: Shop, fetcher: Fetcher) -> None:
    fetcher.limits = FetchLimits(seconds=0.05, attempts=2)

    def mute(_: BaseHTTPRequestHandler) -> None:
        shop.closing.wait(10)

    url = shop.answer("/mute.jpg", mute)
    assert failure(fetcher, url).status == "timeout"
    assert shop.asked.count("/mute.jpg") == 2


def test_a_trickle_is_a_timeout_though_every_byte_comes_in_time(shop: Shop, fetcher: Fetcher) -> None:
    moments = iter(range(0, 1000, 3))
    fetcher.clock = lambda: next(moments)
    fetcher.limits = FetchLimits(seconds=2.0, attempts=1)
    assert failure(fetcher, shop.answer("/slow.jpg", says(200, b"x"))).status == "timeout"


def test_html_in_the_place_of_a_picture_is_told_by_its_bytes(shop: Shop, fetcher: Fetcher) -> None:
    url = shop.answer("/1.jpg", says(200, b"<!doctype html><p>robot?", Content_Type="image/jpeg"))
    with pytest.raises(PictureError, match="an HTML page"):
        decode(fetcher.get(url).raw)


def test_what_robots_txt_forbids_is_not_asked_for(shop: Shop, fetcher: Fetcher) -> None:
    shop.answer("/robots.txt", says(200, b"User-agent: *\nDisallow: /private/\n"))
    error = failure(fetcher, shop.answer("/private/1.jpg", says(200, b"x")))
    assert (error.status, shop.asked) == ("robots", ["/robots.txt"])
    assert "--override-robots" in error.message


def test_a_redirect_is_followed_but_not_to_where_robots_may_not_go(shop: Shop, fetcher: Fetcher) -> None:
    shop.answer("/robots.txt", says(200, b"User-agent: *\nDisallow: /private/\n"))
    shop.answer("/new.jpg", says(200, b"moved"))
    assert fetcher.get(shop.answer("/old.jpg", says(301, Location="/new.jpg"))).raw == b"moved"
    assert failure(fetcher, shop.answer("/trap.jpg", says(302, Location="/private/1.jpg"))).status == "robots"
    assert "/private/1.jpg" not in shop.asked


def test_redirects_without_end_are_given_up(shop: Shop, fetcher: Fetcher) -> None:
    assert failure(fetcher, shop.answer("/loop.jpg", says(302, Location="/loop.jpg"))).status == "redirect_loop"


@pytest.mark.parametrize("url", ["", "data:image/png;base64,AAAA", "file:///etc/passwd", "http://", "http://[x/1.jpg"])
def test_what_is_no_web_address_is_refused(fetcher: Fetcher, url: str) -> None:
    assert failure(fetcher, url).status == "bad_address"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0.0), (" 120 ", 120.0), ("Mon, 04 May 2026 11:00:00 GMT", 0.0), ("", None), ("soon", None), ("-5", None)],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds
