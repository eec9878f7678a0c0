import keras
import pytest

from training.cost import cost_of


def test_vgg16_costs_what_is_published() -> None:
    cost = cost_of(keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3)))
    assert cost.macs == pytest.approx(15.35e9, rel=1e-3)
    assert cost.parameters == 14_714_688
    top = keras.Sequential([keras.Input((7, 7, 512)), keras.layers.Flatten()])
    for units in (4096, 4096, 1000):
        top.add(keras.layers.Dense(units))
    assert cost.macs + cost_of(top).macs == pytest.approx(15.47e9, rel=1e-3)


def test_resnet50_costs_what_is_published() -> None:
    cost = cost_of(keras.applications.ResNet50(weights=None, input_shape=(224, 224, 3)))
    assert cost.macs == pytest.approx(3.86e9, rel=5e-3)


def test_depthwise_and_grouped_convolutions_cost_a_part_of_full_ones() -> None:
    def cost(layer: keras.layers.Layer) -> int:
        return cost_of(keras.Sequential([keras.Input((10, 8, 6)), layer])).macs

    assert cost(keras.layers.Conv2D(12, 3, padding="same")) == 80 * 9 * 6 * 12
    assert cost(keras.layers.Conv2D(12, 3, padding="same", groups=3)) == 80 * 9 * 2 * 12
    assert cost(keras.layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)) == 80 * 9 * 6 * 2
    assert cost(keras.layers.Conv2D(4, 3, strides=2, padding="same")) == 20 * 9 * 6 * 4


def test_layers_inside_a_model_inside_count() -> None:
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    assert cost_of(keras.Sequential([keras.Input((4,)), inner, keras.layers.Dense(2)])).macs == 12 + 6
