"""The classifier on the device: a bundle run by LiteRT (ai-edge-litert, XNNPACK)."""

from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from agent.bundle import Bundle
from agent.errors import BundleError
from agent.fit import Pixels, fit_picture
from agent.values import Prediction, Scored

_SMALLEST = 1 / 1024  # a quarter of an int8 softmax step: stands for the zeros that it rounds to


class LiteRtClassifier:
    """Classifies pictures of any size with a bundle; one interpreter, used by one thread.

    Raises:
        BundleError: the runtime cannot run the flatbuffer, or its input and output are not what the manifest says.
    """

    def __init__(self, bundle: Bundle, *, threads: int = 1) -> None:
        self.manifest = bundle.manifest
        try:
            self._interpreter = Interpreter(model_content=bundle.flatbuffer, num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise BundleError(f"{self.manifest.name}: the runtime refuses the model: {error}") from error
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        self._check_shapes()

    def classify(self, pixels: Pixels) -> Prediction:
        """The calibrated prediction for one picture, RGB uint8 (height, width, 3), scores in label order."""
        softmax = self.softmax(fit_picture(pixels, self.manifest.input))
        logits = np.log(np.maximum(softmax, _SMALLEST)) / self.manifest.calibration.temperature
        raised = np.exp(logits - logits.max())
        calibrated = raised / raised.sum()
        return Prediction(
            tuple(Scored(label, float(score)) for label, score in zip(self.manifest.labels, calibrated, strict=True))
        )

    def softmax(self, fitted: Pixels) -> NDArray[np.float32]:
        """The model's own output, float32 (labels,), for a picture already fitted to its input, before calibration."""
        self._interpreter.set_tensor(self._input["index"], fitted[np.newaxis])
        self._interpreter.invoke()
        return _dequantised(self._interpreter.get_tensor(self._output["index"])[0], self._output)

    def self_test(self, bundle: Bundle) -> None:
        """Runs the golden samples and compares.

        Raises:
            BundleError: an output differs from the exporter's by more than the manifest's tolerance.
        """
        for inputs, expected in zip(bundle.golden.inputs, bundle.golden.outputs, strict=True):
            difference = float(np.abs(self.softmax(inputs) - expected).max())
            if difference > self.manifest.tolerance:
                raise BundleError(
                    f"{self.manifest.name}: golden test failed: an output differs by {difference:.3f}, allowed is "
                    f"{self.manifest.tolerance}; this runtime does not compute what the exporter's did"
                )

    def _check_shapes(self) -> None:
        spec = self.manifest.input
        wanted_in, wanted_out = (1, spec.height, spec.width, 3), (1, len(self.manifest.labels))
        found_in, found_out = tuple(self._input["shape"]), tuple(self._output["shape"])
        if found_in != wanted_in or self._input["dtype"] != np.uint8:
            raise BundleError(
                f"{self.manifest.name}: takes {self._input['dtype'].__name__} {found_in}, not uint8 {wanted_in}"
            )
        if found_out != wanted_out:
            raise BundleError(f"{self.manifest.name}: gives {found_out}, the manifest's labels need {wanted_out}")


def _dequantised(output: NDArray[Any], details: dict[str, Any]) -> NDArray[np.float32]:
    # Scale and zero point are read from the model, never configured; a float output has scale 0.
    scale, zero_point = details["quantization"]
    if scale == 0:
        return np.asarray(output, np.float32)
    return np.asarray((output.astype(np.float32) - zero_point) * scale, np.float32)
