"""One export from run to bundle: choose photos, convert, measure both forms, write, read back, run."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import keras
import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.adapters.litert_classifier import LiteRtClassifier
from agent.bundle import (
    Bundle,
    Calibration,
    Golden,
    Manifest,
    Measured,
    Metrics,
    Quantisation,
    Training,
    read_bundle,
    write_bundle,
)
from export.conversion import convert
from export.golden import golden_samples
from export.representative import Representative, choose_representative
from training.calibration import sharpen
from training.evaluate import bundle_scores, keras_scores, metrics_of
from training.photos import PhotoSet, read_photos
from training.progress import Progress
from training.run import RunCard, read_card, read_model

_PHOTOS_PER_LABEL = 64  # int8 ranges settle after some tens of photos a class; more only takes longer
_SEED = 20261124
_SOFTENING = 4.0
"""The logits are divided by this before the int8 softmax, and the bundle's temperature by it too, which undoes it.

An int8 softmax knows 256 values. A trained model's scores lie near 0 and 1, where labels tie at zero and the best known
label of a photo of none of our garments becomes a matter of order; softened, all labels stay within its range.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked for on the command line."""

    run: Path
    calibrate: Path
    test: Path
    quantisation: Quantisation
    name: str
    out: Path


def export(request: Request, progress: Progress) -> Manifest:
    """Writes the bundle and returns its manifest, metrics of both forms included.

    Raises:
        RunError, DatasetError, ClassError: an input cannot be used.
        CalibrationError, ConversionError, BundleError: the conversion failed; `request.out` is as it was before.
    """
    card, model = read_card(request.run), read_model(request.run)
    _soften(model)
    photos = read_photos([request.calibrate], card.labels)
    test = read_photos([request.test], card.labels)
    representative = choose_representative(photos, per_label=_PHOTOS_PER_LABEL, seed=_SEED)
    progress.start("calibrating int8" if request.quantisation == "int8" else "converting", len(representative.samples))
    flatbuffer = convert(model, request.quantisation, representative.pictures(card.input), progress.advance)

    draft = _manifest(request, card, representative, flatbuffer)
    floats = sharpen(keras_scores(model, test, card.input, progress), draft.calibration.temperature)
    quantised = bundle_scores(Bundle(draft, flatbuffer, _nothing(draft)), test, progress)
    manifest = _with_metrics(draft, request, test, floats, quantised)
    write_bundle(request.out, manifest, flatbuffer, golden_samples(manifest, flatbuffer, seed=_SEED))
    written = read_bundle(request.out)
    LiteRtClassifier(written).self_test(written)
    return written.manifest


def _soften(model: keras.Model) -> None:
    logits = model.get_layer("logits")
    logits.set_weights([weight / _SOFTENING for weight in logits.get_weights()])


def _nothing(manifest: Manifest) -> Golden:
    spec = manifest.input
    return Golden(np.zeros((0, spec.height, spec.width, 3), np.uint8), np.zeros((0, len(manifest.labels)), np.float32))


def _manifest(request: Request, card: RunCard, representative: Representative, flatbuffer: bytes) -> Manifest:
    return Manifest(
        name=request.name,
        version=f"{card.created:%Y}.{card.created.month}.{card.created.day}",
        created=card.created,  # the run's, not now: the same run gives the same bytes
        labels=card.labels,
        rejects=card.rejects,
        input=card.input,
        calibration=Calibration(
            temperature=card.temperature / _SOFTENING,
            threshold=card.threshold,
            chosen_on=card.validation.dataset if card.validation else "nothing: the recipe kept no sites aside",
        ),
        quantisation=request.quantisation,
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
        flatbuffer_sha256=hashlib.sha256(flatbuffer).hexdigest(),
        calibration_photos_hash=representative.digest,
    )


def _with_metrics(
    draft: Manifest, request: Request, test: PhotoSet, floats: NDArray[np.float64], quantised: NDArray[np.float64]
) -> Manifest:
    return msgspec.structs.replace(
        draft,
        metrics=Metrics(
            dataset=request.test.name,
            dataset_hash=test.digest,
            n=len(test.samples),
            float32=_measured(floats, draft, test),
            quantised=_measured(quantised, draft, test),
            agreement=round(float(np.mean(floats.argmax(axis=1) == quantised.argmax(axis=1))), 4),
        ),
    )


def _measured(scores: NDArray[np.float64], manifest: Manifest, test: PhotoSet) -> Measured:
    metrics = metrics_of(scores, test, manifest.rejects)
    return Measured(
        top1=round(metrics.top1, 4),
        macro_f1=round(metrics.macro_f1, 4),
        auroc_other=None if metrics.auroc_other is None else round(metrics.auroc_other, 4),
        per_class={label: round(one.recall, 4) for label, one in metrics.per_class.items()},
    )
