"""`vastra-agent classify`: pictures on disk through the same classifier and rules as a camera's."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from agent.deciding import Rules, decide_once
from agent.errors import PictureError
from agent.fit import PICTURE_SUFFIXES, load_picture
from agent.messages import LabelScore
from agent.ports import Classifier


class Classified(msgspec.Struct, frozen=True, kw_only=True):
    """One picture's answer: `label` is the best known garment, `decision` whether it is believed."""

    path: str
    label: str
    score: float
    decision: str
    top_k: tuple[LabelScore, ...]


def pictures_in(paths: Sequence[Path]) -> list[Path]:
    """The picture files named by `paths`: files as they are, folders with all below them, in name order.

    Raises:
        PictureError: a path does not exist, or a folder holds no pictures.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in PICTURE_SUFFIXES)
            if not inside:
                raise PictureError(f"{path}: no pictures in this folder ({', '.join(sorted(PICTURE_SUFFIXES))})")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise PictureError(f"{path}: no such picture or folder")
    return found


def classify_pictures(
    pictures: Sequence[Path], classifier: Classifier, rules: Rules
) -> Iterator[Classified | PictureError]:
    """One answer a picture, in order; for a file that holds no picture the error that says so."""
    for path in pictures:
        try:
            pixels = load_picture(path)
        except PictureError as error:
            yield error
            continue
        decision = decide_once(classifier.classify(pixels), rules)
        yield Classified(
            path=str(path),
            label=decision.label,
            score=round(decision.score, 4),
            decision=decision.kind.value,
            top_k=tuple(LabelScore(label=one.label, score=round(one.score, 4)) for one in decision.top_k),
        )
