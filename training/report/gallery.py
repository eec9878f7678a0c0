"""Photos worth a look: what it got right, its surest mistakes, and what it took for a garment."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from agent.fit import InputSpec, Pixels, fit_picture
from training.detail import Answers
from training.evidence import Evidence
from training.gradcam import heat_maps, overlay
from training.report.markup import picture, text

RIGHT, MISTAKES, ACCEPTED = 6, 12, 6
"""How many of each are shown: Grad-CAM takes a third of a second a photo, and a page of 50 is a megabyte."""
_SIDE = 176
"""Height of a photo on the page, in pixels."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One row of photos: `rows` are positions in the evidence, the most telling first."""

    title: str
    kind: str
    rows: tuple[int, ...]


def choose(evidence: Evidence, said: Answers, threshold: float) -> tuple[Shelf, ...]:
    """Which photos to show; an empty shelf is left out."""
    wrong = _surest(evidence, said, said.ours & ~said.right, MISTAKES)
    accepted = _surest(evidence, said, ~said.ours & (said.best >= threshold), ACCEPTED)
    shelves = (
        Shelf("The surest mistakes", "wrong", wrong),
        Shelf("Other things taken for a garment", "other", accepted),
        Shelf("Right answers, drawn by lot", "right", _by_lot(evidence, said)),
    )
    return tuple(shelf for shelf in shelves if shelf.rows)


def show(
    evidence: Evidence, said: Answers, shelves: Sequence[Shelf], model: keras.Model | None, spec: InputSpec
) -> str:
    """The shelves as HTML, each photo as the model was given it, and beside it where `model` looked, where one is given."""
    parts = []
    for shelf in shelves:
        pictures = np.stack([fit_picture(evidence.photos.samples[row].load(), spec) for row in shelf.rows])
        answers = said.answers[list(shelf.rows)]
        heat = heat_maps(model, pictures, answers) if model is not None else None
        cards = [
            _card(evidence, said, row, (shown, None if heat is None else overlay(shown, heat[place])))
            for place, (row, shown) in enumerate(zip(shelf.rows, pictures, strict=True))
        ]
        parts.append(f"<h4>{text(shelf.title)}</h4><div class='shelf {shelf.kind}'>{''.join(cards)}</div>")
    return "".join(parts)


def _card(evidence: Evidence, said: Answers, row: int, shown: tuple[Pixels, Pixels | None]) -> str:
    sample, labels = evidence.photos.samples[row], evidence.photos.labels
    true, answer = labels[sample.label], labels[int(said.answers[row])]
    words = f"{true}, taken for {answer}" if true != answer else true
    images = "".join(picture(_jpeg(one), "image/jpeg", words) for one in shown if one is not None)
    line = f"<b>{text(true)}</b>" + (f" → <em>{text(answer)}</em>" if true != answer else "")
    return (
        f"<figure>{images}<figcaption><span class=score>{said.best[row]:.2f}</span>{line}"
        f"<small title='{text(sample.file.name)}'>{text(sample.site)} · {text(sample.file.stem[:12])}</small>"
        "</figcaption></figure>"
    )


def _surest(evidence: Evidence, said: Answers, chosen: NDArray[np.bool_], count: int) -> tuple[int, ...]:
    """The highest scores among the chosen; at most half of one kind while there are others, for these say more."""
    places = np.flatnonzero(chosen)
    ordered = places[np.argsort(-said.best[places], kind="stable")].tolist()
    kinds: Counter[tuple[int, int]] = Counter()
    first: list[int] = []
    rest: list[int] = []
    for place in ordered:
        kind = (int(evidence.truth[place]), int(said.answers[place]))
        kinds[kind] += 1
        (first if kinds[kind] <= count // 2 else rest).append(place)
    return tuple(sorted((first + rest)[:count], key=ordered.index))


def _by_lot(evidence: Evidence, said: Answers) -> tuple[int, ...]:
    """Right answers of every garment in turn, at random but the same each time."""
    random = np.random.default_rng(0)
    rows = [
        random.permutation(np.flatnonzero(said.right & (evidence.truth == label)))
        for label in np.unique(evidence.truth[said.ours])
    ]
    turns = [int(own[turn]) for turn in range(RIGHT) for own in rows if turn < len(own)]
    return tuple(turns[:RIGHT])


def _jpeg(pixels: Pixels) -> bytes:
    width = max(1, round(pixels.shape[1] * _SIDE / pixels.shape[0]))
    small = cv2.resize(pixels, (width, _SIDE), interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 82])
    return encoded.tobytes()
