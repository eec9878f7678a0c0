"""The runtimes that a bundle could run on: each in a throw-away virtual environment, or the reason why it cannot."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.fit import Pixels
from export.errors import ComparisonError

_WORKER = Path(__file__).with_name("runtime_worker.py")
_CONVERTER = ("tf2onnx>=1.16", "onnx>=1.16")


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime by its package's name; without `packages` it is one that is installed with vastra itself.

    `pythons` are the interpreters that it has wheels for, the best first; empty: the one that runs this.
    """

    name: str
    reads: Literal["tflite", "onnx"] = "tflite"
    packages: tuple[str, ...] = ()
    pythons: tuple[str, ...] = ()


OURS = "ai-edge-litert"
RUNTIMES = (
    Runtime(OURS),
    Runtime(
        "tflite-runtime", packages=("tflite-runtime", "numpy<2"), pythons=("python3.11", "python3.10", "python3.9")
    ),
    Runtime("onnxruntime", reads="onnx", packages=("onnxruntime", "numpy")),
    Runtime("openvino", packages=("openvino",)),
    Runtime("opencv-python-headless"),
)


class RuntimeFailure(Exception):  # noqa: N818 - not an error of the command: a row of its table
    """A runtime cannot be installed or cannot run the model; the message is its last word on that."""


class Timed(msgspec.Struct, frozen=True):
    """What the worker prints."""

    version: str
    seconds: list[float]


class Workshop:
    """Environments and converted models under a cache folder, made when first needed and kept for the next time.

    Raises:
        ComparisonError: the folder cannot be made.
    """

    def __init__(self, cache: Path) -> None:
        self._cache = cache.absolute()
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ComparisonError(f"{cache}: cannot keep the runtimes there: {error.strerror}") from error

    def python(self, runtime: Runtime) -> str:
        """The interpreter that has `runtime`.

        Raises:
            RuntimeFailure: there is no such Python, or the packages cannot be installed.
        """
        if not runtime.packages:
            return sys.executable
        folder = self._cache / runtime.name
        python = folder / "bin" / "python"
        if not (folder / "ready").exists():
            found = next(filter(None, map(_working, runtime.pythons)), None) if runtime.pythons else sys.executable
            if found is None:
                raise RuntimeFailure(f"needs one of {', '.join(runtime.pythons)}")
            shutil.rmtree(folder, ignore_errors=True)
            _call([found, "-m", "venv", str(folder)])
            _call([str(python), "-m", "pip", "install", "--quiet", *runtime.packages])
            (folder / "ready").touch()
        return str(python)

    def model(self, runtime: Runtime, bundle: Path) -> Path:
        """The file that `runtime` reads, converted where it has to be.

        Raises:
            RuntimeFailure: the conversion failed.
        """
        if runtime.reads == "tflite":
            return bundle
        modules = self._cache / "tf2onnx"
        if not (modules / "tf2onnx").exists():
            # Without what they depend on: the converter runs in our own environment, which has it, TensorFlow first of all.
            _call(
                [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(modules), *_CONVERTER]
            )
        # Named after the content: a bundle exported anew under the same name is another model.
        digest = hashlib.sha256(bundle.read_bytes()).hexdigest()[:12]
        converted = self._cache / f"{bundle.stem}-{digest}.onnx"
        if converted.exists():
            return converted
        partial = self._cache / "partial.onnx"
        command = [sys.executable, "-m", "tf2onnx.convert", "--tflite", str(bundle), "--output", str(partial)]
        _call([*command, "--opset", "17"], PYTHONPATH=str(modules))
        return partial.replace(converted)

    def time(
        self, runtime: Runtime, model: Path, threads: int, frames: Sequence[Pixels]
    ) -> tuple[Timed, NDArray[np.generic]]:
        """One pass over `frames`: how long each took, and the outputs (frames, labels).

        Raises:
            RuntimeFailure: the runtime refuses the model, or died.
        """
        taken, given = self._cache / "frames.npy", self._cache / "outputs.npy"
        np.save(taken, np.stack(frames))
        # Isolated (-I): the folder of the worker, which is ours, must not lend the runtime any modules.
        command = [self.python(runtime), "-I", str(_WORKER), runtime.name, str(model), str(threads)]
        said = _call([*command, str(taken), str(given)])
        return msgspec.json.decode(said.splitlines()[-1], type=Timed), np.load(given)


def _working(python: str) -> str | None:
    path = shutil.which(python)
    runs = path and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0  # noqa: S603
    return path if runs else None


def _call(command: Sequence[str], **environ: str) -> str:
    done = subprocess.run(  # noqa: S603 - commands of this module, no shell
        command, capture_output=True, text=True, errors="replace", check=False, env={**os.environ, **environ}
    )
    if done.returncode:
        # pip and the runtimes end with a line of their own; OpenCV's last is empty, pip's may be a notice.
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip() and "notice" not in line]
        raise RuntimeFailure(lines[-1][:200] if lines else f"ended with {done.returncode}")
    return done.stdout
