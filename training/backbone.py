"""Backbones: the published networks, their weights, and the layers after which training may begin."""

from dataclasses import dataclass
from pathlib import Path

import keras

from training.errors import RecipeError, WeightsError
from training.weights import load_weights


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
            load_weights(network, Path(weights))
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
