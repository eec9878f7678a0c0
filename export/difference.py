"""Two bundles side by side: every fact of their manifests that differs, and where asked how often they answer alike."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from agent.adapters.litert_classifier import LiteRtClassifier
from agent.bundle import Bundle, Manifest, read_bundle
from agent.fit import Pixels
from training.photos import PhotoSet, read_photos
from training.progress import Progress


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """How two bundles answer `n` photos: shares of 0..1.

    `same_label` compares the best garment, `same_decision` what an agent would say, unknown included. `right` is each
    bundle's share of the known photos whose best garment is the photo's label. `differing` names photos whose decisions
    differ, as (path, A's, B's).
    """

    n: int
    same_label: float
    same_decision: float
    right: tuple[float, float]
    differing: tuple[tuple[str, str, str], ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """`changed` holds A's and B's value of every differing fact by its path in the manifest, None where one lacks it."""

    a: str
    b: str
    same_bytes: bool
    file_bytes: tuple[int, int]
    changed: dict[str, tuple[Any, Any]]
    answers: Answers | None = None


def compare(a: Path, b: Path, photos: Path | None, progress: Progress) -> Difference:
    """What differs between two bundles; with `photos`, both are run over that dataset.

    Raises:
        BundleError, DatasetError, ClassError: an input cannot be used.
    """
    one, other = read_bundle(a), read_bundle(b)
    facts, others = _facts(one.manifest), _facts(other.manifest)
    return Difference(
        a=str(a),
        b=str(b),
        same_bytes=a.read_bytes() == b.read_bytes(),
        file_bytes=(a.stat().st_size, b.stat().st_size),
        changed={
            path: (facts.get(path), others.get(path))
            for path in dict.fromkeys((*facts, *others))
            if facts.get(path) != others.get(path)
        },
        answers=_answers(one, other, read_photos([photos], one.manifest.labels), progress) if photos else None,
    )


def _facts(manifest: Manifest) -> dict[str, Any]:
    """The manifest as one flat mapping, `calibration.threshold` and so on."""
    flat: dict[str, Any] = {}

    def walk(prefix: str, value: object) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                walk(f"{prefix}.{key}" if prefix else key, inner)
        elif value is not None:
            flat[prefix] = value

    walk("", msgspec.to_builtins(manifest))
    return flat


def _answers(a: Bundle, b: Bundle, photos: PhotoSet, progress: Progress) -> Answers:
    answering = (_Answering(a), _Answering(b))
    progress.start("comparing answers", len(photos.samples))
    same_label = same_decision = known = 0
    right, differing = [0, 0], []
    for sample in photos.samples:
        pixels = sample.load()
        (label, decision), (other_label, other_decision) = (one.answer(pixels) for one in answering)
        same_label += label == other_label
        same_decision += decision == other_decision
        if decision != other_decision:
            differing.append((str(sample.file), decision, other_decision))
        truth = photos.labels[sample.label]
        if truth not in a.manifest.rejects:
            known += 1
            right[0] += label == truth
            right[1] += other_label == truth
        progress.advance(1)
    count = len(photos.samples)
    return Answers(
        n=count,
        same_label=round(same_label / count, 4),
        same_decision=round(same_decision / count, 4),
        right=(round(right[0] / max(1, known), 4), round(right[1] / max(1, known), 4)),
        differing=tuple(differing),
    )


class _Answering:
    """A bundle that is asked: its best garment, and what an agent says at its threshold."""

    def __init__(self, bundle: Bundle) -> None:
        self._classifier = LiteRtClassifier(bundle, threads=2)
        self._manifest = bundle.manifest

    def answer(self, pixels: Pixels) -> tuple[str, str]:
        scores = self._classifier.classify(pixels).scores
        best = max((one for one in scores if one.label in self._manifest.known), key=lambda one: one.score)
        return best.label, best.label if best.score >= self._manifest.calibration.threshold else "unknown"
