"""The parser on pages of our own that copy each shop's structure; no browser, no network."""

import dataclasses
import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.items import image_key
from scraper.page import Page, page_of_bytes
from scraper.parse import Outcome, Parsed, parse
from scraper.shop import Shop, load_shop
from tests.scraper import shop_pages
from tests.scraper.shop_pages import Product, as_ad, products

AMAZON, FLIPKART, MYNTRA, AJIO = (
    load_shop(f"{name}") for name in ("amazon.in", "flipkart.com", "myntra.com", "ajio.com")
)


def read(html: str, shop: Shop = AMAZON, *, url: str = "", status: int = 0) -> Parsed:
    return parse(page_of_bytes(html.encode(), url=url, status=status), shop)


def ids(parsed: Parsed) -> list[str]:
    return [item.id for item in parsed.items]


@pytest.mark.parametrize("year", [2022, 2024, 2025])
@pytest.mark.parametrize("layout", ["grid", "list"])
def test_amazon_gives_one_right_image_a_card_and_no_badge_swatch_or_carousel(year: int, layout: str) -> None:
    found = products(60 if layout == "grid" else 22)
    parsed = read(shop_pages.amazon(found, year=year, layout=layout))
    assert parsed.outcome is Outcome.OK
    assert ids(parsed) == [product.id for product in found]
    assert [item.title for item in parsed.items] == [product.title for product in found]
    largest = "UL960" if layout == "grid" else "UY654"
    assert [item.image_url for item in parsed.items] == [
        f"https://m.media-amazon.com/images/I/{product.image}._AC_{largest}_FMwebp_QL65_.jpg" for product in found
    ]


@pytest.mark.parametrize("year", [2022, 2024, 2025])
def test_an_ad_is_flagged_and_loses_to_its_organic_twin(year: int) -> None:
    first, second, third = products(3)
    parsed = read(shop_pages.amazon([as_ad(first), as_ad(second), first, third], year=year))
    assert [(item.id, item.sponsored, item.position) for item in parsed.items] == [
        (second.id, True, 2),
        (first.id, False, 3),
        (third.id, False, 4),
    ]


def test_an_ad_after_its_organic_twin_changes_nothing() -> None:
    first, second = products(2)
    parsed = read(shop_pages.amazon([first, second, as_ad(first)]))
    assert [(item.id, item.sponsored) for item in parsed.items] == [(first.id, False), (second.id, False)]


def test_the_next_page_is_named_until_the_last_and_a_single_page_has_none() -> None:
    found = products(2)
    assert (
        read(shop_pages.amazon(found, next_page="/s?k=saree&page=2")).next == "https://www.amazon.in/s?k=saree&page=2"
    )
    assert read(shop_pages.amazon(found, next_page="")).next == ""
    assert read(shop_pages.amazon(found, next_page="none")).next == ""


def test_the_place_that_the_shop_delivers_to_is_kept() -> None:
    assert read(shop_pages.amazon(products(1))).location == "Mumbai 400001"


@pytest.mark.parametrize("year", [2022, 2023, 2024, 2025, 2026])
def test_flipkart_cards_are_found_whatever_their_classes_are_called(year: int) -> None:
    found = [as_ad(product) if place % 3 == 0 else product for place, product in enumerate(products(40, prefix="SAR"))]
    parsed = read(shop_pages.flipkart(found, year=year), FLIPKART)
    assert ids(parsed) == [product.id for product in found]
    assert [item.sponsored for item in parsed.items] == [product.ad for product in found]
    assert [item.title for item in parsed.items] == [product.title for product in found]
    assert parsed.items[0].image_url == "https://rukminim2.flixcart.com/image/832/832/xif0q/sari/Saree0001.jpeg?q=90"
    assert parsed.next == "https://www.flipkart.com/search?q=saree&page=2"


def test_flipkart_ends_where_it_says_page_n_of_n() -> None:
    assert read(shop_pages.flipkart(products(2), pages=(359, 359)), FLIPKART).next == ""


def test_two_sizes_of_one_flipkart_picture_have_one_key() -> None:
    sizes = [
        "https://rukminim1.flixcart.com/image/312/312/a/b.jpeg?q=70",
        "https://rukminim2.flixcart.com/image/832/832/a/b.jpeg",
    ]
    assert {image_key(url, FLIPKART) for url in sizes} == {"a/b.jpeg"}


def test_the_mobile_layout_is_read_from_the_state() -> None:
    found = [as_ad(product) if place == 1 else product for place, product in enumerate(products(10, prefix="ACC"))]
    parsed = read(shop_pages.flipkart_mobile(found), FLIPKART)
    assert parsed.outcome is Outcome.OK
    assert [(item.id, item.title, item.sponsored) for item in parsed.items] == [(p.id, p.title, p.ad) for p in found]
    assert parsed.items[0].image_url == "https://rukminim1.flixcart.com/image/832/832/xif0q/Saree0001.jpeg?q=90"


