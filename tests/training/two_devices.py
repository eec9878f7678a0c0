"""Fits the recipe of `test_distribution` on two devices that TensorFlow makes of this CPU, and saves the weights.

    python -m tests.training.two_devices PHOTOS RECIPE.toml CACHE WEIGHTS.npz

A process of its own, because devices can be made only before TensorFlow has begun.
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

from tests.training.drawn import CountedProgress
from training.distribution import Replicas
from training.fitting import Job, fit
from training.photos import read_photos
from training.recipe import read_recipe


def main() -> None:
    """Fits once."""
    photos, recipe, cache, weights = sys.argv[1:]
    half = tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [half, half])
    replicas = Replicas(strategy=tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
    read = read_photos([Path(photos)])
    outcome = fit(Job(read, read_recipe(recipe), "vgg16", "none", Path(cache), None, replicas), CountedProgress())
    np.savez(weights, *outcome.model.get_weights())


if __name__ == "__main__":
    main()
