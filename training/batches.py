"""Batches of cached activations, drawn by weight and mixed, for Keras to fit the top on."""

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from training.frozen import FrozenCache, ViewKey
from training.photos import Sample
from training.recipe import Recipe


@dataclass(frozen=True, slots=True, eq=False)  # eq: `weights` is an array
class Draw:
    """What an epoch is drawn from: samples, how often each comes (sums to 1), and over how many labels."""

    samples: tuple[Sample, ...]
    weights: NDArray[np.float64]
    classes: int


class ViewBatches(keras.utils.PyDataset):
    """One epoch: as many draws as there are samples, each a random cached view, with smoothed and mixed-up labels.

    A batch is (activations (batch, ...) float32, targets (batch, classes) float32). Mixup (Zhang et al. 2018) is done
    on the activations (manifold mixup, Verma et al. 2019), since the photos are no longer at hand.
    """

    def __init__(self, cache: FrozenCache, draw: Draw, recipe: Recipe, seed: int) -> None:
        super().__init__()
        self._cache, self._draw, self._recipe = cache, draw, recipe
        self._random = np.random.default_rng(seed)
        self._order = self._shuffled()

    def __len__(self) -> int:
        return max(1, len(self._draw.samples) // self._recipe.schedule.batch)

    def __getitem__(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        size = self._recipe.schedule.batch
        chosen = [self._draw.samples[row] for row in self._order[number * size : (number + 1) * size]]
        views = self._random.integers(0, self._recipe.views.count, len(chosen))
        keys = [ViewKey(sample.sha256, int(view)) for sample, view in zip(chosen, views, strict=True)]
        rows = self._cache.read(keys).astype(np.float32)
        smoothing = self._recipe.schedule.label_smoothing
        targets = np.eye(self._draw.classes, dtype=np.float32)[[sample.label for sample in chosen]]
        targets = targets * (1 - smoothing) + smoothing / self._draw.classes
        return self._mix(rows, targets)

    def on_epoch_end(self) -> None:
        """Draws the next epoch anew."""
        self._order = self._shuffled()

    def _shuffled(self) -> NDArray[np.int64]:
        count = len(self._draw.samples)
        return self._random.choice(count, size=count, p=self._draw.weights)

    def _mix(
        self, rows: NDArray[np.float32], targets: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        alpha = self._recipe.schedule.mixup
        if alpha == 0:
            return rows, targets
        share = np.float32(self._random.beta(alpha, alpha))
        return share * rows + (1 - share) * rows[::-1], share * targets + (1 - share) * targets[::-1]
