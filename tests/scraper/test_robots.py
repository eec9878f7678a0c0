"""What robots.txt allows: on rules of our own, and on two shops' real files where they lie beside the checkout."""

import os
from pathlib import Path

import pytest

from scraper.errors import FetchError
from scraper.robots import Robots, RobotsReply

REAL = Path(__file__).parents[3] / "shared" / "pages" / "robots"


class ScriptedHost:
    """Answers every robots.txt alike and keeps what it was asked."""

    def __init__(self, text: str = "", *, status: int = 200) -> None:
        self.reply = RobotsReply(status=status, text=text)
        self.asked: list[str] = []

    def __call__(self, url: str) -> RobotsReply:
        self.asked.append(url)
        return self.reply


def test_the_rules_of_a_host_are_asked_for_once_and_hold_for_all_its_addresses() -> None:
    host = ScriptedHost("User-agent: *\nDisallow: /cart\nCrawl-delay: 4\n")
    robots = Robots(fetch=host)
    assert robots.ruling("https://a.test/photo.jpg").allowed
    assert not robots.ruling("https://a.test/cart/1").allowed
    assert robots.ruling("https://a.test/x").crawl_delay_s == 4.0
    assert host.asked == ["https://a.test/robots.txt"]


def test_our_own_name_is_looked_for_before_the_star() -> None:
    robots = Robots(fetch=ScriptedHost("User-agent: *\nAllow: /\n\nUser-agent: vastra-scrape\nDisallow: /\n"))
    assert not robots.ruling("https://a.test/x").allowed


def test_wildcards_and_ends_are_understood() -> None:
    robots = Robots(fetch=ScriptedHost("User-agent: *\nDisallow: /*?q=\nDisallow: /*.gif$\n"))
    assert not robots.ruling("https://a.test/list?q=saree").allowed
    assert not robots.ruling("https://a.test/a.gif").allowed
    assert robots.ruling("https://a.test/a.gif?x").allowed


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_host_without_the_file_allows_everything(status: int) -> None:
    assert Robots(fetch=ScriptedHost(status=status)).ruling("https://a.test/x").allowed


def test_a_host_that_cannot_say_is_left_alone_and_not_asked_again() -> None:
    host = ScriptedHost(status=500)
    robots = Robots(fetch=host)
    for path in "ab":
        with pytest.raises(FetchError, match="answers 500") as caught:
            robots.ruling(f"https://a.test/{path}")
        assert caught.value.status == "robots_unknown"
    assert len(host.asked) == 1


def test_a_person_may_override_one_host_and_those_below_it_and_the_ruling_says_so() -> None:
    robots = Robots(fetch=ScriptedHost("User-agent: *\nDisallow: /s\n"), overrides=frozenset({"a.test"}))
    assert robots.ruling("https://www.a.test/s").overridden
    assert not robots.ruling("https://www.a.test/t").overridden
    assert not robots.ruling("https://nota.test/s").allowed


@pytest.mark.parametrize(
    ("file", "url", "allowed"),
    [
        ("amazon.in", "https://www.amazon.in/s?k=saree", True),
        ("amazon.in", "https://www.amazon.in/s?k=saree&page=2", True),
        ("flipkart.com", "https://www.flipkart.com/search?q=saree", False),
        ("flipkart.com", "https://www.flipkart.com/search?q=saree&page=2", False),
        ("flipkart.com", "https://www.flipkart.com/sarees/pr?sid=clo", True),
    ],
)
def test_the_real_files_say_what_a_search_engine_reads_in_them(file: str, url: str, *, allowed: bool) -> None:
    path = REAL / f"{file}.txt"
    if not path.is_file():
        words = f"needs the saved robots.txt of real shops in {REAL}"
        pytest.fail(words) if os.environ.get("CI") == "true" else pytest.skip(words)
    robots = Robots(fetch=ScriptedHost(path.read_text(encoding="utf-8", errors="replace")))
    assert robots.ruling(url).allowed is allowed
