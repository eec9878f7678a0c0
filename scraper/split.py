"""Train, validation and test without a leak: what shows one shot, or is one product, goes to one part as a whole."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scraper.facts import Facts, same_shots
from scraper.hashing import groups
from scraper.manifest import Photo

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of each label goes where, 0..1 each; sites named here are the test set, and it takes nothing else."""

    validation: float = 0.1
    test: float = 0.1
    test_sites: frozenset[str] = frozenset()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Split:
    """The photos of each part, and those left out because they would have leaked or contradict each other."""

    parts: dict[str, tuple[Photo, ...]]
    left_out: tuple[tuple[Photo, str], ...]


def split(facts: Sequence[Facts], shares: Shares) -> Split:
    """Every readable photo in one part. The same photos and seed give the same split, in whatever order they come."""
    reading = [fact for fact in facts if not fact.fault]
    left_out = [(fact.photo, fact.fault) for fact in facts if fact.fault]
    by_label: dict[str, list[list[Photo]]] = defaultdict(list)
    parts: dict[str, list[Photo]] = {part: [] for part in PARTS}
    for family in families(reading):
        labels = {photo.label for photo in family}
        foreign = [photo for photo in family if photo.site in shares.test_sites]
        if len(labels) > 1:
            left_out += [(photo, f"one shot under {len(labels)} labels") for photo in family]
        elif foreign:
            parts["test"] += foreign
            left_out += [(photo, "also on a test site") for photo in family if photo.site not in shares.test_sites]
        else:
            by_label[family[0].label].append(family)
    for together in by_label.values():
        for part, family in _deal(together, shares):
            parts[part] += family
    ordered = {part: tuple(sorted(photos, key=lambda photo: photo.path)) for part, photos in parts.items()}
    return Split(parts=ordered, left_out=tuple(left_out))


def families(facts: Sequence[Facts]) -> list[list[Photo]]:
    """The photos that must stay together: equal or nearly equal shots, and all views of one shop's product."""
    pairs = [(one, other, 0) for one, other in _same_product(facts)]
    pairs += list(same_shots(list(facts)))
    together = groups(len(facts), pairs)
    alone = set(range(len(facts))) - {place for places in together for place in places}
    return [[facts[place].photo for place in places] for places in [*together, *([place] for place in sorted(alone))]]


def _same_product(facts: Sequence[Facts]) -> Iterator[tuple[int, int]]:
    first: dict[tuple[str, str], int] = {}
    for place, fact in enumerate(facts):
        for key in {(fact.photo.site, fact.photo.product), ("", fact.sha256)}:
            if key[1] and first.setdefault(key, place) != place:
                yield first[key], place


def _deal(together: list[list[Photo]], shares: Shares) -> Iterator[tuple[str, list[Photo]]]:
    """One label's families to parts: in an order that only seed and content decide, each to the part furthest behind."""
    total = sum(map(len, together))
    wanted = {"validation": shares.validation * total, "test": 0.0 if shares.test_sites else shares.test * total}
    wanted["train"] = total - sum(wanted.values())
    held: Counter[str] = Counter()
    for family in sorted(together, key=lambda family: _lot(family, shares.seed)):
        part = max(
            PARTS, key=lambda part: (wanted[part] - held[part]) / max(wanted[part], 1e-9) if wanted[part] else -1.0
        )
        held[part] += len(family)
        yield part, family


def _lot(family: list[Photo], seed: int) -> str:
    name = min(photo.sha256 or photo.path for photo in family)
    return hashlib.sha256(f"{seed}/{name}".encode()).hexdigest()
