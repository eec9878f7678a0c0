"""Where a classifier looked: Grad-CAM (Selvaraju et al. 2017) on the last convolution.

Only what follows that convolution is differentiated, which makes a map cost hardly more than an answer.
"""

from dataclasses import dataclass

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from agent.fit import Pixels
from training.evidence import look_inside


@dataclass(frozen=True, slots=True, eq=False)  # eq: models
class _Halves:
    """A classifier cut in two at a map of features: pictures to map, and map to what the last dense layer weighs."""

    below: keras.Model
    above: keras.Model
    kernel: NDArray[np.float32]


def heat_maps(
    model: keras.Model, pictures: NDArray[np.uint8], answers: NDArray[np.integer]
) -> NDArray[np.float32] | None:
    """How much each place spoke for each picture's answer, shape (n, height, width), 0..1 with 1 the most of its picture.

    `pictures` are (n, height, width, 3), fitted; `answers` (n,) label indices. None where the model has no convolution
    or no dense layer of its own, or Keras runs on another backend than TensorFlow, whose gradients these are.
    """
    halves = _cut(model)
    if halves is None or keras.backend.backend() != "tensorflow" or not len(pictures):
        return None
    import tensorflow as tf  # noqa: PLC0415 - only where it is the backend

    places = tf.constant(halves.below.predict_on_batch(pictures))
    with tf.GradientTape() as tape:
        tape.watch(places)
        spoke = tf.reduce_sum(tf.cast(halves.above(places), tf.float32) * halves.kernel.T[answers])
    weights = tf.reduce_mean(tape.gradient(spoke, places), axis=(1, 2), keepdims=True)
    heat = tf.nn.relu(tf.reduce_sum(weights * places, axis=-1)).numpy().astype(np.float32)
    heat /= np.maximum(heat.max(axis=(1, 2), keepdims=True), 1e-9)
    height, width = pictures.shape[1:3]
    wide = [cv2.resize(one, (width, height), interpolation=cv2.INTER_CUBIC) for one in heat]
    return np.asarray(np.clip(np.stack(wide), 0, 1), np.float32)


def overlay(picture: Pixels, heat: NDArray[np.float32]) -> Pixels:
    """The picture with its heat laid over it: grey where nothing spoke, then yellow to red."""
    colours = cv2.cvtColor(cv2.applyColorMap((255 * heat).astype(np.uint8), cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    grey = np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    share = 0.65 * heat[..., None]
    return np.asarray(grey * (1 - share) + colours * share, np.uint8)


def _cut(model: keras.Model) -> _Halves | None:
    """Cuts at the last convolution, or where a shortcut leads past that, at the last layer that still has places."""
    inside = look_inside(model)
    maps = [layer for layer in model.layers if len(layer.output.shape) == 4]  # noqa: PLR2004 - batch, y, x, channel
    convolutions = [layer for layer in maps if isinstance(layer, keras.layers.Conv2D)]
    if inside is None or not convolutions:
        return None
    kernel = np.asarray(inside.head.get_weights()[0], np.float32)
    for layer in (convolutions[-1], maps[-1]):
        try:
            above = keras.Model(layer.output, inside.head.input)
        except ValueError:  # the graph is not whole without what the shortcut brings
            continue
        return _Halves(keras.Model(model.input, layer.output), above, kernel)
    return None
