"""What a bundle costs to run: latency and peak memory, each taken in a process of its own that runs nothing else."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import msgspec
import numpy as np

from agent.adapters.litert_classifier import LiteRtClassifier
from agent.bundle import Bundle, read_bundle, write_bundle
from agent.latency import Latencies
from agent.messages import Percentiles
from export.errors import ComparisonError

THREADS = (1, 2)
_WARM_UP = 3  # invocations that page the weights in
_LEAST, _MOST, _SECONDS = 30, 300, 10.0  # invocations: enough for a p95, and a slow form does not take for ever


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """One bundle on `threads` processor threads: `latency_ms` of a picture, over `runs`, and the process's peak memory.

    `peak_mb` counts all that the agent needs to classify: Python, OpenCV, the runtime and the model.
    """

    threads: int
    runs: int
    latency_ms: Percentiles
    peak_mb: float


def costs(bundle: Bundle) -> tuple[Cost, ...]:
    """The bundle's cost on each of `THREADS`.

    Raises:
        ComparisonError: the process that measures died; the message holds its last words.
    """
    with tempfile.TemporaryDirectory(prefix="vastra-footprint-") as folder:
        file = Path(folder) / "model.tflite"
        write_bundle(file, bundle.manifest, bundle.flatbuffer, bundle.golden)
        return tuple(_in_own_process(file, threads) for threads in THREADS)


def measure(path: Path, threads: int) -> Cost:
    """The cost of a bundle in this process; memory is the process's peak, whatever else it has done."""
    bundle = read_bundle(path)
    classifier = LiteRtClassifier(bundle, threads=threads)
    spec = bundle.manifest.input
    picture = np.random.default_rng(0).integers(0, 256, (spec.height, spec.width, 3), np.uint8)
    for _ in range(_WARM_UP):
        classifier.softmax(picture)
    latencies, runs = Latencies(), 0
    end = perf_counter() + _SECONDS
    while runs < _LEAST or (runs < _MOST and perf_counter() < end):
        began = perf_counter()
        classifier.softmax(picture)
        latencies.add("classify", perf_counter() - began)
        runs += 1
    return Cost(threads=threads, runs=runs, latency_ms=latencies.percentiles()["classify"], peak_mb=_peak_mb())


def _in_own_process(bundle: Path, threads: int) -> Cost:
    command = [sys.executable, "-m", "export.footprint", str(bundle), str(threads)]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own module, no shell
    if done.returncode:
        raise ComparisonError(
            f"the exported model cannot be timed: {done.stderr.decode(errors='replace').strip()[-300:]}"
        )
    return msgspec.json.decode(done.stdout, type=Cost)


def _peak_mb() -> float:
    # Not getrusage: its ru_maxrss is handed down by the process that started this one, here one with TensorFlow loaded.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return round(int(found[1]) / 1024, 1) if found else 0.0


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(measure(Path(sys.argv[1]), int(sys.argv[2]))))
