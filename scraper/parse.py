"""What a results page says, and whether it says it: OK, EMPTY, BLOCKED or LAYOUT_CHANGED, never "0 images".

Pure: a page and a shop in, items out; nothing is fetched, no clock is read.
"""

import enum
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from parsel import Selector

from scraper.items import Item, find_items, find_texts, finds
from scraper.page import Page
from scraper.shop import Shop

WALL_STATUSES = frozenset({403, 429, 503})
SMALLEST_PAGE = 20_000
"""Bytes. Of 105 saved pages no results page was smaller; walls that no marker names are."""

SAVED_COMPLETE = re.compile(r"""<img[^>]+src=["'](?:\./)?[^"':]+_files/""")
"""A picture beside the page: where a browser that saves a page with its pictures puts them."""


class Outcome(enum.StrEnum):
    """What a page turned out to be; `exit_code` and `advice` are for the person who asked."""

    OK = "OK"
    EMPTY = "EMPTY"
    BLOCKED = "BLOCKED"
    LAYOUT_CHANGED = "LAYOUT_CHANGED"

    @property
    def exit_code(self) -> int:
        return {Outcome.OK: 0, Outcome.EMPTY: 5, Outcome.BLOCKED: 4, Outcome.LAYOUT_CHANGED: 3}[self]

    @property
    def advice(self) -> str:
        return {
            Outcome.OK: "",
            Outcome.EMPTY: "the shop has nothing for this search; try other words",
            Outcome.BLOCKED: "the shop does not want to be asked now; wait some hours, ask less often, then resume",
            Outcome.LAYOUT_CHANGED: "the shop file no longer fits; look at the page and add a selector to it",
        }[self]


GRAVEST_FIRST = (Outcome.BLOCKED, Outcome.LAYOUT_CHANGED, Outcome.EMPTY, Outcome.OK)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A page's outcome with the reason for it, its items, the next page's address and the place it was shown for.

    `hidden` counts products whose image the page does not hold yet: it was saved or read before it was scrolled.
    """

    outcome: Outcome
    reason: str = ""
    items: tuple[Item, ...] = ()
    next: str = ""
    location: str = ""
    hidden: int = 0


def parse(page: Page, shop: Shop) -> Parsed:
    """The page's outcome and items. The order of the questions matters: good pages hold words that walls use."""
    marker = next((marker for marker in shop.walls.markers if marker in page.html), "")
    if marker:
        return Parsed(Outcome.BLOCKED, f"the page says {marker!r}")
    document = Selector(page.html or "<html/>")
    base = urljoin(shop.home, page.url) if page.url.startswith(("http", "/")) else shop.home
    found = find_items(document, page.html, shop, base)
    items = tuple(item for item in found if item.image_url)
    if items:
        return Parsed(
            Outcome.OK,
            items=items,
            next=_next_page(document, page, shop, base),
            location=next(find_texts(document, shop.location), ""),
            hidden=len(found) - len(items),
        )
    wall = _wall(page, document, shop)
    if wall:
        return Parsed(Outcome.BLOCKED, wall)
    if found:
        reason = f"{len(found)} cards, but no image in any of them"
        if SAVED_COMPLETE.search(page.html):
            reason += '; saved as "complete", which replaces addresses: save it as HTML only, or as one file (.mhtml)'
        return Parsed(Outcome.LAYOUT_CHANGED, reason, hidden=len(found))
    nothing = _nothing_found(document, shop)
    if nothing:
        return Parsed(Outcome.EMPTY, nothing)
    return Parsed(Outcome.LAYOUT_CHANGED, f"{page.size} bytes, no cards, and no word that nothing was found")


def _wall(page: Page, document: Selector, shop: Shop) -> str:
    if page.status in WALL_STATUSES:
        return f"HTTP status {page.status}"
    path = urlsplit(page.url).path
    login = next((login for login in shop.walls.login_paths if path.startswith(login)), "")
    if login:
        return f"redirected to {login}"
    if finds(document, shop.walls.login_forms):
        return "a form that asks to sign in"
    if page.size < SMALLEST_PAGE:
        return f"{page.size} bytes are too few for a results page"
    return ""


def _nothing_found(document: Selector, shop: Shop) -> str:
    if finds(document, shop.walls.empty_selectors):
        return "the shop found nothing"
    shown = _plain(_shown_text(document))
    return next((f"the page says {words!r}" for words in shop.walls.empty if _plain(words) in shown), "")


def _next_page(document: Selector, page: Page, shop: Shop, base: str) -> str:
    place = re.search(shop.last_page, _shown_text(document)) if shop.last_page else None
    if place and int(place[1].replace(",", "")) >= int(place[2].replace(",", "")):
        return ""
    addresses = (urljoin(base, address) for address in find_texts(document, shop.next))
    return next((address for address in addresses if address.startswith("http") and address != page.url), "")


def _plain(words: str) -> str:
    """Words as they are compared: shops change between straight and curly apostrophes."""
    return words.lower().replace("\u2019", "'")


def _shown_text(document: Selector) -> str:
    texts = document.xpath("//body//text()[not(ancestor::script or ancestor::style)]").getall()
    return " ".join(" ".join(texts).split())
