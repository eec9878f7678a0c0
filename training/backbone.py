"""Backbones: the published networks, their weights, and the layers after which training may begin."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.errors import RecipeError, WeightsError


@dataclass(frozen=True, slots=True)
class Backbone:
    """A network of `keras.applications`: its constructor there, and the last layer of each block, first block first.

    All three were trained with "caffe" preprocessing: BGR, ImageNet's mean colour subtracted, no scaling.
    """

    name: str
    constructor: str
    blocks: tuple[str, ...]

    def build(self, inputs: keras.KerasTensor, weights: str) -> keras.Model:
        """The network without its classifier, fed `inputs` (preprocessed), with `weights` loaded.

        `weights` is `none` (random), `imagenet` (downloaded by Keras) or a file: `.npz` of `<layer>/kernel` and
        `<layer>/bias` arrays, or the `.h5` that Keras downloads.

        Raises:
            WeightsError: the file is missing or belongs to another network, or the download failed.
        """
        constructor = getattr(keras.applications, self.constructor)
        downloads = weights == "imagenet"
        try:
            network = constructor(include_top=False, input_tensor=inputs, weights="imagenet" if downloads else None)
        except Exception as error:
            # Keras's downloader raises a bare Exception for every network failure; nothing else here depends on input.
            if not downloads:
                raise
            raise WeightsError(
                f"ImageNet weights of {self.name} cannot be downloaded ({error}); give a file"
            ) from error
        if weights not in {"none", "imagenet"}:
            _load_weights(network, Path(weights))
        return network


BACKBONES = {
    backbone.name: backbone
    for backbone in (
        Backbone("vgg16", "VGG16", tuple(f"block{n}_pool" for n in range(1, 6))),
        Backbone("vgg19", "VGG19", tuple(f"block{n}_pool" for n in range(1, 6))),
        Backbone(
            "resnet50",
            "ResNet50",
            ("pool1_pool", "conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out"),
        ),
    )
}
IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)
"""Simonyan and Zisserman 2014, the mean colour that their training subtracted; ResNet's Keras weights use it too."""


def backbone_named(name: str) -> Backbone:
    """The backbone called `name`.

    Raises:
        RecipeError: there is none; the message lists those there are.
    """
    try:
        return BACKBONES[name]
    except KeyError as error:
        raise RecipeError(f"no backbone {name!r}: expected one of {', '.join(BACKBONES)}") from error


def _load_weights(network: keras.Model, file: Path) -> None:
    if not file.is_file():
        raise WeightsError(f"{file}: no such weights file; give imagenet, none, or an .npz or .h5 file")
    if file.suffix != ".npz":
        try:
            network.load_weights(file)
        except (ValueError, OSError) as error:
            raise WeightsError(f"{file}: does not fit {network.name}: {error}") from error
        return
    try:
        with np.load(file) as arrays:
            for layer in network.layers:
                if layer.weights:
                    layer.set_weights(_layer_arrays(layer, arrays, file))
    except (ValueError, OSError) as error:
        raise WeightsError(f"{file}: cannot be read as weights of {network.name}: {error}") from error


def _layer_arrays(layer: keras.layers.Layer, arrays: Any, file: Path) -> list[np.ndarray]:  # noqa: ANN401 - an NpzFile
    found = []
    for weight in layer.weights:
        name = f"{layer.name}/{weight.name}"
        if name not in arrays or arrays[name].shape != tuple(weight.shape):
            raise WeightsError(f"{file}: holds no array {name} of shape {tuple(weight.shape)}; other network?")
        found.append(arrays[name])
    return found
