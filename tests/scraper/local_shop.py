"""A shop on this machine: results pages and photos over HTTP, with every way in which a real one refuses."""

import functools
import io
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image

from tests.scraper import shop_pages
from tests.scraper.pictures import motif, photo
from tests.scraper.shop_pages import as_ad, products

KINDS = ("JPEG", "PNG", "WEBP", "GIF", "turned", "clear")


@functools.cache
def picture(number: int) -> bytes:
    """Photo `number`, in a format that its number decides; the name always says .jpg."""
    kind = KINDS[number % len(KINDS)]
    if kind == "turned":
        exif = Image.Exif()
        exif[0x0112] = 6
        return photo(number, exif=exif)
    if kind == "clear":
        pixels = motif(number)
        buffer = io.BytesIO()
        alpha = np.where(pixels.min(axis=2) == 255, 0, 255).astype(np.uint8)
        Image.fromarray(np.dstack([pixels, alpha])).save(buffer, "PNG")
        return buffer.getvalue()
    return photo(number, kind)


@dataclass
class LocalShop:
    """What the shop has, how it misbehaves, and what it was asked.

    `faults` maps a photo's number (or a page's path) to what happens the first times it is asked for, in order.
    """

    labels: dict[str, int]
    """How many products each query finds."""
    a_page: int = 60
    faults: dict[int | str, list[str]] = field(default_factory=lambda: defaultdict(list))
    robots: str = "User-agent: *\nDisallow: /private\n"
    surprises: dict[str, Callable[[], None]] = field(default_factory=dict)
    """What happens when a page is asked for the first time, by its path."""
    asked: list[tuple[float, str]] = field(default_factory=list)
    address: str = ""
    closing: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def page(self, query: str, number: int) -> str:
        total = self.labels.get(query, 0)
        if not total:
            return shop_pages.NOTHING["amazon.in"]
        first = 1 + (number - 1) * self.a_page
        kind, base = query.capitalize(), 1000 * sorted(self.labels).index(query)
        found = products(min(self.a_page, total - first + 1), kind=kind, first=base + first)
        ads = [
            as_ad(found[0]),
            *(as_ad(p) for p in products(2, kind="Shoe", first=900_000)),
        ]  # a twin, and other garments
        more = first + self.a_page <= total
        following = f"/s?k={query}&page={number + 1}" if more else ""
        return shop_pages.amazon([*ads, *found], host=self.address, next_page=following)

    def shop_file(self, folder: Path, *, interval_s: float = 0.0) -> Path:
        """A shop file for this shop: amazon.in's, at this address and with this pace."""
        text = (files("scraper") / "shops" / "amazon.in.toml").read_text(encoding="utf-8")
        text = text.replace("https://www.amazon.in", self.address).replace(
            "interval_s = 8.0", f"interval_s = {interval_s}"
        )
        text = text.replace('name = "amazon.in"', f'name = "local"\nimage_interval_s = {interval_s}')
        path = folder / "local.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def next_fault(self, key: int | str) -> str:
        with self._lock:
            waiting = self.faults[key]
            return waiting.pop(0) if waiting else ""


class Counter(BaseHTTPRequestHandler):
    """The shop's counter: one request at a time, each noted with its moment."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else head and body wait for each other, 40 ms a photo
    shop: LocalShop

    def do_GET(self) -> None:
        shop, url = self.shop, urlsplit(self.path)
        with shop._lock:
            shop.asked.append((time.monotonic(), self.path))
        shop.surprises.pop(self.path, lambda: None)()
        number = re.search(r"/images/I/[A-Za-z]+(\d+)", url.path)
        fault = shop.next_fault(int(number[1]) if number else self.path)
        if fault:
            self.misbehave(fault)
        elif url.path == "/robots.txt":
            self.answer(shop.robots.encode(), "text/plain")
        elif url.path == "/s":
            query = parse_qs(url.query)
            page = shop.page(query["k"][0], int(query.get("page", ["1"])[0]))
            self.answer(page.encode(), "text/html; charset=utf-8")
        elif number:
            self.answer(picture(int(number[1])), "image/jpeg")
        else:
            self.answer(b"not here", "text/plain", status=404)

    def misbehave(self, fault: str) -> None:
        status, _, pause = fault.partition("+")  # "429+2" asks for two seconds of peace
        if status.isdigit():
            more = {"Retry-After": pause or "0"} if status in {"429", "503"} else {}
            self.answer(b"no", "text/plain", status=int(status), more=more)
        elif fault == "html":
            self.answer(b"<!DOCTYPE html><html>Are you a robot?</html>", "image/jpeg")
        elif fault == "loop":
            self.answer(b"", "text/plain", status=302, more={"Location": self.path})
        elif fault == "truncated":
            kind = "text/html" if urlsplit(self.path).path == "/s" else "image/jpeg"
            self.begin({"Content-Type": kind, "Content-Length": "90000"})
            self.wfile.write(self.shop.page("jeans", 1).encode()[:70_000] if kind == "text/html" else picture(1)[:700])
        elif fault == "slow":
            self.begin({"Content-Length": "90000"})
            while not self.shop.closing.wait(0.05):  # a byte now and then, until the client has had enough
                self.wfile.write(b"<")
        elif fault == "mute":
            self.close_connection = True
            self.shop.closing.wait(20)

    def begin(self, headers: dict[str, str]) -> None:
        """The head of an answer that will not come whole."""
        self.close_connection = True
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def answer(self, body: bytes, kind: str, *, status: int = 200, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keeps quiet: what was asked stands in `asked`."""


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up, or is killed, is no news."""


@contextmanager
def open_shop(shop: LocalShop) -> Iterator[LocalShop]:
    """The shop on a free port of 127.0.0.1, closed after."""
    server = QuietServer(("127.0.0.1", 0), type("TheCounter", (Counter,), {"shop": shop}))
    shop.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        shop.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
