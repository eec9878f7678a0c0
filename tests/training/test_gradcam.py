import keras
import numpy as np

from training.gradcam import heat_maps, overlay


def classifier(*, shortcut: bool = False) -> keras.Model:
    """Says 0 for red and 1 for blue, by one convolution that copies both and an average of each."""
    pixels = keras.Input((32, 24, 3))
    convolution = keras.layers.Conv2D(2, 1, use_bias=False)
    places = convolution(pixels)
    convolution.set_weights([np.array([[[[1, 0], [0, 0], [0, 1]]]], np.float32) / 255])
    if shortcut:
        places = keras.layers.Add()([places, keras.layers.Activation("linear")(places)])
        last = keras.layers.Conv2D(2, 1)
        places = keras.layers.Add()([places, last(places)])
        last.set_weights([np.zeros((1, 1, 2, 2)), np.zeros(2)])
    dense = keras.layers.Dense(2)
    outputs = keras.layers.Softmax()(dense(keras.layers.GlobalAveragePooling2D()(places)))
    dense.set_weights([np.eye(2), np.zeros(2)])
    return keras.Model(pixels, outputs)


def half_red_half_blue() -> np.ndarray:
    picture = np.zeros((1, 32, 24, 3), np.uint8)
    picture[:, :16, :, 0] = 255
    picture[:, 16:, :, 2] = 255
    return picture


def test_the_heat_lies_where_the_answer_is() -> None:
    pictures = np.repeat(half_red_half_blue(), 2, axis=0)
    heat = heat_maps(classifier(), pictures, np.array([0, 1]))
    assert heat is not None
    assert heat.shape == (2, 32, 24)
    assert (heat.min(), heat.max()) == (0.0, 1.0)
    assert heat[0, :14].mean() > 0.9
    assert heat[0, 18:].mean() < 0.1
    assert heat[1, :14].mean() < 0.1
    assert heat[1, 18:].mean() > 0.9


def test_a_network_with_shortcuts_is_cut_where_they_have_joined() -> None:
    heat = heat_maps(classifier(shortcut=True), half_red_half_blue(), np.array([0]))
    assert heat is not None
    assert heat[0, :14].mean() > 0.9


def test_a_network_without_convolutions_looked_nowhere() -> None:
    pixels = keras.Input((8, 8, 3))
    outputs = keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(pixels))
    assert heat_maps(keras.Model(pixels, outputs), np.zeros((1, 8, 8, 3), np.uint8), np.array([0])) is None


def test_where_nothing_spoke_the_overlay_is_the_picture_in_grey() -> None:
    picture = half_red_half_blue()[0]
    shown = overlay(picture, np.zeros((32, 24), np.float32))
    assert np.array_equal(shown[..., 0], shown[..., 2])
    assert shown[0, 0, 0] == 76  # red by its share of light, 0.299
