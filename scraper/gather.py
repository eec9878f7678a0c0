"""One product into one line of the manifest: fetched, decoded, judged. Runs in worker threads, touches no disk."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from scraper.errors import BlockedError, FetchError, PictureError
from scraper.fetch import Fetcher
from scraper.hashing import hex_hash, perceptual_hash
from scraper.job import Fetching
from scraper.manifest import Photo
from scraper.picture import decode, encode, is_blank
from scraper.store import Candidate

SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "GIF": ".gif", "BMP": ".bmp", "AVIF": ".avif"}


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Fetches products' pictures within a job's limits."""

    fetcher: Fetcher
    limits: Fetching
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def gather(self, found: Photo) -> Candidate:
        """The product with its picture, or with the reason why there is none.

        Raises:
            BlockedError: the host refuses us; the product stays undecided.
        """
        stamp = self.now().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        photo = msgspec.structs.replace(found, fetched_at=stamp)
        try:
            reply = self.fetcher.get(found.url)
        except BlockedError:
            raise
        except FetchError as error:
            return _failed(photo, error.status, error.message)
        return self._judge(photo, reply.raw)

    def _judge(self, photo: Photo, raw: bytes) -> Candidate:
        try:
            picture = decode(raw)
        except PictureError as error:
            status = "damaged" if error.message.startswith("damaged") else "not_a_picture"
            return _failed(photo, status, error.message)
        if min(picture.width, picture.height) < self.limits.smallest_side:
            return _failed(photo, "too_small", f"{picture.width}x{picture.height} pixels")
        if is_blank(picture.pixels):
            return _failed(photo, "blank", "one colour, give or take noise")
        jpeg = raw if picture.plain else encode(picture.pixels)
        return Candidate(
            photo=msgspec.structs.replace(
                photo,
                status="ok",
                reason="",
                sha256=hashlib.sha256(jpeg).hexdigest(),
                width=picture.width,
                height=picture.height,
                phash=hex_hash(perceptual_hash(picture.pixels)),
            ),
            jpeg=jpeg,
            original=raw if self.limits.keep_originals and not picture.plain else b"",
            suffix=SUFFIXES.get(picture.format, ""),
        )


def _failed(photo: Photo, status: str, reason: str) -> Candidate:
    return Candidate(photo=msgspec.structs.replace(photo, status=status, reason=reason))
