"""Runs one model file on one runtime, alone in its process: `runtime_worker.py RUNTIME MODEL THREADS FRAMES OUT`.

Started in virtual environments that hold nothing but a runtime and numpy, so it imports nothing of ours and keeps to what
Python 3.9 knows. FRAMES is an .npy, uint8 (n, height, width, 3); OUT becomes an .npy of the outputs (n, labels) as the
runtime gives them; stdout gets one JSON object: `version` and `seconds`, one a frame.
"""

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from time import perf_counter
from typing import Any

import numpy as np

_WARM_UP = 3

Run = Callable[[Any], Any]
"""One frame, uint8 (1, height, width, 3), to an output (1, labels)."""


def litert(model: str, threads: int) -> Run:
    """What vastra's agent runs."""
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - only the one that is asked for is installed

    return _interpreter(Interpreter(model_path=model, num_threads=threads))


def tflite_runtime(model: str, threads: int) -> Run:
    """LiteRT's predecessor."""
    from tflite_runtime.interpreter import Interpreter  # type: ignore[import-not-found]  # noqa: PLC0415

    return _interpreter(Interpreter(model_path=model, num_threads=threads))


def onnxruntime(model: str, threads: int) -> Run:
    """The model converted to ONNX with its quantisation (QDQ)."""
    import onnxruntime  # type: ignore[import-not-found]  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda frame: session.run(None, {name: frame})[0]


def openvino(model: str, threads: int) -> Run:
    """Reads the .tflite as it is."""
    import openvino  # type: ignore[import-not-found]  # noqa: PLC0415

    core = openvino.Core()
    options = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    compiled = core.compile_model(core.read_model(model), "CPU", options)
    return lambda frame: compiled(frame)[0]


def opencv(model: str, threads: int) -> Run:
    """OpenCV's own network module."""
    import cv2  # noqa: PLC0415

    cv2.setNumThreads(threads)
    network = cv2.dnn.readNetFromTFLite(model)

    def run(frame: Any) -> Any:  # noqa: ANN401 - arrays of a numpy that is not ours
        network.setInput(frame)
        return network.forward()

    return run


def _interpreter(interpreter: Any) -> Run:  # noqa: ANN401 - either of two classes without types
    interpreter.allocate_tensors()
    taken, given = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

    def run(frame: Any) -> Any:  # noqa: ANN401 - arrays of a numpy that is not ours
        interpreter.set_tensor(taken, frame)
        interpreter.invoke()
        return interpreter.get_tensor(given)

    return run


RUNTIMES = {
    "ai-edge-litert": litert,
    "tflite-runtime": tflite_runtime,
    "onnxruntime": onnxruntime,
    "openvino": openvino,
    "opencv-python-headless": opencv,
}
"""By the name of their package."""


def main(runtime: str, model: str, threads: int, frames: str, out: str) -> None:
    """Times every frame and keeps every output."""
    run, pictures = RUNTIMES[runtime](model, threads), np.load(frames)
    for _ in range(_WARM_UP):
        run(pictures[:1])
    seconds, outputs = [], []
    for index in range(len(pictures)):
        began = perf_counter()
        output = run(pictures[index : index + 1])
        seconds.append(perf_counter() - began)
        outputs.append(np.array(output).reshape(-1))
    np.save(out, np.stack(outputs))
    sys.stdout.write(json.dumps({"version": version(runtime), "seconds": seconds}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5])
