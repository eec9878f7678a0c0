"""VGG16 of any widths: the published network with fewer channels, a plain smaller VGG16 to every tool."""

from collections.abc import Sequence

import keras

CONVOLUTIONS = tuple(
    f"block{block}_conv{n}" for block, count in enumerate((2, 2, 3, 3, 3), 1) for n in range(1, count + 1)
)
"""The 13 convolutions of VGG16 (Simonyan and Zisserman 2014, configuration D), named as Keras names them."""
_MOMENTUM = 0.97  # of the running mean and variance: an epoch of a few thousand photos has some hundred steps


def narrow_vgg16(inputs: keras.KerasTensor, widths: Sequence[int], *, normalise_from: int = 0) -> keras.KerasTensor:
    """The output of the fifth block, shape (batch, height / 32, width / 32, widths[-1]).

    From block `normalise_from` on (0: nowhere) each convolution is followed by batch normalisation, `<its name>_norm`.
    """
    features = inputs
    for name, width in zip(CONVOLUTIONS, widths, strict=True):
        block = int(name[5])
        if name.endswith("conv1") and block > 1:
            features = _pool(features, block - 1)
        if 0 < normalise_from <= block:
            features = keras.layers.Conv2D(width, 3, padding="same", name=name)(features)
            features = keras.layers.BatchNormalization(momentum=_MOMENTUM, name=f"{name}_norm")(features)
            features = keras.layers.ReLU(name=f"{name}_relu")(features)
        else:
            features = keras.layers.Conv2D(width, 3, padding="same", activation="relu", name=name)(features)
    return _pool(features, 5)


def _pool(features: keras.KerasTensor, block: int) -> keras.KerasTensor:
    return keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(features)
