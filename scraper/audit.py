"""Whether a dataset can be trusted: counts, what does not read, duplicates, balance, and leaks into a second one."""

from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np

from scraper.facts import Facts, same_shots
from scraper.hashing import groups
from scraper.manifest import Photo

SMALL_SIDE = 96
"""Pixels. A photo whose shorter side is below this is blurred up to the model's 224 and teaches little."""
PLACEHOLDER_COPIES = 4
"""Products that one picture stands for. Sizes of one garment share an address and are met once; equal bytes at so many
addresses say "no picture"."""


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """Smallest, median and largest of a side in pixels, and how many photos are narrower than SMALL_SIDE."""

    width: tuple[int, int, int] = (0, 0, 0)
    height: tuple[int, int, int] = (0, 0, 0)
    small: int = 0


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that does not read, and why."""

    path: str
    reason: str


class Duplicates(msgspec.Struct, frozen=True, kw_only=True):
    """Groups of photos (paths) that are one; `surplus` counts what could go while every group keeps one."""

    groups: tuple[tuple[str, ...], ...] = ()
    surplus: int = 0
    across_labels: tuple[tuple[str, ...], ...] = ()
    across_sites: int = 0


class Leaks(msgspec.Struct, frozen=True, kw_only=True):
    """Photos of this dataset that stand in the other as well, as pairs of paths; and the sites both have."""

    against: str
    exact: tuple[tuple[str, str], ...] = ()
    near: tuple[tuple[str, str], ...] = ()
    sites: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that `vastra-scrape check` says; `problems` are what makes a dataset untrustworthy."""

    dataset: str
    photos: int
    labels: dict[str, int]
    sites: dict[str, dict[str, int]]
    sizes: Sizes
    missing: tuple[str, ...]
    unreadable: tuple[Fault, ...]
    altered: tuple[str, ...]
    blank: tuple[str, ...]
    placeholders: tuple[str, ...]
    collages: tuple[str, ...]
    also_under: dict[str, tuple[str, ...]]
    """For a photo (path), the other labels under which the scraper met the same picture."""
    exact_duplicates: Duplicates
    near_duplicates: Duplicates
    imbalance: float
    one_label_sites: tuple[str, ...]
    failures: dict[str, int]
    leaks: Leaks | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """What must be mended before the dataset is used, a sentence each; empty when it can be trusted."""
        found = [
            (len(self.missing), "photos of the manifest are missing"),
            (len(self.unreadable), "photos do not read"),
            (len(self.altered), "photos are not the bytes that the manifest names"),
            (len(self.exact_duplicates.across_labels), "groups of equal photos stand under several labels"),
            (len(self.leaks.exact) if self.leaks else 0, "photos are in both datasets"),
            (len(self.leaks.near) if self.leaks else 0, "photos show the same shot as one of the other dataset"),
        ]
        return tuple(f"{count} {words}" for count, words in found if count)


def audit(name: str, facts: Sequence[Facts], *, without: Sequence[Photo] = ()) -> Report:
    """The report on one dataset from the facts of its photos and the manifest's lines `without` one."""
    reading = [fact for fact in facts if not fact.fault]
    labels = Counter(fact.photo.label for fact in facts)
    sites: dict[str, dict[str, int]] = {}
    for fact in facts:
        row = sites.setdefault(fact.photo.site, {})
        row[fact.photo.label] = row.get(fact.photo.label, 0) + 1
    return Report(
        dataset=name,
        photos=len(facts),
        labels=dict(sorted(labels.items())),
        sites=dict(sorted(sites.items())),
        sizes=_sizes(reading),
        missing=tuple(fact.photo.path for fact in facts if fact.fault == "missing"),
        unreadable=tuple(
            Fault(path=fact.photo.path, reason=fact.fault) for fact in facts if fact.fault and fact.fault != "missing"
        ),
        altered=tuple(f.photo.path for f in reading if f.photo.sha256 and f.photo.sha256 != f.sha256),
        blank=tuple(fact.photo.path for fact in reading if fact.blank),
        placeholders=_placeholders(reading, without),
        collages=tuple(fact.photo.path for fact in reading if fact.collage),
        also_under=_also_under(reading, without),
        exact_duplicates=_duplicates(_equal(reading)),
        near_duplicates=_duplicates(_near(reading)),
        imbalance=round(max(labels.values()) / min(labels.values()), 2) if labels else 1.0,
        one_label_sites=tuple(sorted(site for site, row in sites.items() if site and len(row) == 1 < len(labels))),
        failures=dict(Counter(photo.status for photo in without)),
    )


