"""Channel pruning with reconstruction: a narrow VGG16 that starts as close to a trained one as its widths allow.

He et al. 2017, "Channel Pruning for Accelerating Very Deep Neural Networks", and ThiNet (Luo et al. 2017): layer by layer,
keep the channels that the next layer uses most, then solve by least squares for kernels that give the teacher's outputs
from the narrow network's own inputs, so that each layer repairs what the ones before it lost.
"""

from collections.abc import Iterator, Mapping, Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from training.progress import Progress
from training.vgg import CONVOLUTIONS

Floats = NDArray[np.float32]
Pictures = NDArray[np.uint8]
"""RGB uint8, shape (n, height, width, 3), fitted to both models' input."""
Spots = NDArray[np.int64]
"""Random places (row, column) of a convolution's output, shape (pictures, spots, 2)."""

_BATCH = 16
_SPOTS = 48  # places looked at a picture and layer: with 256 pictures ten times the unknowns of the widest kernel
_RIDGE = 1e-3  # of the mean feature energy: keeps channels that hardly vary from getting huge weights


def prune(teacher: keras.Model, narrow: keras.Model, pictures: Pictures, progress: Progress) -> None:
    """Sets the weights of `narrow` (a VGG16 classifier of fewer channels, same input) from `teacher`'s.

    `pictures` are what both are compared on; some hundreds suffice. `progress` advances by one a convolution.
    """
    spots = {
        name: _spots(teacher.get_layer(name), len(pictures), seed=place) for place, name in enumerate(CONVOLUTIONS)
    }
    wanted = _outputs(teacher, pictures, spots)
    kept: NDArray[np.int64] = np.arange(3)
    for place, name in enumerate(CONVOLUTIONS):
        width = narrow.get_layer(name).filters
        kept = _most_used(np.maximum(wanted[name], 0), _used_by_next(teacher, place), width)
        given = np.concatenate([fed[name] for fed in _patches(narrow, [name], pictures, spots)])
        solved = ridge(given, wanted[name][:, kept])
        narrow.get_layer(name).set_weights([solved[:-1].reshape(3, 3, -1, width), solved[-1]])
        progress.advance(1)
    dense, offset = _arrays(teacher, "logits")
    narrow.get_layer("logits").set_weights([dense[kept], offset])


def _outputs(teacher: keras.Model, pictures: Pictures, spots: Mapping[str, Spots]) -> dict[str, Floats]:
    """What each of the teacher's convolutions gives before its ReLU, at its spots: (rows, channels out)."""
    found: dict[str, list[Floats]] = {name: [] for name in CONVOLUTIONS}
    for fed in _patches(teacher, CONVOLUTIONS, pictures, spots):
        for name, patches in fed.items():
            kernel, bias = _arrays(teacher, name)
            found[name].append(patches @ kernel.reshape(-1, kernel.shape[-1]) + bias)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _arrays(model: keras.Model, name: str) -> tuple[Floats, Floats]:
    kernel, bias = model.get_layer(name).get_weights()
    return np.asarray(kernel, np.float32), np.asarray(bias, np.float32)


def _most_used(activations: Floats, used: Floats, count: int) -> NDArray[np.int64]:
    """The `count` channels whose energy, times how strongly the next layer reads them, is greatest; in order."""
    return np.sort(np.argsort(-np.square(activations).mean(axis=0) * used)[:count])


def _used_by_next(teacher: keras.Model, place: int) -> Floats:
    last = place + 1 == len(CONVOLUTIONS)
    kernel, _ = _arrays(teacher, "logits" if last else CONVOLUTIONS[place + 1])
    channels = kernel.shape[-2]
    used = np.square(kernel.reshape(-1, channels, kernel.shape[-1])).sum(axis=(0, 2))
    return np.asarray(used, np.float32)


def ridge(given: Floats, wanted: Floats) -> Floats:
    """Ridge regression from `given` (rows, n) to `wanted` (rows, m), with the intercept as the last row: (n + 1, m)."""
    rows = np.hstack([given, np.ones((len(given), 1), np.float32)]).astype(np.float64)
    gram = rows.T @ rows
    gram[np.diag_indices(len(gram) - 1)] += _RIDGE * np.trace(gram) / len(gram)
    return np.linalg.solve(gram, rows.T @ wanted).astype(np.float32)


def _spots(layer: keras.layers.Layer, count: int, *, seed: int) -> Spots:
    height, width = layer.output.shape[1:3]
    random = np.random.default_rng(seed)
    return np.stack([random.integers(0, height, (count, _SPOTS)), random.integers(0, width, (count, _SPOTS))], axis=-1)


def _patches(
    model: keras.Model, names: Sequence[str], pictures: Pictures, spots: Mapping[str, Spots]
) -> Iterator[dict[str, Floats]]:
    """The 3x3 neighbourhoods that convolutions see at their spots, (rows, 9 * channels in), a batch of pictures at a time."""
    before = keras.Model(model.input, {name: model.get_layer(name).input for name in names})
    for start in range(0, len(pictures), _BATCH):
        fed = before.predict_on_batch(pictures[start : start + _BATCH])
        yield {name: _around(np.asarray(fed[name], np.float32), spots[name][start : start + _BATCH]) for name in names}


def _around(fed: Floats, spots: Spots) -> Floats:
    padded = np.pad(fed, ((0, 0), (1, 1), (1, 1), (0, 0)))
    row, column = np.moveaxis(spots, -1, 0)
    picture = np.arange(len(fed))[:, np.newaxis]
    around = [padded[picture, row + down, column + right] for down in range(3) for right in range(3)]
    return np.stack(around, axis=2).reshape(-1, 9 * fed.shape[-1])
