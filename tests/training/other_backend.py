"""Fits a head with Keras on another backend, from what TensorFlow left in the cache, and lets TensorFlow open the run.

    pip install jax
    python -m tests.training.other_backend jax

No test of the suite, because each other backend is larger than all else that is installed for it, and TensorFlow's
converter imports jax wherever it is there.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np

from tests.training.drawn import CountedProgress, dataset, recipe
from training.recipe import read_recipe
from training.run import read_card, read_model
from training.session import Request, train


def main() -> None:
    """Prints what both scored, and how far the answers of their models lie apart."""
    backend = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        photos, weights, cache = dataset(root / "photos"), published(root / "vgg16.npz"), root / "cache"
        tiny = recipe(root)
        tiny.write_text(tiny.read_text(encoding="utf-8").replace("epochs = 2", "epochs = 30"), encoding="utf-8")
        own, other = root / "tensorflow", root / backend
        request = Request((photos,), None, "vgg16", read_recipe(str(tiny)), str(weights), own, cache)
        train(request, CountedProgress())
        before = {file: file.stat().st_size for file in cache.glob("*/rows.f16")}

        command = [sys.executable, "-m", "training", "fit", str(photos), "--recipe", str(tiny)]
        command += ["--weights", str(weights), "--out", str(other), "--cache", str(cache)]
        subprocess.run(command, env={**os.environ, "KERAS_BACKEND": backend}, check=True)
        assert {file: file.stat().st_size for file in cache.glob("*/rows.f16")} == before, "frozen layers ran again"

        pictures = np.random.default_rng(1).integers(0, 256, (64, 32, 32, 3)).astype(np.uint8)
        answers = [read_model(run).predict_on_batch(pictures) for run in (own, other)]
        for run in (own, other):
            card = read_card(run)
            assert card.validation is not None
            sys.stdout.write(f"{card.machine}: top-1 {card.validation.metrics.top1:.3f}, {card.seconds:.0f} s\n")
        sys.stdout.write(f"opened by TensorFlow, they differ by {np.abs(answers[0] - answers[1]).max():.4f} at most\n")


def published(file: Path) -> Path:
    """A file of VGG16 weights: random ones differ from backend to backend, and with them the frozen activations."""
    keras.utils.set_random_seed(1)
    network = keras.applications.VGG16(include_top=False, weights=None, input_shape=(32, 32, 3))
    np.savez(file, **{f"{layer.name}/{one.name}": np.asarray(one) for layer in network.layers for one in layer.weights})
    return file


if __name__ == "__main__":
    main()
