"""Batches of views, drawn by weight and mixed, for Keras to fit on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from training.errors import RecipeError
from training.frozen import ViewKey
from training.photos import Sample
from training.recipe import Schedule

Rows = NDArray[Any]
"""What a model is fed, a row a view: pixels (n, height, width, 3) or activations at the frozen boundary."""
Batch = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Rows (batch, ...) and targets (batch, classes)."""


class ViewSource(Protocol):
    """Where views come from: a cache, or made when asked for."""

    @property
    def count(self) -> int:
        """Different views there are of a photo; 0 where every number makes a new one."""

    def read(self, keys: Sequence[ViewKey]) -> Rows:
        """The views of `keys`, in order."""


@dataclass(frozen=True, slots=True, eq=False)  # eq: holds arrays
class Draw:
    """What an epoch is drawn from: samples, how often each comes (sums to 1), and the target of each view.

    `targets` maps view number -> (samples, classes) float32; a view that it lacks has the target of view 0.
    """

    samples: tuple[Sample, ...]
    weights: NDArray[np.float64]
    targets: dict[int, NDArray[np.float32]]


def one_hot(samples: Sequence[Sample], classes: int, smoothing: float) -> NDArray[np.float32]:
    """Targets of label indices, shape (samples, classes), with `smoothing` spread over all classes (Szegedy et al. 2016)."""
    targets = np.eye(classes, dtype=np.float32)[[sample.label for sample in samples]]
    return targets * np.float32(1 - smoothing) + np.float32(smoothing / classes)


class ViewBatches(keras.utils.PyDataset):
    """One epoch: as many draws as there are samples, each a random view of its sample.

    A batch is (rows float32, targets (batch, classes) float32). It depends on seed, epoch and its number alone, so that
    training that was interrupted goes on with the batches it would have had. Rows of pixels are mirrored with chance
    `flip`, which makes twice as many of a few cached views. Mixup (Zhang et al. 2018) of cached
    activations is manifold mixup (Verma et al. 2019), since the photos are no longer at hand.

    Keras draws the next batches in a thread of its own while TensorFlow trains on this one.
    """

    def __init__(self, views: ViewSource, draw: Draw, schedule: Schedule, *, flip: float = 0.0) -> None:
        super().__init__()
        self._views, self._draw, self._schedule, self._flip = views, draw, schedule, flip
        self.epoch = 0

    def __len__(self) -> int:
        return max(1, len(self._draw.samples) // self._schedule.batch)

    @property
    def _size(self) -> int:
        return min(self._schedule.batch, len(self._draw.samples))

    def __getitem__(self, number: int) -> Batch:
        return self.part(self.epoch, number, (0, 1))

    def check_parts(self, parts: int) -> None:
        """Makes sure that a batch can be cut into so many equal parts.

        Raises:
            RecipeError: it cannot.
        """
        if self._size % (2 * parts):
            raise RecipeError(
                f"{parts} devices cannot share batches of {self._size}: schedule.batch must be a multiple of {2 * parts}"
            )

    def part(self, epoch: int, number: int, which: tuple[int, int]) -> Batch:
        """Part `which`, a number and how many parts there are, of a batch: all parts together hold its rows, once each.

        No part draws, reads or mixes with what belongs to another.
        """
        random = np.random.default_rng([self._schedule.seed, epoch, number])
        batch = self._order(epoch)[number * self._size : (number + 1) * self._size]
        mine = _part_of(len(batch), *which)
        chosen = batch[mine]
        views = random.integers(0, self._views.count or 2**31, len(batch))[mine]
        rows = self._views.read(
            [ViewKey(self._draw.samples[row].sha256, int(view)) for row, view in zip(chosen, views, strict=True)]
        ).astype(np.float32)
        mirrored = random.random(len(batch))[mine] < self._flip
        rows[mirrored] = rows[mirrored, :, ::-1]
        plain = self._draw.targets[0]
        targets = np.stack(
            [self._draw.targets.get(int(view), plain)[row] for row, view in zip(chosen, views, strict=True)]
        )
        return self._mix(rows, targets, random)

    def _order(self, epoch: int) -> NDArray[np.int64]:
        count = len(self._draw.samples)
        random = np.random.default_rng([self._schedule.seed, epoch])
        return random.choice(count, size=count, p=self._draw.weights)

    def _mix(self, rows: NDArray[np.float32], targets: NDArray[np.float32], random: np.random.Generator) -> Batch:
        alpha = self._schedule.mixup
        if alpha == 0:
            return rows, targets
        share = np.float32(random.beta(alpha, alpha))
        return share * rows + (1 - share) * rows[::-1], share * targets + (1 - share) * targets[::-1]


def _part_of(size: int, part: int, parts: int) -> NDArray[np.int64]:
    """Which rows are in a part: as many from the front as, mirrored, from the back, since mixup pairs first with last."""
    if parts == 1:
        return np.arange(size)
    half = size // (2 * parts)
    front = np.arange(part * half, (part + 1) * half)
    return np.concatenate([front, size - 1 - front[::-1]])
