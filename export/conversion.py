"""Keras to TFLite: float32, float16, dynamic-range, or full-integer int8 with uint8 pixels in."""

import tempfile
from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from agent.bundle import Quantisation
from agent.fit import Pixels
from export.errors import ConversionError


def convert(
    model: keras.Model, quantisation: Quantisation, pictures: Sequence[Pixels], advance: Callable[[int], None]
) -> bytes:
    """The model as a TFLite flatbuffer that takes RGB uint8 (1, height, width, 3).

    `pictures` set the ranges of int8 (each calls `advance(1)` as it is seen); the other kinds do not look at them, and
    are one step.

    Raises:
        ConversionError: TensorFlow refuses the model, or the disk for temporary files is full.
    """
    with tempfile.TemporaryDirectory(prefix="vastra-export-") as folder:
        # A fixed batch of one lets the runtime plan its memory once.
        signature = keras.InputSpec(shape=(1, *model.input_shape[1:]), dtype=_input_dtype(quantisation))
        fed = _with_input(model, quantisation)
        try:
            fed.export(folder, format="tf_saved_model", input_signature=[signature], verbose=False)
        except (OSError, tf.errors.OpError) as error:
            reason = str(error).splitlines()[0]
            raise ConversionError(f"the model on its way to the converter cannot be written: {reason}") from error
        return _convert_saved(folder, quantisation, pictures, advance)


def _convert_saved(
    folder: str, quantisation: Quantisation, pictures: Sequence[Pixels], advance: Callable[[int], None]
) -> bytes:
    converter = tf.lite.TFLiteConverter.from_saved_model(folder)
    if quantisation != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantisation == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if quantisation == "int8":
        converter.representative_dataset = lambda: _calibration(pictures, advance)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.uint8
    try:
        content = bytes(converter.convert())
    except Exception as error:
        # The converter raises its own untyped errors (ConverterError, RuntimeError, ValueError) from inside TensorFlow.
        raise ConversionError(f"TensorFlow cannot convert the model to {quantisation}: {error}") from error
    if quantisation != "int8":
        advance(1)
    return content


def _input_dtype(quantisation: Quantisation) -> str:
    """int8 is converted from float pixels, and its quantised input then becomes uint8; the others take uint8 as it is."""
    return "float32" if quantisation == "int8" else "uint8"


def _with_input(model: keras.Model, quantisation: Quantisation) -> keras.Model:
    if _input_dtype(quantisation) == "float32":
        return model
    pixels = keras.Input(model.input_shape[1:], dtype="uint8", name="pixels")
    # Named: Keras numbers unnamed models, and a second export in one process would get other bytes.
    return keras.Model(pixels, model(keras.ops.cast(pixels, "float32")), name="vastra")


def _calibration(pictures: Sequence[Pixels], advance: Callable[[int], None]) -> Iterator[list[NDArray[np.float32]]]:
    # Black and white pin the input's range to 0..255: its scale becomes exactly 1, so uint8 pixels pass unchanged.
    for level in (0.0, 255.0):
        yield [np.full((1, *pictures[0].shape), level, np.float32)]
    for picture in pictures:
        yield [picture[np.newaxis].astype(np.float32)]
        advance(1)