def surplus(report: Report, facts: Sequence[Facts]) -> list[str]:
    """Paths of the photos that could go without loss: blank ones, placeholders, and all but the largest of a shot.

    Shots that stand under several labels are left for a person to judge.
    """
    area = {fact.photo.path: fact.width * fact.height for fact in facts}
    gone = {*report.blank, *report.placeholders}
    for found in (report.exact_duplicates, report.near_duplicates):
        for paths in set(found.groups) - set(found.across_labels):
            staying = [path for path in paths if path not in gone]
            gone.update(sorted(staying, key=lambda path: (-area[path], path))[1:])
    return sorted(gone)


def leaks(name: str, facts: Sequence[Facts], other: Sequence[Facts]) -> Leaks:
    """What of `facts` stands in `other` too: equal bytes, and the same shot saved anew."""
    theirs = {fact.sha256: fact.photo.path for fact in other if fact.sha256}
    exact = {fact.photo.path: theirs[fact.sha256] for fact in facts if fact.sha256 in theirs}
    both = [*facts, *other]
    near: dict[str, str] = {}
    for one, two, _ in same_shots(both):
        if one < len(facts) <= two and both[one].photo.path not in exact:
            near.setdefault(both[one].photo.path, both[two].photo.path)
    sites = {fact.photo.site for fact in facts} & {fact.photo.site for fact in other} - {""}
    return Leaks(
        against=name,
        exact=tuple(sorted(exact.items())),
        near=tuple(sorted(near.items())),
        sites=tuple(sorted(sites)),
    )


def _sizes(facts: Sequence[Facts]) -> Sizes:
    if not facts:
        return Sizes()
    sides = np.array([(fact.width, fact.height) for fact in facts])
    low, middle, high = (np.percentile(sides, at, axis=0, method="nearest").astype(int).tolist() for at in (0, 50, 100))
    return Sizes(
        width=(low[0], middle[0], high[0]),
        height=(low[1], middle[1], high[1]),
        small=int((sides.min(axis=1) < SMALL_SIDE).sum()),
    )


def _placeholders(facts: Sequence[Facts], without: Sequence[Photo]) -> tuple[str, ...]:
    """Every photo whose bytes stand for many products, among those stored and those that were met again."""
    copies = Counter(fact.sha256 for fact in facts) + Counter(p.sha256 for p in without if p.status == "duplicate")
    return tuple(fact.photo.path for fact in facts if copies[fact.sha256] >= PLACEHOLDER_COPIES)


def _also_under(facts: Sequence[Facts], without: Sequence[Photo]) -> dict[str, tuple[str, ...]]:
    labels: dict[str, set[str]] = {}
    for photo in without:
        if photo.status == "duplicate":
            labels.setdefault(photo.sha256, set()).add(photo.label)
    others = {fact.photo.path: labels.get(fact.sha256, set()) - {fact.photo.label} for fact in facts}
    return {path: tuple(sorted(found)) for path, found in others.items() if found}


def _equal(facts: Sequence[Facts]) -> list[list[Photo]]:
    same: dict[str, list[Photo]] = {}
    for fact in facts:
        same.setdefault(fact.sha256, []).append(fact.photo)
    return [photos for photos in same.values() if len(photos) > 1]


def _near(facts: Sequence[Facts]) -> list[list[Photo]]:
    distinct = list({fact.sha256: fact for fact in facts}.values())
    together = groups(len(distinct), same_shots(distinct))
    return [[distinct[place].photo for place in places] for places in together]


def _duplicates(found: list[list[Photo]]) -> Duplicates:
    return Duplicates(
        groups=tuple(tuple(photo.path for photo in photos) for photos in found),
        surplus=sum(len(photos) - 1 for photos in found),
        across_labels=tuple(
            tuple(photo.path for photo in photos) for photos in found if len({photo.label for photo in photos}) > 1
        ),
        across_sites=sum(len({photo.site for photo in photos}) > 1 for photos in found),
    )
