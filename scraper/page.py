"""A page as it came: its text, where it came from, and how the shop answered. What the parser is given."""

import codecs
import email
import email.policy
import re
from dataclasses import dataclass
from pathlib import Path

from scraper.errors import PageFileError

SAVED_FROM = re.compile(r"saved from url=\(\d+\)(\S+)|Page saved with SingleFile\s+url: (\S+)")
"""What browsers and a well-known extension write at the top of a page that they save."""
CHARSET = re.compile(rb"""<meta[^>]+charset=["']?([\w-]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """The HTML of a page; `url` after redirects and the HTTP `status`, where they are known; `size` in bytes.

    `retry_after` is that header of a shop that was busy.
    """

    html: str
    size: int
    url: str = ""
    status: int = 0
    retry_after: str = ""


def page_of_bytes(raw: bytes, *, url: str = "", status: int = 0) -> Page:
    """The page that the bytes hold: UTF-8, else in the charset it declares; without `url`, what "saved from" says.

    A single file that Chromium saved (MHTML, RFC 2557) is the page in it.
    """
    if b"\nSnapshot-Content-Location:" in raw[:4096]:
        raw, address = _from_mhtml(raw)
        url = url or address
    html = _decode(raw)
    saved = SAVED_FROM.search(html[:2000])
    return Page(html=html, size=len(raw), url=url or (saved[1] or saved[2] if saved else ""), status=status)


def read_page(path: Path, *, url: str = "", status: int = 0) -> Page:
    """A saved page.

    Raises:
        PageFileError: the file cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PageFileError(f"{path}: {error.strerror}") from error
    return page_of_bytes(raw, url=url, status=status)


def _from_mhtml(raw: bytes) -> tuple[bytes, str]:
    """The first HTML part and where it came from; the parts after it are frames and pictures."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    pages = (part.get_payload(decode=True) for part in message.walk() if part.get_content_type() == "text/html")
    html = next(pages, b"")
    return html if isinstance(html, bytes) else b"", str(message["Snapshot-Content-Location"] or "")


def _decode(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        declared = CHARSET.search(raw[:4096])
    try:
        return raw.decode(declared[1].decode("ascii") if declared else "cp1252", errors="replace")
    except LookupError:
        return raw.decode("cp1252", errors="replace")
