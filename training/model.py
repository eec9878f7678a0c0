"""The classifier: preprocessing, backbone and head in one graph that takes RGB uint8 and gives a softmax."""

from dataclasses import dataclass

import keras

from agent.fit import InputSpec
from training.backbone import IMAGENET_MEAN_BGR, backbone_named
from training.recipe import Network


@dataclass(frozen=True, slots=True)
class Split:
    """A classifier cut at the frozen boundary; both halves share the whole model's weights.

    `trunk` gives the boundary's activations for RGB uint8 pictures; `top` gives the softmax for those activations.
    """

    whole: keras.Model
    trunk: keras.Model
    top: keras.Model


def build_classifier(
    backbone: str, network: Network, input_spec: InputSpec, classes: int, *, weights: str
) -> keras.Model:
    """A classifier over `classes` labels; input uint8 (batch, height, width, 3) RGB, output float32 (batch, classes)."""
    # === Layers ===
    chosen = backbone_named(backbone)
    centre = keras.layers.Normalization(
        mean=IMAGENET_MEAN_BGR, variance=(1.0, 1.0, 1.0), name="centre", dtype="float32"
    )
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
    features = chosen.build(centre(pixels[..., ::-1]), weights)
    outputs = softmax(dense(dropout(pool(features.output))))

    # === Config ===
    return keras.Model(pixels, outputs, name=f"vastra_{backbone}")


def split_classifier(whole: keras.Model, backbone: str, boundary: int) -> Split:
    """Cuts the classifier after block `boundary` of its backbone (0: nothing is frozen) and freezes what lies before."""
    if boundary == 0:
        return Split(whole, keras.Model(whole.input, whole.input, name="trunk"), whole)
    last = whole.get_layer(backbone_named(backbone).blocks[boundary - 1])
    trunk = keras.Model(whole.input, last.output, name="trunk")
    for layer in trunk.layers:
        layer.trainable = False
    return Split(whole, trunk, keras.Model(last.output, whole.output, name="top"))
