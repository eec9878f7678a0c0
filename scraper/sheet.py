"""The contact sheet: one HTML file with every suspect's picture in it, on which a person ticks what to drop."""

import base64
import html
from collections.abc import Iterable
from importlib.resources import files

import cv2
import numpy as np

from scraper.errors import PictureError
from scraper.manifest import Dataset
from scraper.picture import decode, encode
from scraper.review import Suspect

SIDE = 160
"""Pixels of a picture on the sheet: eight fit across a laptop's screen, and 500 make a file of 4 MB."""


def contact_sheet(dataset: Dataset, found: Iterable[Suspect]) -> str:
    """The sheet as one HTML text that needs no other file."""
    cards = "\n".join(_card(dataset, suspect) for suspect in found)
    page = files("scraper").joinpath("sheet.html").read_text(encoding="utf-8")
    return page.replace("{{dataset}}", html.escape(str(dataset.root))).replace("{{cards}}", cards)


def _card(dataset: Dataset, suspect: Suspect) -> str:
    photo = suspect.photo
    path, label = html.escape(photo.path), html.escape(photo.label)
    doubt = f"or {html.escape(suspect.rather)}? {suspect.doubt:+.2f}" if suspect.doubt > 0 else ""
    remark = html.escape(suspect.remark.words)
    return (
        f'<label class="card" title="{path}&#10;{html.escape(photo.title)}"><input type="checkbox" value="{path}">'
        f'<img alt="{label}" src="{_picture(dataset, suspect)}"><b>{label}</b> <i>{doubt}</i> <em>{remark}</em></label>'
    )


def _picture(dataset: Dataset, suspect: Suspect) -> str:
    try:
        pixels = decode(dataset.file(suspect.photo).read_bytes()).pixels
    except (PictureError, OSError):
        return "data:,"
    scale = SIDE / max(pixels.shape[:2])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return f"data:image/jpeg;base64,{base64.b64encode(encode(small)).decode()}"
