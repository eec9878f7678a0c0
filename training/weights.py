"""Weight files: each layer's arrays are checked by name and shape, so that a wrong file is told from the first bad layer."""

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import h5py
import keras
import numpy as np
from numpy.typing import NDArray

from training.errors import WeightsError

Arrays = list[NDArray[np.floating]]


def load_weights(network: keras.Model, file: Path) -> None:
    """Loads a `.npz` of `<layer>/<weight>` arrays, or an `.h5` as Keras downloads and saves them.

    Raises:
        WeightsError: the file is missing or damaged, or its layers are not the network's; names the first that differs.
    """
    if not file.is_file():
        raise WeightsError(f"{file}: no such weights file; give imagenet, none, or an .npz or .h5 file")
    try:
        if file.suffix == ".npz":
            with np.load(file) as arrays:
                found = {layer.name: _of_npz(layer, arrays) for layer in _weighted(network)}
        else:
            with h5py.File(file) as archive:
                found = _of_h5(network, archive)
    except WeightsError as error:
        raise WeightsError(f"{file}: does not fit {network.name}: {error.message}") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise WeightsError(f"{file}: cannot be read as weights of {network.name}: {error}") from error
    for layer in _weighted(network):
        layer.set_weights(found[layer.name])


def _weighted(network: keras.Model) -> Iterator[keras.layers.Layer]:
    return (layer for layer in network.layers if layer.weights)


def _of_npz(layer: keras.layers.Layer, arrays: Mapping[str, NDArray[np.floating]]) -> Arrays:
    names = [f"{layer.name}/{weight.name}" for weight in layer.weights]
    missing = [name for name in names if name not in arrays]
    if missing:
        raise WeightsError(f"it holds no array {missing[0]}")
    return _fitting(layer, [arrays[name] for name in names], layer.name)


def _of_h5(network: keras.Model, archive: h5py.File) -> dict[str, Arrays]:
    """The arrays of every layer, by the order in which both hold their layers."""
    layers = list(_weighted(network))
    stored = _counted(network, archive["layers"]) if "layers" in archive else _ordered(archive)
    found: dict[str, Arrays] = {}
    for place, layer in enumerate(layers):
        if place >= len(stored):
            raise WeightsError(f"it ends after {len(stored)} layers, before {layer.name}")
        name, arrays = stored[place]
        found[layer.name] = _fitting(layer, arrays, name)
    if len(stored) > len(layers):
        raise WeightsError(f"it goes on with layer {stored[len(layers)][0]}, which the network does not have")
    return found


def _counted(network: keras.Model, root: h5py.Group) -> list[tuple[str, Arrays]]:
    """Name and arrays of each layer that Keras 3 stored (`.weights.h5`): it names them by their class and counts these."""
    counts: Counter[str] = Counter()
    found = []
    for layer in network.layers:
        kind = type(layer).__name__
        stem = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()
        name = f"{stem}_{counts[kind]}" if counts[kind] else stem
        counts[kind] += 1
        if layer.weights:
            held = root[name]["vars"] if name in root else {}
            found.append((name, [held[key][()] for key in sorted(held, key=int)]))
    return found


def _ordered(archive: h5py.File) -> list[tuple[str, Arrays]]:
    """Name and arrays of each layer with any that Keras stored before, as in the files that it downloads."""
    root = archive.get("model_weights", archive)
    names = [_text(name) for name in root.attrs["layer_names"]]
    stored = [(name, [root[name][_text(key)][()] for key in root[name].attrs["weight_names"]]) for name in names]
    return [(name, arrays) for name, arrays in stored if arrays]


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _fitting(layer: keras.layers.Layer, arrays: Arrays, name: str) -> Arrays:
    wanted = [tuple(weight.shape) for weight in layer.weights]
    found = [array.shape for array in arrays]
    if wanted != found:
        said = ", ".join(map(str, found)) or "nothing"
        raise WeightsError(f"layer {layer.name} wants shapes {', '.join(map(str, wanted))}, but {name} holds {said}")
    return arrays
