"""Views of photos: what training is fed, made when asked for or computed once and kept."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from agent.fit import Pixels, fit_picture
from training.augment import view_of
from training.batches import Rows
from training.frozen import Activations, FrozenCache, ViewKey, cache_folder, fill_cache
from training.photos import Sample
from training.progress import Progress
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


def frozen_views(root: Path, trunk: keras.Model, maker: ViewMaker, progress: Progress) -> CachedViews:
    """The activations of `trunk` for every view of the recipe; what the cache under `root` lacks is computed now."""
    folder = cache_folder(root, trunk, _made_by(maker.recipe))
    cache = FrozenCache(folder, tuple(trunk.output_shape[1:]), "f16")

    def rows_of(pictures: Pixels) -> Activations:
        return np.asarray(trunk.predict_on_batch(pictures), np.float16)

    _fill(cache, maker, rows_of, progress, "frozen layers")
    return CachedViews(cache, maker.recipe.views.count)


def pixel_views(root: Path, maker: ViewMaker, progress: Progress) -> CachedViews:
    """The pixels of every view of the recipe, for a network of which nothing is frozen: augmentation is done once."""
    spec = maker.recipe.input
    digest = hashlib.sha256(_made_by(maker.recipe).encode()).hexdigest()[:16]
    cache = FrozenCache(root / f"pixels-{digest}", (spec.height, spec.width, 3), "u8")
    _fill(cache, maker, lambda pictures: pictures, progress, "augmented views")
    return CachedViews(cache, maker.recipe.views.count)


def _made_by(recipe: Recipe) -> str:
    return repr((recipe.input, recipe.augment, recipe.views.seed))


def _fill(
    cache: FrozenCache, maker: ViewMaker, rows_of: Callable[[Pixels], Activations], progress: Progress, stage: str
) -> None:
    # All plain views first: validation and a first look need only those.
    keys = [ViewKey(sha256, view) for view in range(maker.recipe.views.count) for sha256 in maker.samples]
    progress.start(stage, len(cache.missing(keys)))
    for added in fill_cache(cache, keys, maker.picture, rows_of):
        progress.advance(added)