def test_the_mobile_layout_is_read_wherever_the_state_keeps_its_products() -> None:
    found = products(10, prefix="ACC")
    html = shop_pages.flipkart_mobile(found).replace("multiWidgetState", "newState").replace("widgetsData", "rows")
    assert ids(read(html, FLIPKART)) == [product.id for product in found]
    assert read(html, FLIPKART).items[0].title == found[0].title


def test_a_state_that_is_handed_over_as_a_string_is_read_as_well() -> None:
    found = products(10, prefix="ACC")
    html = shop_pages.flipkart_mobile(found)
    state = re.search(r"__INITIAL_STATE__ = (.*?);</script>", html)
    assert state is not None
    html = html.replace(state[1], f"JSON.parse({json.dumps(state[1])})")
    assert ids(read(html, FLIPKART)) == [product.id for product in found]


def myntra_products(count: int) -> list[Product]:
    return [
        Product(id=f"{35809968 + n}", title=f"Kurta & Co {n}", image=f"images/2025/{n}", ad=n % 3 == 0)
        for n in range(count)
    ]


def test_myntra_cards_that_were_never_scrolled_get_their_image_from_the_state() -> None:
    found = myntra_products(50)
    parsed = read(shop_pages.myntra(found, next_page="https://www.myntra.com/shoes?p=2"), MYNTRA)
    assert [(i.id, i.image_url, i.title, i.sponsored) for i in parsed.items] == [
        (p.id, f"https://assets.myntassets.com/assets/{p.image}.jpg", p.title, p.ad) for p in found
    ]
    assert parsed.next == "https://www.myntra.com/shoes?p=2"
    assert parsed.hidden == 0


def test_without_the_state_the_unscrolled_cards_are_counted_as_hidden() -> None:
    html = shop_pages.myntra(myntra_products(50)).replace("window.__myx", "window.__other")
    parsed = read(html, MYNTRA)
    assert (len(parsed.items), parsed.hidden) == (11, 39)


@pytest.mark.parametrize(("year", "shown"), [(2025, 45), (2025, 6), (2026, 0)])
def test_ajio_is_read_from_its_state_even_where_no_card_is_left(year: int, shown: int) -> None:
    found = products(45, prefix="46")
    parsed = read(shop_pages.ajio(found, shown=shown, year=year), AJIO)
    assert ids(parsed) == [f"{product.id}_blue" for product in found]
    assert [item.title for item in parsed.items] == [product.title for product in found]
    assert [image_key(item.image_url, AJIO) for item in parsed.items] == [f"{product.image}.jpg" for product in found]


def test_an_ajio_page_whose_scripts_were_cut_out_gives_what_was_scrolled_to() -> None:
    html = shop_pages.ajio(products(45, prefix="46"), shown=6).replace("__PRELOADED_STATE__", "__gone__")
    parsed = read(html, AJIO)
    assert (len(parsed.items), parsed.hidden) == (6, 39)


@pytest.mark.parametrize("name", shop_pages.WALLS)
def test_every_wall_is_blocked_however_large_it_is(name: str) -> None:
    shop = FLIPKART if name.startswith("flipkart") else AMAZON
    wall = f"<html><body>{shop_pages.WALLS[name]}</body></html>"
    assert read(wall, shop).outcome is Outcome.BLOCKED
    assert read(wall + shop_pages.PADDING, shop).outcome is Outcome.BLOCKED


@pytest.mark.parametrize("shop", [AMAZON, FLIPKART, MYNTRA, AJIO], ids=lambda shop: shop.name)
def test_a_page_that_says_nothing_was_found_is_empty_and_one_that_says_nothing_has_changed(shop: Shop) -> None:
    nothing = shop_pages.NOTHING[shop.name]
    assert read(nothing, shop).outcome is Outcome.EMPTY
    assert read(f"<html><body>{shop_pages.PADDING}<p>Hello</p></body></html>", shop).outcome is Outcome.LAYOUT_CHANGED


def test_the_questions_are_asked_in_order() -> None:
    cards = shop_pages.amazon(products(1)).replace(shop_pages.PADDING, "")
    large = f"<html><body>{shop_pages.PADDING}</body></html>"
    assert read(cards, status=503).outcome is Outcome.OK, "cards count before the status and the size"
    assert read(cards + "<!-- /errors/validateCaptcha -->").outcome is Outcome.BLOCKED, "a safe marker counts first"
    assert [read(large, status=status).outcome for status in (403, 429, 503)] == [Outcome.BLOCKED] * 3
    assert read(large, url="https://www.amazon.in/ap/signin?openid=1").outcome is Outcome.BLOCKED
    assert read(large, url="https://www.amazon.in/ax/claim").outcome is Outcome.BLOCKED
    assert read(shop_pages.NOTHING["amazon.in"], status=429).outcome is Outcome.BLOCKED, "a refusal is no empty shelf"
    assert read("<html><body>No results for x</body></html>").outcome is Outcome.BLOCKED, "too small to be believed"


def test_cards_without_any_image_mean_a_changed_layout_and_not_zero_images() -> None:
    html = shop_pages.amazon(products(3)).replace("s-image", "new-image").replace("<img", "<picture")
    parsed = read(html)
    assert (parsed.outcome, parsed.hidden) == (Outcome.LAYOUT_CHANGED, 3)


