"""The float model as the yardstick: its answers on the photos that every exported form is compared on."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from export.equalising import equalise
from export.errors import ComparisonError
from export.representative import Representative, choose_representative
from training.calibration import sharpen
from training.evaluate import keras_scores
from training.photos import PhotoSet, read_photos
from training.progress import Progress
from training.run import RunCard, read_card, read_model

_PHOTOS_PER_LABEL = 64  # int8 ranges settle after some tens of photos a class; more only takes longer
SEED = 20261124
_SOFTENING = 4.0
"""The logits are divided by this before the int8 softmax, and the bundle's temperature by it too, which undoes it.

An int8 softmax knows 256 values. A trained model's scores lie near 0 and 1, where labels tie at zero and the best known
label of a photo of none of our garments becomes a matter of order; softened, all labels stay within its range.
"""


@dataclass(frozen=True, slots=True, eq=False)  # eq: holds arrays
class Reference:
    """A run, its softened, equalised model, and that model's calibrated scores, (photos, labels), on two sets of photos.

    `representative` sets the ranges of int8 and the quantised temperature; `test` is only measured on.
    """

    card: RunCard
    model: keras.Model
    representative: Representative
    representative_scores: NDArray[np.float64]
    test: PhotoSet
    test_name: str
    test_scores: NDArray[np.float64]

    @property
    def temperature(self) -> float:
        """What the softened model's logits are divided by."""
        return self.card.temperature / _SOFTENING


def read_reference(run: Path, calibrate: Path, test: Path, progress: Progress) -> Reference:
    """Reads the run and both datasets, and runs the float model over them.

    Raises:
        RunError, DatasetError, ClassError: an input cannot be used.
        CalibrationError, ComparisonError: the photos do not cover the model's labels.
    """
    card = read_card(run)
    photos, compared = read_photos([calibrate], card.labels), read_photos([test], card.labels)
    representative = choose_representative(photos, per_label=_PHOTOS_PER_LABEL, seed=SEED)
    counts = compared.counts()
    if not any(count for label, count in counts.items() if label not in card.rejects):
        raise ComparisonError(f"{test}: no photo of {', '.join(counts)} that counts for accuracy; give other photos")
    model = read_model(run)
    logits = model.get_layer("logits")
    logits.set_weights([weight / _SOFTENING for weight in logits.get_weights()])
    equalise(model, representative.pictures(card.input))
    temperature = card.temperature / _SOFTENING
    chosen = PhotoSet(card.labels, representative.samples)
    return Reference(
        card=card,
        model=model,
        representative=representative,
        representative_scores=sharpen(keras_scores(model, chosen, card.input, progress), temperature),
        test=compared,
        test_name=test.name,
        test_scores=sharpen(keras_scores(model, compared, card.input, progress), temperature),
    )
