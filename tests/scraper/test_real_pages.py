"""The parser on real pages, where they lie beside the checkout (CI has them there): one right image a card."""

import os
from pathlib import Path

import pytest
from parsel import Selector

from scraper.items import image_key
from scraper.page import read_page
from scraper.parse import Outcome, parse
from scraper.shop import load_shop

PAGES = Path(__file__).parents[3] / "shared" / "pages"


@pytest.fixture(autouse=True)
def _pages() -> None:
    if not PAGES.is_dir():
        words = f"needs the saved pages of real shops in {PAGES}"
        pytest.fail(words) if os.environ.get("CI") == "true" else pytest.skip(words)


CARDS = {
    "amazon.in": ('[data-component-type="s-search-result"]', "data-asin", ".s-product-image-container img.s-image"),
    "flipkart.com": ("div[data-id]", "data-id", 'img[src*="rukminim"][src*="/image/"]'),
}


@pytest.mark.parametrize(
    ("name", "file", "cards", "ads"),
    [
        ("amazon.in", "amazon/apparel_grid_2025-06.html", 60, 12),
        ("amazon.in", "amazon/grid_2022.html", 58, 10),
        ("amazon.in", "amazon/list_2025-10.html", 22, 6),
        ("amazon.in", "amazon/single_page_2025-08.html", 19, 3),
        ("flipkart.com", "flipkart/garment_like_2026-05.html", 40, 15),
        ("flipkart.com", "flipkart/garment_page1_2025-07.html", 40, 16),
    ],
)
def test_every_card_of_a_real_page_gives_its_one_image(name: str, file: str, cards: int, ads: int) -> None:
    shop, page = load_shop(name), read_page(PAGES / file)
    parsed = parse(page, shop)
    card, identity, image = CARDS[name]
    expected = {
        one.attrib[identity]: {image_key(src, shop) for src in one.css(f"{image}::attr(src)").getall()}
        for one in Selector(page.html).css(card)
    }
    assert parsed.outcome is Outcome.OK
    assert {item.id: {image_key(item.image_url, shop)} for item in parsed.items} == expected
    assert (len(parsed.items), sum(item.sponsored for item in parsed.items)) == (cards, ads)
    assert all(item.title for item in parsed.items)


def test_the_first_page_names_a_second_and_a_single_page_none() -> None:
    amazon = load_shop("amazon.in")
    assert "page=2" in parse(read_page(PAGES / "amazon/list_2025-10.html"), amazon).next
    assert parse(read_page(PAGES / "amazon/single_page_2025-08.html"), amazon).next == ""


def test_the_real_mobile_layout_gives_the_ten_products_of_its_state() -> None:
    parsed = parse(read_page(PAGES / "flipkart/mobile_layout_2025-11.html"), load_shop("flipkart.com"))
    assert (parsed.outcome, len(parsed.items)) == (Outcome.OK, 10)


def test_all_fifty_cards_of_the_real_myntra_page_have_their_image_though_39_were_never_scrolled() -> None:
    parsed = parse(read_page(PAGES / "myntra/grid_2025-10.html"), load_shop("myntra.com"))
    assert len({item.image_url for item in parsed.items}) == 50
    assert sum(item.sponsored for item in parsed.items) == 18


@pytest.mark.parametrize(
    "file", ["amazon_captcha_2024", "amazon_continue_2025", "amazon_dog_2026", "flipkart_recaptcha_403"]
)
def test_every_real_wall_is_blocked(file: str) -> None:
    shop = load_shop("flipkart.com" if file.startswith("flipkart") else "amazon.in")
    assert parse(read_page(PAGES / "walls" / f"{file}.html"), shop).outcome is Outcome.BLOCKED
