"""Views of photos: what training is fed, made when asked for or computed once and kept."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from agent.fit import Pixels, fit_picture
from training.augment import view_of
from training.batches import Rows
from training.frozen import FrozenCache, ViewKey
from training.photos import Sample
from training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class ViewMaker:
    """Makes any view of the photos it knows; view 0 is the photo as it is. The same key, the same pixels."""

    samples: Mapping[str, Sample]
    recipe: Recipe

    def picture(self, key: ViewKey) -> Pixels:
        """The view fitted to the model's input: uint8 (height, width, 3)."""
        photo = self.samples[key.sha256].load()
        if key.view == 0:
            return fit_picture(photo, self.recipe.input)
        seed = [self.recipe.views.seed, key.view, int(key.sha256[:15], 16)]
        return view_of(photo, self.recipe.input, self.recipe.augment, np.random.default_rng(seed))


class FreshViews:
    """Views made when they are asked for, by two threads: every view number gives another."""

    count = 0

    def __init__(self, maker: ViewMaker) -> None:
        self._maker = maker
        self._workers = ThreadPoolExecutor(max_workers=2)

    def read(self, keys: Sequence[ViewKey]) -> Rows:
        """Pixels, uint8 (len(keys), height, width, 3)."""
        return np.stack(list(self._workers.map(self._maker.picture, keys)))


@dataclass(frozen=True, slots=True)
class CachedViews:
    """The first `count` views of every photo, as the cache holds them."""

    cache: FrozenCache
    count: int

    def read(self, keys: Sequence[ViewKey]) -> Rows:
        """Activations at the frozen boundary, or pixels where nothing is frozen."""
        return self.cache.read(keys)
