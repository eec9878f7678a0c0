"""The manifest of an exported form: what it is, where it comes from, what it scored and what the gate said."""

import hashlib

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.bundle import Bundle, Calibration, Gate, Golden, Manifest, Measured, Metrics, Quantisation, Training
from export.gate import Side, failures, side_of
from export.reference import Reference
from export.temperature import matched_temperature
from training.calibration import sharpen
from training.evaluate import bundle_scores
from training.photos import PhotoSet
from training.progress import Progress


def draft(name: str, quantisation: Quantisation, reference: Reference, flatbuffer: bytes) -> Manifest:
    """The manifest before anything was measured, with the float model's own temperature."""
    card = reference.card
    plain = Manifest(
        name=name,
        version=f"{card.created:%Y}.{card.created.month}.{card.created.day}",
        created=card.created,  # the run's, not now: the same run gives the same bytes
        labels=card.labels,
        rejects=card.rejects,
        input=card.input,
        calibration=Calibration(
            temperature=reference.temperature,
            threshold=card.threshold,
            chosen_on=card.validation.dataset if card.validation else "nothing: the recipe kept no sites aside",
            float_temperature=reference.temperature,
        ),
        quantisation=quantisation,
        training=Training(
            recipe=card.recipe.summary,
            recipe_digest=card.recipe_digest,
            backbone=card.backbone,
            photos=card.photos,
            photos_hash=card.photos_hash,
            code_version=card.code_version,
        ),
        metrics=None,
        flatbuffer_bytes=len(flatbuffer),
        flatbuffer_sha256="",
        calibration_photos_hash=reference.representative.digest,
    )
    return digested(plain, flatbuffer)


def digested(manifest: Manifest, flatbuffer: bytes) -> Manifest:
    """`manifest` with the size and hash of `flatbuffer`."""
    sha256 = hashlib.sha256(flatbuffer).hexdigest()
    return msgspec.structs.replace(manifest, flatbuffer_bytes=len(flatbuffer), flatbuffer_sha256=sha256)


def judged(start: Manifest, flatbuffer: bytes, reference: Reference, max_drop: float, progress: Progress) -> Manifest:
    """`start` with the temperature matched to the quantised outputs, both sides' metrics, and the gate's verdict."""
    replace = msgspec.structs.replace
    # At temperature 1 the classifier's scores are the runtime's own; every other temperature follows from them.
    raw = replace(start, calibration=replace(start.calibration, temperature=1.0))
    probe = Bundle(raw, flatbuffer, _nothing(raw))
    chosen = PhotoSet(start.labels, reference.representative.samples)
    on_chosen, on_test = (bundle_scores(probe, photos, progress) for photos in (chosen, reference.test))
    temperature = matched_temperature(reference.representative_scores, on_chosen, reference.temperature)
    scores = sharpen(on_test, temperature)
    exact = side_of(reference.test_scores, reference.test, reference.card)
    exported = side_of(scores, reference.test, reference.card)
    return replace(
        start,
        calibration=replace(start.calibration, temperature=temperature),
        metrics=Metrics(
            dataset=reference.test_name,
            dataset_hash=reference.test.digest,
            n=len(reference.test.samples),
            float32=_measured(exact),
            quantised=_measured(exported),
            agreement=_agreement(reference.test_scores, scores),
        ),
        gate=Gate(max_drop=max_drop, failures=failures(exact, exported, max_drop)),
    )


def _agreement(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    return round(float(np.mean(one.argmax(axis=1) == other.argmax(axis=1))), 4)


def _nothing(manifest: Manifest) -> Golden:
    spec = manifest.input
    return Golden(np.zeros((0, spec.height, spec.width, 3), np.uint8), np.zeros((0, len(manifest.labels)), np.float32))


def _measured(side: Side) -> Measured:
    metrics = side.metrics
    return Measured(
        top1=round(metrics.top1, 4),
        macro_f1=round(metrics.macro_f1, 4),
        auroc_other=None if metrics.auroc_other is None else round(metrics.auroc_other, 4),
        per_class={label: round(one.recall, 4) for label, one in metrics.per_class.items()},
        ece=round(metrics.ece, 4),
        known_kept=round(side.known_kept, 4),
    )
