"""Results pages from a real browser: opened, uncovered, scrolled one window at a time, and read as plain text.

Elements are never held: one script returns strings, so that nothing can go stale while a shop redraws its page.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files

from parsel.csstranslator import HTMLTranslator
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.remote.webdriver import WebDriver

from scraper.answer import last_answer, take_log
from scraper.browser import LOST, end_browser, start_browser, words_of
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
WAS_READ = "return performance.getEntriesByType('navigation')[0].domContentLoadedEventStart > 0"
"""Whether the document was read to its end: the event never comes to one that was stopped, however it looks after."""
NEVER_PASS = ("ERR_TOO_MANY_REDIRECTS", "ERR_NAME_NOT_RESOLVED", "ERR_CERT_", "ERR_UNSAFE_PORT", "ERR_BLOCKED_BY_")
"""Faults of an address: asked for again it is no better."""


@dataclass(slots=True)
class Chromium:
    """A page source that drives headless Chromium, here or on a Selenium Grid, and replaces it when it dies or ages."""

    browsing: Browsing
    signature: str
    """Added to the browser's own user agent: who is asking. The rest stays, for an odd one brings the mobile layout."""
    remote: str = ""
    sleep: Callable[[float], object] = time.sleep
    sessions: int = 0
    _driver: WebDriver | None = None
    _opened: int = 0

    def open(self, url: str, shop: Shop) -> Page:
        for left in reversed(range(SESSIONS)):
            try:
                return self._visit(self._session(), url, shop)
            except LOST as error:
                words = words_of(error)
                if "net::ERR_" in words:
                    raise _unreachable(url, words) from error
                log.warning("the browser was lost at %s (%s)", url, words)
                self.close()
                if not left:
                    raise BrowserError(f"{SESSIONS} browsers died at {url}: {words}") from error
        raise AssertionError  # the last session returns or raises

    def screenshot(self) -> bytes:
        try:
            return self._driver.get_screenshot_as_png() if self._driver else b""
        except LOST:
            return b""

    def close(self) -> None:
        driver, self._driver, self._opened = self._driver, None, 0
        if driver is not None:
            end_browser(driver, here=not self.remote)

    def _session(self) -> WebDriver:
        if self._driver is not None and self._opened >= self.browsing.recycle_after:
            self.close()
        if self._driver is None:
            self._driver = start_browser(self.browsing, signature=self.signature, remote=self.remote)
            self.sessions += 1
        self._opened += 1
        return self._driver

    def _visit(self, driver: WebDriver, url: str, shop: Shop) -> Page:
        take_log(driver)  # what the page before still had under way
        late = False
        try:
            driver.get(url)
        except TimeoutException:
            late = True
            driver.execute_script("window.stop()")
        answer = last_answer(take_log(driver))
        # late is no fault where one slow tracker holds up a page that has long been readable
        if late and (answer.error or not driver.execute_script(WAS_READ)):
            raise FetchError(f"{url}: no whole page after {self.browsing.page_s:g} s", status="timeout")
        if answer.error:  # the window shows half a page, or still the one before
            raise _unreachable(url, answer.error)
        lost = self._scroll(driver, shop)
        html = driver.page_source + "".join(lost)
        page = page_of_bytes(html.encode("utf-8", errors="replace"), url=driver.current_url, status=answer.status)
        return replace(page, retry_after=answer.retry_after)

    def _scroll(self, driver: WebDriver, shop: Shop) -> list[str]:
        """Scrolls to the end; gives the cards that the page showed on the way and holds no longer."""
        script = files("scraper").joinpath("scroll.js").read_text(encoding="utf-8")
        rules = {
            "card": _xpaths(shop.cards.card),
            "id": _xpaths(shop.cards.id),
            "image": _xpaths(shop.cards.image),
            "placeholders": list(shop.placeholders),
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


def _unreachable(url: str, words: str) -> FetchError:
    name = words.partition("net::")[2] or words
    return FetchError(f"{url}: {name}", status="bad_address" if name.startswith(NEVER_PASS) else "unreachable")
