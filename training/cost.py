"""What one forward pass costs: parameters and multiply-accumulates, counted from the layers' shapes."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import keras


@dataclass(frozen=True, slots=True)
class Cost:
    """`parameters` of the whole model, trained or not; `macs` of one picture through its convolutions and dense layers.

    Pooling, normalisation and activations are left out, as the published figures leave them out: VGG16 at 224x224 is
    15.47 GMAC, ResNet50 3.86.
    """

    parameters: int
    macs: int


def cost_of(model: keras.Model) -> Cost:
    """The cost of a model whose input has a fixed size; layers of models inside it count too."""
    return Cost(model.count_params(), sum(map(_macs, _layers(model))))


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer


def _macs(layer: keras.layers.Layer) -> int:
    # (height, width, channels / groups, filters) or, depthwise, (height, width, channels, multiplier): once at each place.
    if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
        return _places(layer) * int(prod(layer.kernel.shape))
    if isinstance(layer, keras.layers.Dense):
        return int(prod(layer.kernel.shape) * prod(layer.output.shape[1:-1]))
    return 0


def _places(layer: keras.layers.Layer) -> int:
    """Positions of the output, height x width."""
    channels_last = layer.data_format == "channels_last"
    return int(prod(layer.output.shape[1:3] if channels_last else layer.output.shape[2:4]))
