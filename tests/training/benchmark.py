"""What 25 epochs of the report's recipe cost through Keras's plain `fit`, against a finished run of another recipe.

    python -m tests.training.benchmark data/train --weights vgg16.npz --run runs/default

One epoch's rate is measured on a sample of the photos, in float32 as the report computed, and scaled to 25 epochs of
all of them: every epoch runs the frozen base on new views, so that all cost the same.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from training.batches import Draw, ViewBatches, one_hot
from training.model import build_classifier
from training.photos import read_photos
from training.recipe import read_recipe
from training.run import read_card
from training.sites import balance
from training.views import FreshViews, ViewMaker


def main() -> None:
    """Prints both times, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, nargs="+")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--run", type=Path, required=True, help="the finished run to compare with")
    parser.add_argument("--sample", type=int, default=256, help="photos of the epoch that is timed")
    arguments = parser.parse_args()

    card = read_card(arguments.run)
    photos = read_photos(arguments.dataset)
    rate = plain_rate(photos.samples, len(photos.labels), arguments.weights, arguments.sample)
    plain = 25 * len(photos.samples) / rate
    sys.stdout.write(
        f"report through plain fit: {rate:.1f} photos/s, {plain / 60:.0f} min for 25 epochs of {len(photos.samples)}\n"
    )
    sys.stdout.write(f"{card.recipe.summary}: {card.seconds / 60:.0f} min\n")
    sys.stdout.write(f"ratio {plain / card.seconds:.1f}\n")


def plain_rate(samples: tuple, classes: int, weights: str, count: int) -> float:
    """Photos a second of an epoch of the report's recipe, in float32, after one batch of warming up."""
    recipe = read_recipe("report")
    some = tuple(samples[row] for row in np.random.default_rng(1).permutation(len(samples))[:count])
    maker = ViewMaker({sample.sha256: sample for sample in some}, recipe)
    draw = Draw(some, balance(some, 0.0), {0: one_hot(some, classes, 0.0)})
    model = build_classifier("vgg16", recipe.network, recipe.input, classes, weights=weights)
    for layer in model.layers:
        layer.trainable = layer.name == "logits"
    model.compile("adam", loss="categorical_crossentropy", metrics=["accuracy"])
    batches = ViewBatches(FreshViews(maker), draw, recipe.schedule)
    model.train_on_batch(*batches[0])
    began = time.monotonic()
    model.fit(batches, epochs=1, verbose=0)
    return len(batches) * recipe.schedule.batch / (time.monotonic() - began)


if __name__ == "__main__":
    main()
