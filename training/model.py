"""The classifier: preprocessing, backbone and head in one graph that takes RGB uint8 and gives a softmax."""

from dataclasses import dataclass

import keras

from agent.fit import InputSpec
from training.backbone import IMAGENET_MEAN_BGR, backbone_named
from training.recipe import Network
from training.vgg import narrow_vgg16


@dataclass(frozen=True, slots=True)
class Split:
    """A classifier cut in two; all parts share the whole model's weights.

    `trunk` gives the activations at the cut for RGB uint8 pictures, `top` the softmax for those, `pooled` what the head
    is fed for them: (batch, features).
    """

    whole: keras.Model
    trunk: keras.Model
    top: keras.Model
    pooled: keras.Model


def build_classifier(
    backbone: str, network: Network, input_spec: InputSpec, classes: int, *, weights: str
) -> keras.Model:
    """A classifier over `classes` labels; input uint8 (batch, height, width, 3) RGB, output float32 (batch, classes).

    One of its own `network.widths` starts from random weights: none are published for it.
    """
    # === Layers ===
    pool = (
        keras.layers.Flatten(name="flatten")
        if network.head == "flatten"
        else keras.layers.GlobalAveragePooling2D(name="average")
    )
    dropout = keras.layers.Dropout(network.dropout, name="dropout")
    dense = keras.layers.Dense(classes, name="logits", dtype="float32")
    softmax = keras.layers.Softmax(name="softmax", dtype="float32")

    # === Functional Model ===
    # Pixels come as uint8; Keras widens them here, and the int8 export makes uint8 the input again, at scale 1.
    pixels = keras.Input((input_spec.height, input_spec.width, 3), dtype="float32", name="pixels")
    prepared = _preprocessed(pixels, network)
    features = (
        narrow_vgg16(prepared, network.widths, normalise_from=network.normalise_from)
        if network.widths
        else backbone_named(backbone).build(prepared, weights).output
    )
    outputs = softmax(dense(dropout(pool(features))))

    # === Config ===
    return keras.Model(pixels, outputs, name=f"vastra_{backbone}")


def _preprocessed(pixels: keras.KerasTensor, network: Network) -> keras.KerasTensor:
    if network.preprocessing == "none":
        return pixels
    if network.preprocessing == "rescale":
        return keras.layers.Rescaling(1 / 255, name="rescale", dtype="float32")(pixels)
    centre = keras.layers.Normalization(
        mean=IMAGENET_MEAN_BGR, variance=(1.0, 1.0, 1.0), name="centre", dtype="float32"
    )
    if keras.backend.backend() == "torch":  # its tensors cannot be sliced backwards
        return centre(keras.ops.flip(pixels, axis=-1))
    return centre(pixels[..., ::-1])


def split_classifier(whole: keras.Model, backbone: str, boundary: int, *, cached: bool) -> Split:
    """Freezes the blocks up to `boundary` (0: none) and cuts the classifier there, or, unless `cached`, at its input."""
    cut = whole.input
    if boundary:
        last = whole.get_layer(backbone_named(backbone).blocks[boundary - 1])
        for layer in keras.Model(whole.input, last.output).layers:
            layer.trainable = False
        cut = last.output if cached else whole.input
    at_input = cut is whole.input
    return Split(
        whole=whole,
        trunk=keras.Model(whole.input, cut, name="trunk"),
        top=whole if at_input else keras.Model(cut, whole.output, name="top"),
        pooled=keras.Model(cut, whole.get_layer("logits").input, name="pooled"),
    )
