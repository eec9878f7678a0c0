"""Cross-layer equalisation of the last convolution with the classifier: no channel's scale may drown another's in int8.

Pooled features share one int8 scale and so do a label's weights on them. Where channels differ a hundredfold, as in a slim
network whose head was fitted to rarely active ones (weights up to 76), int8 keeps the loudest alone: such a network fell
from 0.90 to 0.23 top-1. A ReLU lets a factor pass, so each channel is divided by its own peak and its weights multiplied by
it, which changes nothing in float (Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization").
"""

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from agent.fit import Pixels

_BATCH = 16
_SILENT = 1e-6  # a channel whose peak is under this says nothing on any photo, and must not set the weights' range
_PASSED = (keras.layers.Dropout, keras.layers.GlobalAveragePooling2D, keras.layers.MaxPooling2D)


def equalise(model: keras.Model, pictures: Sequence[Pixels]) -> None:
    """Rescales the channels between the last convolution and `logits` by their peaks on `pictures`, in place.

    A network that does not end in convolution, ReLU and average pooling, such as a ResNet, is left as it is.
    """
    convolution, logits = _last_convolution(model), model.get_layer("logits")
    if convolution is None:
        return
    peaks = _peaks(keras.Model(model.input, convolution.output), pictures)
    heard = peaks > _SILENT
    factor = np.where(heard, 1 / np.maximum(peaks, _SILENT), 1.0)
    kernel, bias = convolution.get_weights()
    convolution.set_weights([kernel * factor, bias * factor])
    weights, *offset = logits.get_weights()
    logits.set_weights([weights * np.where(heard, 1 / factor, 0.0)[:, np.newaxis], *offset])


def _peaks(activations: keras.Model, pictures: Sequence[Pixels]) -> NDArray[np.float32]:
    parts = [np.stack(pictures[start : start + _BATCH]) for start in range(0, len(pictures), _BATCH)]
    found = [np.asarray(activations.predict_on_batch(part), np.float32).max(axis=(0, 1, 2)) for part in parts]
    return np.asarray(np.max(found, axis=0))


def _last_convolution(model: keras.Model) -> keras.layers.Conv2D | None:
    """The convolution with a ReLU whose channels, pooled, are what `logits` is fed; None where there is none."""
    layer = model.get_layer("logits")
    while True:
        layer = layer.input._keras_history.operation  # noqa: SLF001 - Keras has no public way back from a tensor
        if isinstance(layer, keras.layers.Conv2D):
            return layer if layer.activation is keras.activations.relu else None
        if not isinstance(layer, _PASSED):
            return None
