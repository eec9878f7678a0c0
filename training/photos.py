"""Photos with their class, site and file, gathered from one or more dataset folders."""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.fit import Pixels, load_picture
from scraper.manifest import read_dataset
from training.admission import Skipped, admit
from training.classes import match_labels
from training.errors import ClassError
from training.look import Look

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sample:
    """One photo as training sees it: its file, content hash, class index and the site that it came from.

    `look` was taken when the photo was first read, so that finding near duplicates need not decode it again.
    """

    file: Path
    sha256: str
    label: int
    site: str
    look: Look | None = field(default=None, compare=False, repr=False)

    def load(self) -> Pixels:
        """The photo's pixels, RGB uint8 (height, width, 3), as stored."""
        return load_picture(self.file)


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """Samples over explicit `labels` (output order), and the files that were skipped."""

    labels: tuple[str, ...]
    samples: tuple[Sample, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def unreadable(self) -> tuple[Path, ...]:
        """The files that were skipped."""
        return tuple(skipped.file for skipped in self.skipped)

    @property
    def digest(self) -> str:
        """A short hash of which photos these are and how they are labelled; independent of their order."""
        rows = sorted(f"{sample.sha256} {self.labels[sample.label]}" for sample in self.samples)
        return hashlib.sha256("\n".join((*self.labels, *rows)).encode()).hexdigest()[:12]

    def counts(self) -> dict[str, int]:
        """Photos a label, in output order."""
        found = Counter(sample.label for sample in self.samples)
        return {label: found[index] for index, label in enumerate(self.labels)}

    def sites(self) -> dict[str, dict[str, int]]:
        """Photos a label at every site, sites by name."""
        found = Counter((sample.site, self.labels[sample.label]) for sample in self.samples)
        sites: dict[str, dict[str, int]] = {}
        for (site, label), count in sorted(found.items()):
            sites.setdefault(site, {})[label] = count
        return sites


def read_photos(roots: Sequence[Path], labels: Sequence[str] | None = None) -> PhotoSet:
    """The readable photos of some datasets. Without `labels` the classes are those found, sorted by name.

    A file that cannot be used is named in the log and kept in `skipped`; exact duplicates count once.

    Raises:
        DatasetError: a folder is no dataset.
        ClassError: fewer than two classes, a name that matches no label, or a class without a readable photo.
    """
    datasets = [read_dataset(root) for root in roots]
    found = sorted({label for dataset in datasets for label in dataset.labels})
    order = tuple(labels) if labels is not None else tuple(sorted(set(_spellings(found).values())))
    matched = match_labels(found, order)
    samples: dict[str, Sample] = {}
    skipped = []
    for dataset in datasets:
        for photo in dataset.photos:
            file = dataset.file(photo)
            look = admit(file)
            if isinstance(look, Skipped):
                skipped.append(look)
                continue
            sha256 = photo.sha256 or hashlib.sha256(file.read_bytes()).hexdigest()
            site = photo.site or dataset.root.name
            samples.setdefault(sha256, Sample(file, sha256, order.index(matched[photo.label]), site, look))
    photos = PhotoSet(order, tuple(samples.values()), tuple(skipped))
    if skipped:
        reasons = ", ".join(f"{count} {reason}" for reason, count in count_reasons(skipped).items())
        _log.warning("skipped in all: %s", reasons)
    if labels is None:
        _refuse_empty(photos)
    return photos


def count_reasons(skipped: Iterable[Skipped]) -> dict[str, int]:
    """How many files were skipped for each kind of reason."""
    return dict(Counter(one.reason for one in skipped))


def _spellings(found: Iterable[str]) -> dict[str, str]:
    """Each found name with the spelling that stands for it: two datasets may write one class differently."""
    chosen: list[str] = []
    for name in found:
        try:
            match_labels([name], chosen)
        except ClassError:
            chosen.append(name)
    return match_labels(found, chosen)


def _refuse_empty(photos: PhotoSet) -> None:
    if len(photos.labels) < 2:  # noqa: PLR2004 - one class is no choice
        raise ClassError(f"only one class, {photos.labels[0]!r}: a classifier needs at least two")
    empty = [label for label, count in photos.counts().items() if count == 0]
    if empty:
        raise ClassError(f"class {empty[0]!r} has no readable photo")
