"""Results pages of our own making, with the structure and the traps of each shop's real ones of 2022 to 2026."""

import html
import json
from dataclasses import dataclass, replace

PADDING = f"<script>/*{'x' * 21_000}*/</script>"
"""Real pages are large; a page under 20 kB without cards counts as a wall."""


@dataclass(frozen=True)
class Product:
    id: str
    title: str
    image: str
    """The picture's name: what every address of it shares."""
    ad: bool = False
    brand: str = "Anvaya"


def products(count: int, *, prefix: str = "B0", kind: str = "Saree", first: int = 1) -> list[Product]:
    numbers = range(first, first + count)
    return [
        Product(
            id=f"{prefix}{kind.upper()}{n:04d}", title=f"Women's {kind} No. {n}, 5.5\" border", image=f"{kind}{n:04d}"
        )
        for n in numbers
    ]


def as_ad(product: Product) -> Product:
    return replace(product, ad=True)


# Amazon ------------------------------------------------------------------------------------------------------------


def amazon(
    found: list[Product],
    *,
    year: int = 2025,
    host: str = "https://m.media-amazon.com",
    next_page: str = "",
    layout: str = "grid",
) -> str:
    """A page of amazon.in. `next_page` "" is the last of several (a disabled span), "none" a single-page result."""
    cards = "".join(_amazon_card(product, year, host, layout) for product in found)
    control = {
        "": '<span class="s-pagination-item s-pagination-next s-pagination-disabled" aria-disabled="true">Next</span>',
        "none": "",
    }.get(next_page, f'<a class="s-pagination-item s-pagination-next" href="{html.escape(next_page)}">Next</a>')
    return (
        f'<!doctype html><html lang="en-in"><head><title>Amazon.in</title><meta charset="utf-8">'
        f"<style>.s-result-item{{display:inline-block;width:200px;height:260px}}</style></head><body>"
        f'<a href="/ap/signin?x=1">Sign in</a><span id="glow-ingress-line2"> Mumbai 400001 </span>{PADDING}'
        f'<div data-component-type="s-search-result" data-asin="">'
        f'<img class="s-image" src="{host}/images/I/house.jpg"></div>'
        f'<div class="s-result-list">{cards}</div>{_amazon_carousel(host)}<div>{control}</div>'
        f"<p>Are you a robot? captcha Access Denied Continue shopping</p></body></html>"
    )


def _amazon_card(product: Product, year: int, host: str, layout: str) -> str:
    size = "UL" if layout == "grid" else "UY"
    steps = (320, 480, 640, 800, 960) if layout == "grid" else (218, 327, 436, 545, 654)
    names = [f"{host}/images/I/{product.image}._AC_{size}{step}_" for step in steps]
    odd = "1.6187x" if year == 2024 else "1.5x"
    srcset = f"{names[0]}.jpg 1x, {names[1]}FMwebp_QL65_.jpg {odd}, " + ", ".join(
        f"{name}FMwebp_QL65_.jpg {density}x" for name, density in zip(names[2:], (2, 2.5, 3), strict=True)
    )
    title, alt = html.escape(product.title), html.escape(f"{'Sponsored Ad - ' if product.ad else ''}{product.title}")
    ad_class = " AdHolder" if product.ad else ""
    link = "/sspa/click?ie=UTF8" if product.ad and year > 2022 else f"/dp/{product.id}"
    if product.ad and year == 2022:
        link = "/gp/slredirect/picassoRedirect.html"
    said = html.escape("Sponsored Ad \u2013 " * product.ad + product.title)
    heading = {
        2022: f'<div class="s-title-instructions-style"><h2><a href="{link}">\n {title}\n </a></h2></div>',
        2024: f'<div data-cy="title-recipe"><a href="{link}"><h2 aria-label="{said}">{title}</h2></a></div>',
    }.get(
        year,
        f'<div data-cy="title-recipe"><h2><span>{product.brand}</span></h2>'
        f'<a href="{link}"><h2 aria-label="{said}"><span>{title}</span></h2></a></div>'
        f'<div data-cy="certification-recipe"><h2>OEKO-TEX STANDARD 100</h2></div>',
    )
    return (
        f'<div class="s-result-item{ad_class}" data-asin="{product.id}" data-component-type="s-search-result">'
        f'<span class="s-badge"><img class="s-image" src="{host}/images/I/badge.png" alt=""></span>'
        f'<div class="s-product-image-container"><a href="{link}"><img class="s-image" src="{names[0]}.jpg" '
        f'srcset="{srcset}" alt="{alt}"></a></div>{heading}'
        f'<div class="s-color-swatch"><img class="s-image" src="{host}/images/I/swatch.jpg"></div></div>'
    )