@pytest.mark.parametrize(
    "said",
    [
        "<!-- saved from url=(0040)https://www.amazon.in/ap/signin?x=1 -->",
        "<html><!--\n Page saved with SingleFile \n url: https://www.amazon.in/ap/signin?x=1 \n-->",
    ],
)
def test_a_saved_page_knows_where_it_was_saved_from(said: str) -> None:
    assert read(said + shop_pages.PADDING).outcome is Outcome.BLOCKED


def test_a_page_that_was_saved_with_its_pictures_says_how_to_save_it_better() -> None:
    html = shop_pages.flipkart(products(3)).replace("https://rukminim2.flixcart.com/image", "./Saree_files")
    parsed = read(html, FLIPKART)
    assert parsed.outcome is Outcome.LAYOUT_CHANGED
    assert "save it as HTML only, or as one file (.mhtml)" in parsed.reason


@pytest.mark.parametrize("href", ["javascript:void(0)", "#", "", "/s?k=saree"])
def test_a_next_that_leads_nowhere_is_the_end(href: str) -> None:
    html = shop_pages.amazon(products(2), next_page="NEXT").replace("NEXT", href)
    assert read(html, url="https://www.amazon.in/s?k=saree").next == ""


def test_an_apostrophe_is_an_apostrophe_however_it_is_drawn() -> None:
    html = shop_pages.NOTHING["myntra.com"].replace("'", "\u2019")
    assert read(html, MYNTRA).outcome is Outcome.EMPTY


def test_a_page_in_an_old_charset_still_reads() -> None:
    raw = shop_pages.amazon([dataclasses.replace(products(1)[0], title="Café saree")]).replace("utf-8", "latin-1")
    assert parse(page_of_bytes(raw.encode("latin-1")), AMAZON).items[0].title == "Café saree"


def scrambled(match: re.Match[str]) -> str:
    """A tag with its attributes the other way round, on lines of their own, in single quotes where that is possible."""
    attributes = re.findall(r'([\w-]+)="([^"]*)"', match[2])
    return (
        f"<{match[1].upper()}\n"
        + "\n".join(f"{name.upper()} = '{value}'" for name, value in reversed(attributes))
        + ">"
    )


DISGUISES: dict[str, Callable[[str], str]] = {
    "line ends of Windows": lambda html: html.replace(">", ">\r\n"),
    "a mark at the start": lambda html: "\ufeff" + html,
    "attributes scrambled": lambda html: re.sub(
        r"<(div|img|li|a|span|h2)((?: [\w-]+=\"[^\"]*\")+) ?>", scrambled, html
    ),
    "comments between": lambda html: html.replace("<img", "<!-- <img src='/image/x.jpg'> --><img"),
    "wrapped once more": lambda html: html.replace("<img", "<span><span><img").replace("<h2", "<div></div><h2"),
    "other classes beside": lambda html: html.replace('class="', 'class="css-1x2y3z  '),
    "a noscript copy": lambda html: html.replace("</body>", "<noscript><img class='s-image' src='/n.jpg'></noscript>"),
    "no closing tags": lambda html: html.replace("</body></html>", "").replace("</li>", ""),
    "spaces around ids": lambda html: re.sub(r'(data-asin|data-id)="(\w+)"', r'\1=" \2 "', html),
    "a twin of every card's id inside": lambda html: re.sub(r'(data-asin="\w+")', r'\1 data-csa-c-item-id="\1"', html),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_page_says_the_same_however_it_is_written(disguise: str) -> None:
    sarees = [as_ad(product) if place % 4 == 0 else product for place, product in enumerate(products(24))]
    kurtas = myntra_products(24)
    pages = [
        *((shop_pages.amazon(sarees, year=year, next_page="/s?k=a&page=2"), AMAZON) for year in (2022, 2024, 2025)),
        *((shop_pages.flipkart(sarees, year=year), FLIPKART) for year in (2022, 2024, 2026)),
        (shop_pages.myntra(kurtas), MYNTRA),
        (shop_pages.ajio(sarees), AJIO),
    ]
    for html, shop in pages:
        assert read(DISGUISES[disguise](html), shop) == read(html, shop)


def test_a_page_of_any_encoding_is_read() -> None:
    html = shop_pages.amazon(products(3))
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert parse(page_of_bytes(html.encode(encoding)), AMAZON).items == read(html).items


@given(st.text(max_size=300))
def test_no_text_whatever_breaks_the_parser(text: str) -> None:
    for shop in (AMAZON, FLIPKART, MYNTRA, AJIO):
        assert parse(Page(html=text, size=len(text)), shop).outcome in set(Outcome)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["grid", "entities", "url", "name", "images", "0"]), inner, max_size=3)
        ),
        max_leaves=12,
    )
)
def test_no_state_whatever_breaks_the_parser(state: object) -> None:
    html = f"<script>window.__PRELOADED_STATE__ = {json.dumps({'grid': state})}</script>"
    assert read(html, AJIO).outcome in set(Outcome)
