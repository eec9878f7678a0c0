"""A bundle opened up: what every layer gave for the last picture, and its weights, as floats."""

import warnings
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from agent.bundle import Bundle
from agent.fit import Pixels

_AROUND = ("DELEGATE", "QUANTIZE", "DEQUANTIZE")  # nodes that stand for others, or between them
_WITH_WEIGHTS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


class OpenedModel:
    """A form whose inner tensors can be read after each run; `layers` are the Keras layers' names, in order."""

    def __init__(self, bundle: Bundle) -> None:
        with warnings.catch_warnings():
            # It warns that keeping all tensors takes memory, and is meant for debugging: for what is done here.
            warnings.simplefilter("ignore", UserWarning)
            self._interpreter = Interpreter(model_content=bundle.flatbuffer, experimental_preserve_all_tensors=True)
        self._interpreter.allocate_tensors()
        self._tensors = {one["index"]: one for one in self._interpreter.get_tensor_details()}
        self.layers: dict[str, dict[str, Any]] = {}
        # The runtime tells its nodes only here; the list holds the model's own before those of delegates.
        for node in self._interpreter._get_ops_details():  # noqa: SLF001
            found = _layer_of(self._tensors, node)
            if found and node["op_name"] not in _AROUND:
                self.layers[found] = node

    def run(self, picture: Pixels) -> None:
        """Runs the model on a picture fitted to its input."""
        self._interpreter.set_tensor(self._interpreter.get_input_details()[0]["index"], picture[np.newaxis])
        self._interpreter.invoke()

    def raw(self, layer: str) -> NDArray[Any]:
        """A layer's output as the runtime holds it."""
        return np.asarray(self._interpreter.get_tensor(self.layers[layer]["outputs"][0]))

    def output(self, layer: str) -> NDArray[np.float32]:
        """A layer's output, dequantised."""
        return _dequantised(self.raw(layer), self._tensors[self.layers[layer]["outputs"][0]])

    def weights(self, layer: str) -> NDArray[np.float32] | None:
        """A layer's weights without its bias, dequantised; None where it has none."""
        node = self.layers[layer]
        if node["op_name"] not in _WITH_WEIGHTS:
            return None
        index = node["inputs"][1]
        return _dequantised(np.asarray(self._interpreter.get_tensor(index)), self._tensors[index])


def _layer_of(tensors: dict[int, dict[str, Any]], node: dict[str, Any]) -> str | None:
    """The Keras layer that a node computes: `model/block1_conv1_1/Relu;...` is `block1_conv1_1`."""
    outputs = [tensors[index]["name"] for index in node["outputs"] if index in tensors]
    parts = outputs[0].split(";")[0].split("/") if outputs else []
    return parts[-2] if len(parts) > 1 else None


def _dequantised(values: NDArray[Any], tensor: dict[str, Any]) -> NDArray[np.float32]:
    parameters = tensor["quantization_parameters"]
    scales, zeros = parameters["scales"], parameters["zero_points"]
    if not len(scales):
        return np.asarray(values, np.float32)
    shape = [1] * values.ndim
    if len(scales) > 1:
        shape[parameters["quantized_dimension"]] = len(scales)
    return np.asarray((values.astype(np.float32) - zeros.reshape(shape)) * scales.reshape(shape), np.float32)