def _amazon_carousel(host: str) -> str:
    inside = "".join(
        f'<div data-asin="B0CAROUSEL{n}"><img class="s-image" src="{host}/images/I/carousel{n}._AC_UL320_.jpg"></div>'
        for n in range(6)
    )
    return f'<div data-component-type="s-searchgrid-carousel">{inside}</div>'


# Flipkart ----------------------------------------------------------------------------------------------------------

FLIPKART_CLASSES = {2022: "_2r_T1I", 2023: "_3togXc", 2024: "_53J4C-", 2025: "_53J4C-", 2026: "MZeksS"}


def flipkart(
    found: list[Product],
    *,
    year: int = 2025,
    host: str = "https://rukminim2.flixcart.com",
    pages: tuple[int, int] = (1, 359),
) -> str:
    """A desktop page of flipkart.com; `pages` are this page and the last."""
    cards = "".join(_flipkart_card(product, year, host) for product in found)
    page, last = pages
    link = f'<a class="_9QVEpD" href="/search?q=saree&amp;page={page + 1}"><span>Next</span></a>' if page < last else ""
    return (
        f"<!doctype html><html><head><title>Saree</title></head><body>{PADDING}<div>{cards}</div>"
        f'<div data-idle="x"><img src="{host}/image/100/100/promo/banner.jpeg"></div>'
        f"<div><span>Page {page} of {last}</span><nav>{link}</nav></div><p>captcha Access Denied</p></body></html>"
    )


def _flipkart_card(product: Product, year: int, host: str) -> str:
    mark, iid = ("ADVIEW_en_1", "en_1abc") if product.ad else ("VIEW_1", f"72383bb4.{product.id}.SEARCH")
    where = f"/anvaya-saree/p/itm1?pid={product.id}&amp;iid={iid}"
    return (
        f'<div data-id="{product.id}" ><div data-tkid="{iid}"><a href="{where}"><div data-tkid="{mark}">'
        f'<img src="data:image/svg+xml;base64,AAAA"><img class="{FLIPKART_CLASSES[year]}" alt="" '
        f'src="{host}/image/612/612/xif0q/sari/{product.image}.jpeg?q=70"></div></a>'
        f'<a title="{html.escape(product.title)}" href="{where}">{html.escape(product.title[:20])}...</a>'
        f'<img src="//static-assets-web.flixcart.com/fk-p-linchpin-web/img/fa_9e47c1.png"></div></div>'
    )


def flipkart_mobile(found: list[Product], *, host: str = "https://rukminim1.flixcart.com") -> str:
    """What an odd window or user agent gets: no data-id anywhere, products in the state."""
    size = "{@width}/{@height}"
    entries = [
        {
            "action": {"params": {"productId": product.id}},
            "tracking": {"impressionId": "en_1" if product.ad else f"4.{product.id}.SEARCH"},
            "value": {
                "images": [{"imageUrl": f"{host}/image/{size}/xif0q/{product.image}.jpeg?q={{@quality}}"}],
                "titles": {"title": product.title},
            },
        }
        for product in found
    ]
    slots = [
        {"slotData": {"widget": {"type": "BANNER", "data": {}}}},
        {"slotData": {"widget": {"data": {"products": entries}}}},
    ]
    state = json.dumps({"multiWidgetState": {"widgetsData": {"slots": slots}}})
    return (
        f"<!doctype html><html><body>{PADDING}<script>window.__INITIAL_STATE__ = {state};</script>"
        + "".join(f'<a href="/p/itm?pid={p.id}"><img src="{host}/image/180/216/{p.image}.jpeg"></a>' for p in found)
        + "</body></html>"
    )


# Myntra and Ajio ---------------------------------------------------------------------------------------------------


def myntra(
    found: list[Product], *, host: str = "https://assets.myntassets.com", scrolled: int = 11, next_page: str = ""
) -> str:
    """A page of myntra.com of which only the first `scrolled` cards were seen: the others hold no <img>."""
    cards = "".join(_myntra_card(product, host, seen=place < scrolled) for place, product in enumerate(found))
    entries = [
        {"productId": int(p.id), "productName": p.title, "searchImage": f"{host}/assets/{p.image}.jpg", "isPLA": p.ad}
        for p in found
    ]
    results = {"products": [e for e in entries if not e["isPLA"]], "plaProducts": [e for e in entries if e["isPLA"]]}
    state = json.dumps({"searchData": {"results": results}})
    link = f'<link rel="next" href="{next_page}">' if next_page else ""
    return (
        f"<html><head>{link}</head><body>{PADDING}<ul>{cards}</ul>"
        f"<script>window.__myx = {state}</script><script>var x = 1;</script></body></html>"
    )


