"""A shop as data: where its pages are, what a card looks like, and what its walls say. One TOML file a shop.

Selectors are CSS, or XPath where they start with `/`, `./`, `(`, `@` or `self::`. Lists of selectors are tried in
order, and the first that finds something counts: shops rename classes every year, the old name stays as the fallback.
"""

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated
from urllib.parse import quote_plus

import cssselect
import lxml.etree
import msgspec
from parsel.csstranslator import HTMLTranslator

from scraper.errors import JobError
from scraper.settings import line_of, nearest, read_toml

XPATH_STARTS = ("/", "./", "(", "@", "self::")
Selectors = tuple[str, ...]


class Cards(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a results page keeps its products. `image` finds `<img>` elements, `sponsored` anything; the rest texts."""

    card: Selectors
    id: Selectors
    image: Selectors
    title: Selectors = ()
    title_noise: tuple[str, ...] = ()
    """Patterns cut from a title: "Sponsored Ad - "."""
    sponsored: Selectors = ()


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page's own JSON: a second source for what cards lack, and the only one where there are no cards.

    `where` is a JavaScript name (`window.__myx`) or a CSS selector of a `<script>`. The other keys are paths into it:
    keys and positions joined by dots, `*` for all of a list or an object, `**` for any depth; ` ~ pattern` keeps what
    matches, or the pattern's first group.
    """

    where: str
    items: Selectors
    id: Selectors
    image: Selectors
    title: Selectors = ()
    sponsored: Selectors = ()
    adds: bool = False
    """Whether products that no card shows count too. Off: a state can also hold recommendations."""


class Walls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the shop refuses. `markers` stand on no good page; `empty` says in words that nothing was found."""

    markers: tuple[str, ...] = ()
    login_paths: tuple[str, ...] = ()
    login_forms: Selectors = ()
    empty: tuple[str, ...] = ()
    empty_selectors: Selectors = ()


class Rewrite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pattern in image addresses and its replacement: many shops serve any size that the address asks for."""

    pattern: str
    replacement: str


class Popups(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What covers the page: selectors of buttons to press (the most private choice first), and of layers to remove."""

    press: Selectors = ()
    remove: Selectors = ()


class Shop(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shop file: all that the scraper knows of one shop."""

    name: str
    home: str
    search: str
    """Address of the first results page; `{query}` is filled in."""
    interval_s: Annotated[float, msgspec.Meta(ge=0)] = 8.0
    """Seconds between two page requests. 8 held on amazon.in, 3 drew 503."""
    image_interval_s: Annotated[float, msgspec.Meta(ge=0)] = 0.5
    """Seconds between two image requests to one host: content networks are built for whole pages of images."""
    cards: Cards
    states: tuple[State, ...] = ()
    next: Selectors = ()
    last_page: str = ""
    """A pattern with two groups, this page and the last ("Page 1 of 359"); equal numbers end the search."""
    location: Selectors = ()
    placeholders: tuple[str, ...] = (r"^data:", r"\.svg(\?|$)")
    """Image addresses that are no photos."""
    image_key: str = r"^(?:https?:)?//[^/]+(/[^?#]*)"
    """What of an image address says that two are one picture, as the pattern's first group."""
    rewrites: tuple[Rewrite, ...] = ()
    walls: Walls = Walls()
    popups: Popups = Popups()

    def search_url(self, query: str) -> str:
        """The address of the first results page for a query."""
        return self.search.replace("{query}", quote_plus(query))


def known_shops() -> list[str]:
    """The names of the shops that come with the scraper."""
    folder = files("scraper") / "shops"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_shop(name: str) -> Shop:
    """A shop by its name, or by the path of a TOML file of one's own.

    Raises:
        JobError: unknown shop, or a shop file with a bad key, selector or pattern; the message names file and line.
    """
    path = Path(name) if name.endswith(".toml") else Path(str(files("scraper") / "shops" / f"{name}.toml"))
    if not name.endswith(".toml") and name not in known_shops():
        raise JobError(f"unknown shop {name!r}, and no path of a .toml file{nearest(name, known_shops())}")
    shop = read_toml(path, Shop)
    text = path.read_text(encoding="utf-8")
    for selector in _selectors(shop):
        fault = selector_fault(selector)
        if fault:
            raise JobError(f"{path}, line {_line(text, selector)}: bad selector {selector!r}: {fault}")
    for pattern in _patterns(shop):
        try:
            re.compile(pattern)
        except re.error as error:
            raise JobError(f"{path}, line {_line(text, pattern)}: bad pattern {pattern!r}: {error}") from error
    return shop


def is_xpath(selector: str) -> bool:
    """Whether a selector is XPath rather than CSS."""
    return selector.startswith(XPATH_STARTS)


def selector_fault(selector: str) -> str:
    """Why the selector cannot be compiled; empty when it can."""
    try:
        lxml.etree.XPath(selector if is_xpath(selector) else HTMLTranslator().css_to_xpath(selector))
    except (cssselect.SelectorError, lxml.etree.XPathError) as error:
        return str(error)
    return ""


def _selectors(shop: Shop) -> list[str]:
    cards, walls, popups = shop.cards, shop.walls, shop.popups
    own = (cards.card, cards.id, cards.image, cards.title, cards.sponsored, shop.next, shop.location)
    covers = (walls.login_forms, walls.empty_selectors, popups.press, popups.remove)
    return [selector for group in (*own, *covers) for selector in group]


def _patterns(shop: Shop) -> list[str]:
    rewrites = [rewrite.pattern for rewrite in shop.rewrites]
    return [shop.last_page, shop.image_key, *shop.placeholders, *shop.cards.title_noise, *rewrites]


def _line(text: str, value: str) -> int:
    """The line of a value in a TOML file, which may have escaped it."""
    return line_of(text, value) or line_of(text, value.replace("\\", "\\\\").replace('"', '\\"'))
