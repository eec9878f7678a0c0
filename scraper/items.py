"""The products on a page: from its cards, and from its own JSON where cards lack something. HTML in, items out."""

import html as html_text
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from parsel import Selector, SelectorList

from scraper.shop import Selectors, Shop, State, is_xpath
from scraper.srcset import candidates
from scraper.state import first, follow, page_state

LAZY_SOURCES = ("src", "data-src", "data-original", "data-lazy-src")
LAZY_SETS = ("srcset", "data-srcset")


@dataclass(frozen=True, slots=True)
class Item:
    """A product on a results page; `position` counts cards from 1. `image_url` is empty while the page shows none."""

    id: str
    image_url: str
    title: str
    sponsored: bool
    position: int


def find_items(document: Selector, html: str, shop: Shop, base: str) -> list[Item]:
    """Every product of the page once, in the page's order; of an ad and its organic twin, the organic one.

    Items without an image stay in, so that the caller can tell an unscrolled page from one whose layout changed.
    """
    found = [_from_card(card, position, shop, base) for position, card in enumerate(_cards(document, shop), start=1)]
    for state in shop.states:
        if not found or state.adds or any(not item.image_url for item in found):
            found = _merge(found, list(_from_state(state, page_state(document, html, state.where), shop, base)), state)
    return _once([item for item in found if item.id])


def image_key(url: str, shop: Shop) -> str:
    """What two addresses of one picture share, whatever sizes they ask for."""
    match = re.search(shop.image_key, url)
    return match[1] if match else url


def find_texts(within: Selector, selectors: Selectors) -> Iterator[str]:
    """The texts that the selectors find, in order, without empty ones."""
    for selector in selectors:
        for node in _select(within, selector):
            text = node.get() if isinstance(node.root, str) else node.xpath("string()").get()
            if text and text.strip():
                yield " ".join(text.split())


def finds(within: Selector, selectors: Selectors) -> bool:
    """Whether any of the selectors finds anything."""
    return any(_select(within, selector) for selector in selectors)


def _select(within: Selector, selector: str) -> SelectorList[Selector]:
    return within.xpath(selector) if is_xpath(selector) else within.css(selector)


def _cards(document: Selector, shop: Shop) -> Iterable[Selector]:
    return next((cards for selector in shop.cards.card if (cards := _select(document, selector))), ())


def _from_card(card: Selector, position: int, shop: Shop, base: str) -> Item:
    titles = (_without(shop.cards.title_noise, text) for text in find_texts(card, shop.cards.title))
    return Item(
        id=next(find_texts(card, shop.cards.id), ""),
        image_url=_card_image(card, shop, base),
        title=next((title for title in titles if title), ""),
        sponsored=finds(card, shop.cards.sponsored),
        position=position,
    )


def _card_image(card: Selector, shop: Shop, base: str) -> str:
    for selector in shop.cards.image:
        for image in _select(card, selector):
            sets = [pair for name in LAZY_SETS for pair in candidates(image.attrib.get(name, ""))]
            plain = [(0.0, image.attrib[name]) for name in LAZY_SOURCES if image.attrib.get(name)]
            real = [(size, url) for size, url in (*sets, *plain) if not _is_placeholder(url, shop)]
            if real:
                return image_address(max(real, key=lambda pair: pair[0])[1], shop, base)
    return ""


def image_address(url: str, shop: Shop, base: str) -> str:
    """The address to fetch: absolute, and asking for the size that the shop file asks for."""
    url = urljoin(base, url.strip())
    for rewrite in shop.rewrites:
        url = re.sub(rewrite.pattern, rewrite.replacement, url)
    return url


def _is_placeholder(url: str, shop: Shop) -> bool:
    return not url.strip() or any(re.search(pattern, url.strip()) for pattern in shop.placeholders)


def _from_state(state: State, value: object, shop: Shop, base: str) -> Iterator[Item]:
    entries = (entry for path in state.items for entry in follow(value, path)) if value is not None else ()
    for position, entry in enumerate(entries, start=1):
        image = first(entry, state.image)
        yield Item(
            id=first(entry, state.id),
            image_url="" if not image or _is_placeholder(image, shop) else image_address(image, shop, base),
            title=_without(shop.cards.title_noise, html_text.unescape(first(entry, state.title))),
            sponsored=any(found for path in state.sponsored for found in follow(entry, path)),
            position=position,
        )


def _merge(cards: list[Item], states: list[Item], state: State) -> list[Item]:
    """Cards filled up from the state; then, where there were none or the state may add, the state's other products."""
    known = {item.id: item for item in reversed(states) if item.id}
    filled = []
    for card in cards:
        other = known.pop(card.id, None)
        filled.append(
            replace(card, image_url=card.image_url or other.image_url, title=card.title or other.title)
            if other
            else card
        )
    if cards and not state.adds:
        return filled
    rest = [item for item in states if known.pop(item.id, None)]
    return filled + [replace(item, position=len(cards) + place) for place, item in enumerate(rest, start=1)]


def _once(found: list[Item]) -> list[Item]:
    chosen: dict[str, Item] = {}
    for item in found:
        twin = chosen.get(item.id)
        if twin is None or (_rank(item) < _rank(twin)):
            chosen[item.id] = item
    return sorted(chosen.values(), key=lambda item: item.position)


def _rank(item: Item) -> tuple[bool, bool]:
    return (not item.image_url, item.sponsored)


def _without(noise: tuple[str, ...], text: str) -> str:
    for pattern in noise:
        text = re.sub(pattern, "", text)
    return text.strip()