def _myntra_card(product: Product, host: str, *, seen: bool) -> str:
    name = html.escape(product.title)
    address = f"{host}/dpr_2,q_60,w_210,c_limit,fl_progressive/assets/{product.image}.jpg"
    picture = (
        f'<picture><source srcset="{address}" type="image/webp">'
        f'<img class="img-responsive" src="{address}" title="{name}"></picture>'
        if seen
        else '<div class="lazyload-placeholder"></div>'
    )
    mark = '<div class="product-waterMark"> AD </div>' if product.ad else ""
    return (
        f'<li id="{product.id}" class="product-base">{mark}<a href="x/{product.id}/buy">{picture}</a>'
        f'<h3 class="product-brand">{product.brand}</h3><h4 class="product-product">{name}</h4></li>'
    )


def ajio(found: list[Product], *, host: str = "https://assets.ajio.com", shown: int = 6, year: int = 2025) -> str:
    """A page of ajio.com: the screen holds a few that have a picture, the state holds all, and `undefined` besides.

    In 2026 the page comes without a single card: a script draws them from the state.
    """
    entities = {
        f"{p.id}_blue": {
            "code": f"{p.id}001",
            "url": f"/anvaya-saree/p/{p.id}_blue",
            "name": p.title,
            "images": [{"format": "productGrid3ListingImage", "url": f"{host}/medias/sys/-473Wx593H-{p.image}.jpg"}],
            "fnlColorVariantData": {
                "brandName": p.brand,
                "colorGroup": f"{p.id}_blue",
                "outfitPictureURL": f"{host}/medias/sys/-286Wx359H-{p.image}.jpg",
            },
            "price": {"value": 899.0},
        }
        for p in found
    }
    grid = {"entities": entities, "results": list(entities), "pagination": {"totalPages": 44}}
    state = json.dumps({"grid": grid, "wishlist": {"entities": {"x": {"url": "/p/999_red"}}}, "user": "UNDEF"})
    state = state.replace('"UNDEF"', "undefined")
    cards = "" if year >= 2026 else "".join(_ajio_card(p, host, seen=n < shown) for n, p in enumerate(found))
    return (
        f"<html><body>{PADDING}<div class='items'>{cards}</div><script>window.__PRELOADED_STATE__ = {{}};</script>"
        f"<script>window.__PRELOADED_STATE__ = {state};window.__other = 1;</script></body></html>"
    )


def _ajio_card(product: Product, host: str, *, seen: bool) -> str:
    address = f"{host}/medias/sys/-286Wx359H-{product.image}.jpg" if seen else "/static/img/placeholder.png"
    return (
        f'<div class="item rilrtl-products-list__item item">'
        f'<a class="rilrtl-products-list__link" href="/x/p/{product.id}_blue">'
        f'<img class="rilrtl-lazy-img" src="{address}" alt="Product image currently unavailable">'
        f'</a><div class="brand">{product.brand}</div><div class="nameCls">{html.escape(product.title)}</div></div>'
    )


# Walls -------------------------------------------------------------------------------------------------------------

WALLS = {
    "amazon captcha": "<!-- contact api-services-support@amazon.com --><h4>Enter the characters you see below</h4>",
    "amazon continue": '<form action="/errors/validateCaptcha"><button>Continue shopping</button></form>',
    "amazon dog": '<a href="/ref=cs_503_logo">Sorry! Something went wrong</a>',
    "amazon sign-in": '<form name="signIn" action="https://www.amazon.in/ap/signin"><input id="ap_email"></form>',
    "amazon claim": '<form method="post" action="/ax/claim?arb=1"><input type="email"></form>',
    "flipkart reCAPTCHA": "<title>Flipkart reCAPTCHA</title><h1>Are you a human?</h1>",
}
NOTHING = {
    "amazon.in": f"<html><body>{PADDING}<span>No results for</span> <span>qwxyz</span>. Try another.</body></html>",
    "flipkart.com": f"<html><body>{PADDING}<div>Sorry, no results found!</div></body></html>",
    "myntra.com": f"<html><body>{PADDING}<p>We couldn't find any matches!</p></body></html>",
    "ajio.com": f"<html><body>{PADDING}<p>Sorry! We couldn't find any matches for qwxyz</p></body></html>",
}
