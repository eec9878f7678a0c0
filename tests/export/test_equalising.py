import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from export.conversion import convert
from export.equalising import equalise

PICTURES = list(np.random.default_rng(3).integers(0, 256, (24, 16, 16, 3)).astype(np.uint8))


def uneven() -> keras.Model:
    """A classifier by 24 faint channels, beside one that is heard on no picture but has a weight that dwarfs all others."""
    keras.utils.set_random_seed(4)
    pixels = keras.Input((16, 16, 3), dtype="float32")
    maps = keras.layers.Conv2D(25, 3, activation="relu")(pixels)
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.MaxPooling2D(2)(maps))
    model = keras.Model(pixels, keras.layers.Softmax()(keras.layers.Dense(3, name="logits")(pooled)))
    convolution, logits = model.layers[1], model.get_layer("logits")
    kernel, bias = convolution.get_weights()
    bias[24] = -1e6
    convolution.set_weights([kernel / 100, bias])
    weights, offset = logits.get_weights()
    weights[24] = 5000.0
    weights[:24] = 20 * (weights[:24] - weights[:24].mean(axis=0))
    logits.set_weights([weights, offset])
    return model


def int8_answers(model: keras.Model) -> np.ndarray:
    interpreter = Interpreter(model_content=convert(model, "int8", PICTURES, lambda _: None))
    interpreter.allocate_tensors()
    rows = []
    for picture in PICTURES:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture[np.newaxis])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0] / 256)
    return np.array(rows)


def test_in_float_nothing_changes() -> None:
    model = uneven()
    before = model.predict_on_batch(np.stack(PICTURES))
    equalise(model, PICTURES)
    assert np.allclose(model.predict_on_batch(np.stack(PICTURES)), before, atol=1e-5)


def test_in_int8_faint_channels_are_heard_again() -> None:
    model = uneven()
    wanted = model.predict_on_batch(np.stack(PICTURES))
    off = np.abs(int8_answers(model) - wanted).max()
    equalise(model, PICTURES)
    assert np.abs(int8_answers(model) - wanted).max() < off / 3


def test_a_network_that_ends_otherwise_is_left_alone() -> None:
    pixels = keras.Input((16, 16, 3))
    summed = keras.layers.Add()([keras.layers.Conv2D(4, 1)(pixels), keras.layers.Conv2D(4, 1)(pixels)])
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(summed))
    model = keras.Model(pixels, keras.layers.Dense(3, name="logits")(pooled))
    before = [weight.copy() for weight in model.get_weights()]
    equalise(model, PICTURES)
    assert all(one == pytest.approx(two) for one, two in zip(before, model.get_weights(), strict=True))
