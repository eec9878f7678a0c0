"""Results pages from a real browser: opened, uncovered, scrolled one window at a time, and read as plain text.

Elements are never held: one script returns strings, so that nothing can go stale while a shop redraws its page.
"""

import contextlib
import logging
import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from parsel.csstranslator import HTMLTranslator
from selenium import webdriver
from selenium.common.exceptions import (
    NoSuchDriverException,
    SessionNotCreatedException,
    TimeoutException,
    WebDriverException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webdriver import WebDriver
from urllib3.exceptions import HTTPError as LostConnection

from scraper.errors import BrowserError, FetchError
from scraper.job import Browsing
from scraper.page import Page, page_of_bytes
from scraper.shop import Selectors, Shop, is_xpath

log = logging.getLogger(__name__)

SESSIONS = 3
"""Browsers that one page may wear out before we give up on it."""
QUIET_ROUNDS = 4
"""Rounds without a new product, at the bottom or on a page that has none, after which a page has ended."""
LONGEST_SCROLL = 400
"""Windows. At 900 pixels that is some 5,000 products."""
INSTALL = "install Chromium (apt-get install chromium chromium-driver), or name a Selenium Grid with --remote URL"
BROWSERS = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser")


@dataclass(slots=True)
class Chromium:
    """A page source that drives headless Chromium, here or on a Selenium Grid, and replaces it when it dies or ages."""

    browsing: Browsing
    signature: str
    """Added to the browser's own user agent: who is asking. The rest stays, for an odd one brings the mobile layout."""
    remote: str = ""
    sleep: Callable[[float], object] = time.sleep
    start: Callable[["Chromium"], WebDriver] = field(default=lambda self: self.new_driver())
    sessions: int = 0
    _driver: WebDriver | None = None
    _opened: int = 0

    def open(self, url: str, shop: Shop) -> Page:
        for left in reversed(range(SESSIONS)):
            try:
                return self._visit(self._session(), url, shop)
            except (WebDriverException, LostConnection, OSError) as error:
                words = str(getattr(error, "msg", error) or error).splitlines()[0]
                if "net::ERR_" in words:
                    raise FetchError(f"{url}: {words.partition('net::')[2]}", status="unreachable") from error
                log.warning("the browser was lost at %s (%s)", url, words)
                self.close()
                if not left:
                    raise BrowserError(f"{SESSIONS} browsers died at {url}: {words}") from error
        raise AssertionError  # the last session returns or raises

    def screenshot(self) -> bytes:
        try:
            return self._driver.get_screenshot_as_png() if self._driver else b""
        except (WebDriverException, LostConnection, OSError):
            return b""

    def close(self) -> None:
        driver, self._driver, self._opened = self._driver, None, 0
        if driver is not None:
            try:
                driver.quit()
            except (WebDriverException, LostConnection, OSError) as error:
                log.debug("a dead browser did not say goodbye: %s", error)
            self._end_orphan(driver)

    def _end_orphan(self, driver: WebDriver) -> None:
        """A driver that was killed leaves its browser running, and `quit` does not say so. Only ever ends our own."""
        process, chrome = driver.capabilities.get("goog:processID"), driver.capabilities.get("chrome", {})
        folder = str(chrome.get("userDataDir", "")).encode()
        with contextlib.suppress(OSError):
            if not self.remote and folder and folder in Path(f"/proc/{process}/cmdline").read_bytes():
                os.kill(int(str(process)), signal.SIGKILL)

    def new_driver(self) -> WebDriver:
        """A fresh browser. Raises BrowserError with what to install where there is none."""
        try:
            if self.remote:
                driver = webdriver.Remote(command_executor=self.remote, options=self._options())
            else:
                driver_path = shutil.which("chromedriver")  # without one, Selenium Manager finds or fetches it
                driver = webdriver.Chrome(options=self._options(), service=Service(executable_path=driver_path))
            agent = str(driver.execute_script("return navigator.userAgent")).replace("Headless", "")
            driver.execute_cdp_cmd("Network.setUserAgentOverride", {"userAgent": f"{agent} {self.signature}"})
            driver.set_page_load_timeout(self.browsing.page_s)
        except (
            NoSuchDriverException,
            SessionNotCreatedException,
            WebDriverException,
            LostConnection,
            OSError,
        ) as error:
            where = f"no browser at {self.remote}" if self.remote else "no browser starts here"
            words = str(getattr(error, "msg", error) or error).splitlines()[0]
            raise BrowserError(f"{where} ({words}); {INSTALL}") from error
        return driver

    def _options(self) -> webdriver.ChromeOptions:
        options = webdriver.ChromeOptions()
        width, height = self.browsing.window
        for argument in (
            "--headless=new",
            f"--window-size={width},{height}",
            "--disable-gpu",
            "--disable-dev-shm-usage",  # containers give 64 MB of it, and a page of photos takes more
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--disable-crash-reporter",
            *(("--no-sandbox",) if os.geteuid() == 0 and not self.remote else ()),  # Chromium's sandbox refuses root
        ):
            options.add_argument(argument)
        # the photos come later, once each and politely: a browser would ask for all small ones at once
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.images": 2})
        browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
        if browser and not self.remote:
            options.binary_location = browser
        return options

    def _session(self) -> WebDriver:
        if self._driver is not None and self._opened >= self.browsing.recycle_after:
            self.close()
        if self._driver is None:
            self._driver = self.start(self)
            self.sessions += 1
        self._opened += 1
        return self._driver

    def _visit(self, driver: WebDriver, url: str, shop: Shop) -> Page:
        try:
            driver.get(url)
        except TimeoutException:  # one slow tracker holds up a page that has long been readable
            driver.execute_script("window.stop()")
        lost = self._scroll(driver, shop)
        html = driver.page_source + "".join(lost)
        status = driver.execute_script(
            "return (performance.getEntriesByType('navigation')[0] || {}).responseStatus || 0"
        )
        return page_of_bytes(html.encode("utf-8", errors="replace"), url=driver.current_url, status=int(status))

    def _scroll(self, driver: WebDriver, shop: Shop) -> list[str]:
        """Scrolls to the end; gives the cards that the page showed on the way and holds no longer."""
        script = files("scraper").joinpath("scroll.js").read_text(encoding="utf-8")
        rules = {
            "card": _xpaths(shop.cards.card),
            "id": _xpaths(shop.cards.id),
            "image": _xpaths(shop.cards.image),
            "press": _xpaths(shop.popups.press),
            "remove": _xpaths(shop.popups.remove),
        }
        met: dict[str, str] = {}
        quiet = 0
        for _ in range(LONGEST_SCROLL):
            view = driver.execute_script(script, rules, sorted(met))
            met |= view["cards"]
            at_rest = not view["cards"] and (view["bottom"] or not met)
            quiet = quiet + 1 if at_rest else 0
            if quiet >= QUIET_ROUNDS:
                break
            self.sleep(self.browsing.scroll_pause_s)
        shown = set(driver.execute_script(script, rules, [])["cards"])
        return [html for identity, html in met.items() if identity not in shown]


def _xpaths(selectors: Selectors) -> list[str]:
    """The selectors as the browser's own XPath, which knows no `::attr`."""
    return [one if is_xpath(one) else HTMLTranslator().css_to_xpath(one) for one in selectors]
