"""Where results pages come from: the port that the browser and saved files both fill."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from scraper.page import Page, read_page
from scraper.shop import Shop


class PageSource(Protocol):
    """Gives whole pages: scrolled to their end, with nothing in front of them."""

    def open(self, url: str, shop: Shop) -> Page:
        """The page at an address. Raises BrowserError when none can be had, PageFileError for a file."""

    def screenshot(self) -> bytes:
        """A PNG of the page that was opened last; empty where there is nothing to see."""

    def close(self) -> None:
        """Lets go of whatever the source holds. Raises nothing."""


@dataclass(frozen=True, slots=True)
class SavedPages:
    """Pages that were saved by hand, by their file:// addresses."""

    def open(self, url: str, shop: Shop) -> Page:
        del shop  # a saved page is scrolled as far as it was
        return read_page(Path(unquote(urlsplit(url).path)))

    def screenshot(self) -> bytes:
        return b""

    def close(self) -> None:
        pass
