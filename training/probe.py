"""The linear probe: the head alone, fitted on the untouched backbone's features before anything else moves.

Fine-tuning from a random head first distorts the features to suit it, which costs accuracy on domains not seen; from a
probed head it does not (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained Features").
"""

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from training.batches import Draw

_BATCH = 256
_LEARNING_RATE = 2e-3  # standardised features: a common step for all
_WEIGHT_DECAY = 0.05


def fit_probe(logits: keras.layers.Dense, features: Sequence[NDArray[np.float32]], draw: Draw, *, epochs: int) -> None:
    """Sets the weights of the `logits` layer. `features` are (samples, n), a few views of the draw's samples.

    The probe is fitted on standardised features; mean and scale are folded into the layer's weights.
    """
    stacked = np.concatenate(features)
    mean, scale = stacked.mean(axis=0), stacked.std(axis=0) + 1e-3
    targets = np.tile(draw.targets[0], (len(features), 1))
    weights = np.tile(draw.weights, len(features)).astype(np.float32)
    dense = keras.layers.Dense(targets.shape[1], activation="softmax", dtype="float32")
    probe = keras.Sequential([keras.Input((stacked.shape[1],)), dense])
    probe.compile(keras.optimizers.AdamW(_LEARNING_RATE, weight_decay=_WEIGHT_DECAY), loss="categorical_crossentropy")
    probe.fit(
        (stacked - mean) / scale,
        targets,
        sample_weight=weights / weights.mean(),
        batch_size=_BATCH,
        epochs=epochs,
        verbose=0,
    )
    kernel, bias = dense.get_weights()
    logits.set_weights([kernel / scale[:, np.newaxis], bias - (mean / scale) @ kernel])
