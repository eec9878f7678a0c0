"""What can be seen of each photo of a dataset: whether it reads, its size, its hashes. The slow half of checking."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from scraper.collage import is_collage
from scraper.errors import PictureError
from scraper.hashing import NEAR_BITS, near_pairs, perceptual_hash
from scraper.manifest import Photo, read_dataset
from scraper.picture import Pixels, decode, is_blank, thumbnail, unlikeness
from scraper.progress import progress_bar

WORKERS = 2
"""Decoding leaves Python's lock, so that two threads use two cores; a scraper shares its machine with others."""
SAME_SHOT = 2.5
"""Levels between the 16x16 thumbnails of two copies of one shot. Of 5,191 catalogue photos, the 12 pairs of copies
(scaled, recompressed) lay at 0.0 to 2.3; the most alike of two products (sunglasses) at 2.9, garments from 4.2."""


@dataclass(frozen=True, slots=True, eq=False)  # eq=False: arrays do not compare to one bool
class Facts:
    """One photo as it lies on disk; `fault` is empty when it reads, `missing`, or the reason why it does not."""

    photo: Photo
    fault: str = ""
    width: int = 0
    height: int = 0
    sha256: str = ""
    phash: int = 0
    blank: bool = False
    collage: bool = False
    small: Pixels | None = None

    @property
    def comparable(self) -> bool:
        """Whether it can be a near duplicate: it reads and shows something."""
        return self.small is not None and not self.blank


def read_facts(root: Path) -> list[Facts]:
    """The facts of every photo of a dataset folder, in its order, with a bar on the screen meanwhile.

    Raises:
        DatasetError: there is no dataset.
    """
    dataset = read_dataset(root)
    with progress_bar() as bar, ThreadPoolExecutor(WORKERS) as pool:
        task = bar.add_task(root.name, total=len(dataset.photos))

        def work(photo: Photo) -> Facts:
            facts = look(photo, dataset.file(photo))
            bar.advance(task)
            return facts

        return list(pool.map(work, dataset.photos))


def look(photo: Photo, file: Path) -> Facts:
    """The facts of one photo."""
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        return Facts(photo=photo, fault="missing")
    except OSError as error:
        return Facts(photo=photo, fault=f"cannot be read: {error.strerror}")
    try:
        picture = decode(raw)
    except PictureError as error:
        return Facts(photo=photo, fault=error.message)
    return Facts(
        photo=photo,
        width=picture.width,
        height=picture.height,
        sha256=hashlib.sha256(raw).hexdigest(),
        phash=perceptual_hash(picture.pixels),
        blank=is_blank(picture.pixels),
        collage=is_collage(picture.pixels),
        small=thumbnail(picture.pixels),
    )


def same_shots(facts: list[Facts], *, bits: int = NEAR_BITS) -> Iterator[tuple[int, int, int]]:
    """Pairs of positions that show the same shot: near by hash, confirmed by their thumbnails; copies included."""
    places = [place for place, fact in enumerate(facts) if fact.comparable]
    for one, other, distance in near_pairs([facts[place].phash for place in places], bits=bits):
        first, second = facts[places[one]], facts[places[other]]
        if first.small is not None and second.small is not None and unlikeness(first.small, second.small) <= SAME_SHOT:
            yield places[one], places[other], distance
