"""Which labels are likely wrong: photos in the order in which a person should look at them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from scraper.errors import DatasetError
from scraper.manifest import Dataset, Photo

LABEL_PARTS = 3
"""How many parts of a path, from its end, name a photo wherever the dataset lies: images/label/file."""


class Guess(msgspec.Struct, frozen=True, kw_only=True):
    """One label that a classifier considered."""

    label: str
    score: float


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a classifier said of one picture: a line of `vastra-agent classify --json`."""

    path: str
    label: str
    score: float
    decision: str = "confirmed"
    top_k: tuple[Guess, ...] = ()

    def belief(self, label: str) -> float:
        """How much the classifier believes in a label, 0..1."""
        scores = {guess.label: guess.score for guess in self.top_k} | {self.label: self.score}
        return scores.get(label, 0.0)


@dataclass(frozen=True, slots=True)
class Remark:
    """What is odd about a photo at first sight; `urgent` where that is a fact and no guess."""

    words: str
    urgent: bool = True


NOTHING_ODD = Remark("", urgent=False)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A photo to look at: `doubt` -1..1 is how much more the classifier believes in `rather` than in its label."""

    photo: Photo
    doubt: float = 0.0
    rather: str = ""
    remark: Remark = NOTHING_ODD


def read_verdicts(lines: Iterable[str], *, name: str) -> dict[str, Verdict]:
    """The verdicts by the last parts of their path.

    Raises:
        DatasetError: a line is not what `vastra-agent classify --json` prints.
    """
    decoder = msgspec.json.Decoder(Verdict)
    found: dict[str, Verdict] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                verdict = decoder.decode(line)
            except msgspec.MsgspecError as error:
                raise DatasetError(
                    f"{name}, line {number}: not from `vastra-agent classify --json`: {error}"
                ) from error
            found[_tail(verdict.path)] = verdict
    return found


def suspects(dataset: Dataset, verdicts: Mapping[str, Verdict], remarks: Mapping[str, Remark]) -> list[Suspect]:
    """Every photo, the most doubtful first, and before them those with an urgent remark (a copy under another label)."""
    known = set(dataset.labels)
    found = []
    for photo in dataset.photos:
        remark, verdict = remarks.get(photo.path, NOTHING_ODD), verdicts.get(_tail(photo.path))
        if verdict is None:
            found.append(Suspect(photo, remark=remark))
            continue
        others = {guess.label: guess.score for guess in verdict.top_k} | {verdict.label: verdict.score}
        rather, most = max(
            ((label, score) for label, score in others.items() if label != photo.label and label in known),
            key=lambda pair: pair[1],
            default=("", 0.0),
        )
        found.append(Suspect(photo, doubt=most - verdict.belief(photo.label), rather=rather, remark=remark))
    return sorted(found, key=lambda one: (not one.remark.urgent, -one.doubt, not one.remark.words, one.photo.path))


def dropped(photos: Iterable[Photo], paths: Iterable[str]) -> tuple[list[Photo], int]:
    """The manifest's lines with those paths marked as dropped, and how many were.

    Raises:
        DatasetError: a path that the dataset does not hold.
    """
    rows, wanted = list(photos), {path.strip() for path in paths if path.strip()}
    unknown = wanted - {photo.path for photo in rows}
    if unknown:
        raise DatasetError(f"{len(unknown)} photos are not in this dataset, the first {min(unknown)!r}")
    reason = "dropped by a person"
    marked = [
        msgspec.structs.replace(photo, status="dropped", reason=reason) if photo.path in wanted else photo
        for photo in rows
    ]
    return marked, sum(old is not new for old, new in zip(rows, marked, strict=True))


def _tail(path: str) -> str:
    return "/".join(Path(path).parts[-LABEL_PARTS:])
