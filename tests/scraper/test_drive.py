"""The browser on a shop of our own: real Chromium, over real HTTP."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from selenium.common.exceptions import WebDriverException

from scraper.drive import Chromium
from scraper.errors import BrowserError, FetchError
from scraper.items import image_key
from scraper.job import Browsing
from scraper.page import read_page
from scraper.parse import Outcome, parse
from scraper.shop import Shop, load_shop
from tests.scraper.local_shop import LocalShop, open_shop

QUICK = Browsing(scroll_pause_s=0.05, page_s=20.0)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    if not (shutil.which("chromium") or shutil.which("google-chrome")):
        words = "needs Chromium: apt-get install chromium chromium-driver"
        pytest.fail(words) if os.environ.get("CI") == "true" else pytest.skip(words)
    browser = Chromium(QUICK, signature="vastra-scrape/test (+nobody@example.org)")
    yield browser
    browser.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[LocalShop, Shop]]:
    with open_shop(LocalShop(labels={"saree": 75, "jeans": 3})) as local:
        yield local, load_shop(str(local.shop_file(tmp_path)))


def test_a_page_in_the_browser_gives_what_its_html_gives(chromium: Chromium, shop: tuple[LocalShop, Shop]) -> None:
    local, adapter = shop
    page = chromium.open(f"{local.address}/s?k=saree", adapter)
    parsed = parse(page, adapter)
    assert (page.status, parsed.outcome, len(parsed.items)) == (200, Outcome.OK, 62)
    assert parsed.next == f"{local.address}/s?k=saree&page=2"
    asked = {path for _, path in local.asked}
    assert asked == {"/s?k=saree"}, "the browser leaves the photos to the fetcher, and the shop its small icon"


def test_a_page_that_chromium_saved_as_one_file_gives_what_it_gave_in_the_browser(
    chromium: Chromium, shop: tuple[LocalShop, Shop], tmp_path: Path
) -> None:
    local, adapter = shop
    shown = parse(chromium.open(f"{local.address}/s?k=saree", adapter), adapter)
    assert chromium._driver is not None
    saved = chromium._driver.execute_cdp_cmd("Page.captureSnapshot", {"format": "mhtml"})["data"]
    file = tmp_path / "saree.mhtml"
    file.write_text(saved, newline="")
    page = read_page(file)
    assert page.url == f"{local.address}/s?k=saree"
    again = parse(page, adapter)
    assert (again.next, again.location) == (shown.next, shown.location)
    # Chromium keeps the size that was on the screen and leaves the others out
    assert [replace(item, image_url=image_key(item.image_url, adapter)) for item in again.items] == [
        replace(item, image_url=image_key(item.image_url, adapter)) for item in shown.items
    ]


def test_a_refusal_is_seen_with_its_status(chromium: Chromium, shop: tuple[LocalShop, Shop]) -> None:
    local, adapter = shop
    local.faults["/s?k=jeans"] = ["503"]
    assert chromium.open(f"{local.address}/s?k=jeans", adapter).status == 503


def test_a_busy_shop_says_in_the_browser_too_when_it_wants_to_be_asked_again(
    chromium: Chromium, shop: tuple[LocalShop, Shop]
) -> None:
    local, adapter = shop
    local.faults["/s?k=jeans"] = ["429+17"]
    page = chromium.open(f"{local.address}/s?k=jeans", adapter)
    assert (page.status, page.retry_after) == (429, "17")
    again = chromium.open(f"{local.address}/s?k=jeans", adapter)
    assert (again.status, again.retry_after) == (200, "")


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("truncated", "unreachable", "ERR_CONTENT_LENGTH_MISMATCH"),
        ("mute", "timeout", "no whole page after 3 s"),
        ("slow", "timeout", "no whole page after 3 s"),
        ("loop", "bad_address", "ERR_TOO_MANY_REDIRECTS"),
        ("204", "unreachable", "ERR_ABORTED"),
    ],
)
def test_half_a_page_or_none_is_never_taken_for_the_page_before(
    shop: tuple[LocalShop, Shop], impatient: Chromium, fault: str, status: str, words: str
) -> None:
    local, adapter = shop
    assert parse(impatient.open(f"{local.address}/s?k=saree", adapter), adapter).outcome is Outcome.OK
    local.faults["/s?k=jeans"] = [fault] * 30
    with pytest.raises(FetchError, match=words) as caught:
        impatient.open(f"{local.address}/s?k=jeans", adapter)
    assert caught.value.status == status
    assert impatient.sessions == 1


@pytest.mark.parametrize(("kind", "readable"), [("", False), ("async", True)])
def test_a_script_that_never_comes_spoils_a_page_only_where_it_holds_up_the_reading(
    shop: tuple[LocalShop, Shop], impatient: Chromium, monkeypatch: pytest.MonkeyPatch, kind: str, *, readable: bool
) -> None:
    local, adapter = shop
    head, first, rest = local.page("saree", 1).partition('<div class="s-result-item"')
    half = len(rest) // 2
    rest = rest[:half] + rest[half:].replace("</div></div>", f'</div></div><script {kind} src="/mute.js"></script>', 1)
    monkeypatch.setattr(local, "page", lambda *_: head + first + rest)
    local.faults["/mute.js"] = ["mute"]
    if readable:
        page = impatient.open(f"{local.address}/s?k=saree", adapter)
        assert len(parse(page, adapter).items) == 62
    else:
        with pytest.raises(FetchError, match="no whole page after 3 s"):
            impatient.open(f"{local.address}/s?k=saree", adapter)


@pytest.fixture(scope="module")
def impatient(chromium: Chromium) -> Iterator[Chromium]:
    browser = Chromium(Browsing(scroll_pause_s=0.02, page_s=3.0), signature=chromium.signature)
    yield browser
    browser.close()


def test_a_grid_elsewhere_drives_as_well(shop: tuple[LocalShop, Shop], grid: str) -> None:
    local, adapter = shop
    browser = Chromium(QUICK, signature="test", remote=grid)
    local.faults["/s?k=jeans"] = ["503+9"]
    try:
        assert browser.open(f"{local.address}/s?k=jeans", adapter).retry_after == "9"
        assert len(parse(browser.open(f"{local.address}/s?k=saree", adapter), adapter).items) == 62
    finally:
        browser.close()


@pytest.fixture
def grid(chromium: Chromium) -> Iterator[str]:
    """What a node of a Grid runs: a driver that is spoken to over HTTP."""
    del chromium  # only for its look whether there is a browser
    address = f"http://127.0.0.1:{closed_port()}"
    driver = shutil.which("chromedriver") or pytest.fail("needs chromedriver: apt-get install chromium-driver")
    user = "nobody" if os.geteuid() == 0 else None  # Chromium's sandbox refuses root
    command = [driver, f"--port={urlsplit(address).port}"]
    process = subprocess.Popen(command, user=user, env={"PATH": os.environ["PATH"]}, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{address}/status").json()["value"]["ready"]:
                break
    yield address
    process.terminate()
    process.wait()


def closed_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def test_a_site_that_cannot_be_reached_is_no_fault_of_the_browser(
    chromium: Chromium, shop: tuple[LocalShop, Shop]
) -> None:
    sessions = chromium.sessions
    with pytest.raises(FetchError, match="ERR_CONNECTION_REFUSED") as caught:
        chromium.open(f"http://127.0.0.1:{closed_port()}/s", shop[1])
    assert caught.value.status == "unreachable"
    assert chromium.sessions == sessions


def test_we_say_who_asks_with_a_desktop_browsers_words_before_it(
    chromium: Chromium, shop: tuple[LocalShop, Shop]
) -> None:
    chromium.open(f"{shop[0].address}/s?k=jeans", shop[1])
    assert chromium._driver is not None
    agent = chromium._driver.execute_script("return navigator.userAgent")
    assert agent.startswith("Mozilla/5.0 (X11")
    assert agent.endswith("vastra-scrape/test (+nobody@example.org)")
    assert "Headless" not in agent


@pytest.mark.parametrize("death", ["crashed tab", "closed window", "killed driver"])
def test_a_browser_that_dies_is_replaced_and_the_page_read_again(
    chromium: Chromium, shop: tuple[LocalShop, Shop], death: str
) -> None:
    local, adapter = shop
    chromium.open(f"{local.address}/s?k=jeans", adapter)
    sessions, driver = chromium.sessions, chromium._driver
    assert driver is not None
    if death == "crashed tab":
        with contextlib.suppress(WebDriverException):
            driver.get("chrome://crash")
    elif death == "closed window":
        driver.close()
    else:
        driver.service.process.kill()
    parsed = parse(chromium.open(f"{local.address}/s?k=saree", adapter), adapter)
    assert (parsed.outcome, len(parsed.items)) == (Outcome.OK, 62)
    assert chromium.sessions == sessions + 1
    assert not is_running(driver.capabilities["goog:processID"])


def is_running(process: int) -> bool:
    """Whether the process still works; one that ended and was not yet collected does not."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        if state == "Z":
            return False
    return True


