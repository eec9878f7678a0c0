"""The limiter on a clock that is moved by hand: no test waits."""

import pytest

from scraper.limiter import LONGEST_BACK_OFF_S, Limiter, host_of
from tests.scraper.manual_time import ManualTime


@pytest.fixture
def time() -> ManualTime:
    return ManualTime(1000.0)


def limiter(time: ManualTime, *, chance: float = 0.0, **intervals: float) -> Limiter:
    named = {host.replace("_", "."): seconds for host, seconds in intervals.items()}
    return Limiter(
        default_interval_s=1.0, intervals=named, clock=lambda: time.now, sleep=time.sleep, chance=lambda: chance
    )


def test_the_first_request_goes_at_once_and_the_next_after_the_interval(time: ManualTime) -> None:
    polite = limiter(time)
    for path in ("/1", "/2", "/3"):
        polite.wait(f"https://shop.test{path}")
    assert time.slept == [1.0, 1.0]


def test_hosts_do_not_wait_for_each_other_and_a_port_makes_another_host(time: ManualTime) -> None:
    polite = limiter(time)
    for url in ("https://a.test/", "https://b.test/", "https://a.test:8443/"):
        polite.wait(url)
    assert time.slept == []


def test_a_host_below_a_named_one_has_its_interval(time: ManualTime) -> None:
    polite = limiter(time, amazon_in=8.0)
    polite.wait("https://www.amazon.in/s?k=saree")
    polite.wait("https://www.amazon.in/s?k=jeans")
    assert time.slept == [8.0]


def test_chance_only_ever_stretches_an_interval(time: ManualTime) -> None:
    polite = limiter(time, chance=1.0)
    polite.wait("https://a.test/")
    polite.wait("https://a.test/")
    assert time.slept == [1.25]


def test_every_refusal_doubles_the_pause_until_the_host_answers(time: ManualTime) -> None:
    polite = limiter(time)
    pauses = [polite.refused("https://a.test/", retry_after_s=None) for _ in range(9)]
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, LONGEST_BACK_OFF_S]
    polite.answered("https://a.test/")
    assert polite.refused("https://a.test/", retry_after_s=None) == 2
    assert polite.refused("https://b.test/", retry_after_s=None) == 2


def test_a_host_that_says_when_to_come_back_is_taken_at_its_word(time: ManualTime) -> None:
    polite = limiter(time)
    polite.refused("https://a.test/", retry_after_s=17)
    polite.wait("https://a.test/")
    assert time.slept == [17.0]


def test_a_crawl_delay_slows_down_and_never_speeds_up(time: ManualTime) -> None:
    polite = limiter(time)
    polite.slow_down("https://a.test/", 5.0)
    polite.slow_down("https://a.test/", 0.1)
    polite.wait("https://a.test/")
    polite.wait("https://a.test/")
    assert time.slept == [5.0]


def test_the_host_of_an_address_is_lower_case_and_holds_no_password() -> None:
    assert host_of("https://user:secret@WWW.Shop.Test:81/x") == "www.shop.test:81"
