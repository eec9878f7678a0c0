import io

import numpy as np
import pytest
from PIL import Image

from scraper.errors import PictureError
from scraper.picture import decode, encode, is_blank, thumbnail, unlikeness
from tests.scraper.pictures import motif, photo, saved


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_the_bytes_decide_the_format_and_every_format_gives_the_same_picture(kind: str) -> None:
    picture = decode(photo(1, kind))
    assert (picture.format, picture.width, picture.height) == (kind, 160, 200)
    assert unlikeness(thumbnail(picture.pixels), thumbnail(motif(1))) < 3


def test_an_upright_rgb_jpeg_is_plain_and_may_be_kept_as_it_came() -> None:
    assert decode(photo(1)).plain
    assert not decode(photo(1, "PNG")).plain
    assert not decode(saved(motif(1)[:, :, 0])).plain, "grey has one channel"


def test_transparency_becomes_white_and_not_black() -> None:
    clear = np.zeros((40, 40, 4), np.uint8)
    for kind in ("PNG", "WEBP"):
        assert decode(saved(clear, kind)).pixels.min() == 255
    palette = Image.fromarray(np.zeros((40, 40), np.uint8)).convert("P")
    buffer = io.BytesIO()
    palette.save(buffer, "GIF", transparency=0)
    assert decode(buffer.getvalue()).pixels.min() == 255


def test_a_picture_that_was_taken_sideways_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = decode(photo(1, exif=exif))
    assert (picture.width, picture.height, picture.plain) == (200, 160, False)


def test_cmyk_and_sixteen_bit_grey_become_rgb() -> None:
    buffer = io.BytesIO()
    Image.fromarray(motif(2)).convert("CMYK").save(buffer, "JPEG")
    assert decode(buffer.getvalue()).pixels.shape == (200, 160, 3)
    deep = io.BytesIO()
    Image.fromarray(np.full((40, 40), 0x8000, np.uint16)).save(deep, "PNG")
    assert decode(deep.getvalue()).pixels.max() == 128


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>robot?</html>", "HTML"),
        (b'<?xml version="1.0"?><svg/>', "SVG"),
        (b'{"error": 1}', "JSON"),
        (b"\x00\x01\x02\x03", "unknown bytes"),
        (photo(1)[:-800], "damaged"),
        (photo(1, "PNG")[:-300], "damaged"),
    ],
)
def test_what_is_no_whole_picture_is_refused_with_its_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(PictureError, match=reason):
        decode(raw)


def test_a_picture_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(PictureError, match="more than the limit"):
        decode(saved(np.zeros((8000, 8000), np.uint8), "PNG"))


def test_equal_pixels_give_equal_bytes() -> None:
    assert encode(motif(3)) == encode(motif(3).copy())


def test_a_tile_of_one_colour_is_blank_and_a_garment_is_not() -> None:
    assert is_blank(decode(saved(np.full((64, 64, 3), 200, np.uint8))).pixels)
    assert not is_blank(motif(1))
