"""Bytes into an upright RGB picture, and the ways in which a picture is no photo of a product.

The bytes decide the format: shops name WebP files .jpg and answer with HTML where a picture was.
"""

import functools
import io
import warnings
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from scraper.errors import PictureError

Pixels = npt.NDArray[np.uint8]

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")
MAX_PIXELS = 50_000_000
"""A 7000 x 7000 picture: three times the largest a shop serves, and 150 MB once decoded."""
ORIENTATION = 0x0112
"""The EXIF tag that says how the camera was held."""
JPEG_QUALITY = 95
"""At 95 without chroma subsampling a pixel moves by about one level: less than the shop's own JPEG moved it."""
BLANK_SPREAD = 3.0
"""Standard deviation of the levels of a channel. A grey tile with the noise of JPEG stays below 2."""


@dataclass(frozen=True, slots=True, eq=False)  # eq=False: arrays do not compare to one bool
class Picture:
    """A decoded picture: RGB uint8 HxWx3, upright, flattened on white; and whether its bytes are that already."""

    pixels: Pixels
    format: str
    plain: bool

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


def decode(raw: bytes) -> Picture:
    """The picture that the bytes hold; `plain` says that they are an upright RGB JPEG, to be kept byte for byte.

    Raises:
        PictureError: not a picture, a format outside FORMATS, truncated, or more than MAX_PIXELS.
    """
    if not raw:
        raise PictureError("empty file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd EXIF and large files; what matters is checked below
            with Image.open(io.BytesIO(raw), formats=_readable()) as image:
                return _upright(image)
    except UnidentifiedImageError as error:
        raise PictureError(f"no picture: {_looks_like(raw)}") from error
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise PictureError(f"damaged picture: {error}") from error


def encode(pixels: Pixels) -> bytes:
    """The picture as JPEG bytes; equal pixels give equal bytes."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()


def thumbnail(pixels: Pixels) -> Pixels:
    """The picture at 16x16, for comparing two of them."""
    return np.asarray(cv2.resize(pixels, (16, 16), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def unlikeness(one: Pixels, other: Pixels) -> float:
    """The mean difference of two thumbnails in levels, 0 (same) to 255."""
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())


def is_blank(pixels: Pixels) -> bool:
    """Whether the picture shows nothing: one colour, give or take noise."""
    _, spread = cv2.meanStdDev(pixels)
    return float(spread.max()) < BLANK_SPREAD


@functools.cache
def _readable() -> tuple[str, ...]:
    """Those of FORMATS that this Pillow knows: before 11.3 it had no AVIF, and fails over a name that it does not know."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _upright(image: Image.Image) -> Picture:
    if image.width * image.height > MAX_PIXELS:
        raise PictureError(f"{image.width}x{image.height} pixels are more than the limit of {MAX_PIXELS}")
    kind = image.format or ""
    turned = image.getexif().get(ORIENTATION, 1) not in {0, 1}
    plain = kind == "JPEG" and image.mode == "RGB" and not turned
    image.load()
    whole = ImageOps.exif_transpose(image) if turned else image
    return Picture(pixels=np.asarray(_on_white(whole)), format=kind, plain=plain)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if "A" in image.getbands() or "transparency" in image.info:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    if image.mode.startswith("I;16") or image.mode == "I":  # 16-bit grey: convert() alone would clip it to white
        return Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)).convert("RGB")
    return image.convert("RGB")


def _looks_like(raw: bytes) -> str:
    start = raw[:512].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<!--")):
        return "an HTML page"
    if b"<svg" in start or start.startswith(b"<?xml"):
        return "an SVG drawing"
    if start.startswith((b"{", b"[")):
        return "JSON"
    return f"unknown bytes {raw[:8].hex()}"