def test_a_browser_is_replaced_by_a_fresh_one_every_few_pages(shop: tuple[LocalShop, Shop], chromium: Chromium) -> None:
    del chromium  # only for its look whether there is a browser
    local, adapter = shop
    browser = Chromium(Browsing(scroll_pause_s=0.02, recycle_after=2), signature="test")
    try:
        for _ in range(3):
            browser.open(f"{local.address}/s?k=jeans", adapter)
        assert browser.sessions == 2
    finally:
        browser.close()


def test_no_grid_is_one_line_that_says_where_to_look(shop: tuple[LocalShop, Shop]) -> None:
    grid = f"http://127.0.0.1:{closed_port()}"
    with pytest.raises(BrowserError, match=rf"no browser at {grid} \(it does not answer\); look at the Selenium Grid"):
        Chromium(QUICK, signature="test", remote=grid).open("http://127.0.0.1:9/s", shop[1])


def test_no_browser_is_one_line_that_says_what_to_install(
    shop: tuple[LocalShop, Shop], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = tmp_path / "chromedriver"
    driver.write_text("#!/bin/sh\nexit 1\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(
        BrowserError, match=r"no browser starts here \(.*\); install Chromium \(apt-get install chromium"
    ):
        Chromium(QUICK, signature="test").open("http://127.0.0.1:9/s", shop[1])


LAZY = """<!doctype html><title>x</title><body><div id=list></div>
<div id=consent style="position:fixed;inset:0;background:#000"><button id=reject onclick="document.body.dataset.no=1;
 this.parentNode.remove()">Reject all</button></div><div id=login style="position:fixed;inset:0">Log in!</div><script>
const list = document.getElementById("list");
let made = 0;
function more() { for (let n = 0; n < 10 && made < 60; n++, made++) {
  const card = document.createElement("div"); card.dataset.id = "P" + made; card.style.height = "300px";
  list.append(card); look.observe(card); } }
const look = new IntersectionObserver(seen => seen.forEach(({target, isIntersecting}) => {
  if (!isIntersecting) { if (+target.dataset.id.slice(1) < made - 20) target.remove(); return; }
  if (!target.firstChild) { const image = document.createElement("img"); image.src = "/placeholder.svg";
    target.append(image); setTimeout(() => { image.src = "/image/" + target.dataset.id + ".jpg"; }, 20); }
  if (target === list.lastChild) setTimeout(more, 30);
}));
more();
</script>"""


def test_an_endless_list_is_scrolled_window_by_window_with_its_covers_gone(chromium: Chromium, tmp_path: Path) -> None:
    file = tmp_path / "lazy.html"
    file.write_text(LAZY)
    rules = tmp_path / "lazy.toml"
    rules.write_text(
        'name = "lazy"\nhome = "https://lazy.test/"\nsearch = "https://lazy.test/{query}"\n'
        '[cards]\ncard = ["div[data-id]"]\nid = ["@data-id"]\nimage = ["img"]\n'
        '[popups]\npress = ["//button[.=\'Reject all\']"]\nremove = ["#login"]\n'
    )
    adapter = load_shop(str(rules))
    page = chromium.open(file.as_uri(), adapter)
    assert {item.id for item in parse(page, adapter).items} == {f"P{n}" for n in range(60)}
    assert 'data-no="1"' in page.html
    assert "Log in!" not in page.html
