from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from training.backbone import backbone_named
from training.errors import WeightsError
from training.weights import load_weights

Writer = Callable[[keras.Model, Path], Path]


def network(middle: int = 4) -> keras.Model:
    pixels = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(2, 3, name="block1_conv1")(pixels)
    x = keras.layers.BatchNormalization(name="block1_bn")(x)
    x = keras.layers.Conv2D(middle, 3, name="block1_conv2")(x)
    return keras.Model(pixels, keras.layers.Conv2D(2, 1, name="block1_conv3")(x), name="tiny")


def arrays_of(model: keras.Model) -> dict[str, np.ndarray]:
    return {f"{layer.name}/{weight.name}": weight.numpy() for layer in model.layers for weight in layer.weights}


def as_npz(model: keras.Model, file: Path) -> Path:
    np.savez(file, allow_pickle=False, **arrays_of(model))
    return file


def as_keras3(model: keras.Model, file: Path) -> Path:
    model.save_weights(file)
    return file


def as_download(model: keras.Model, file: Path) -> Path:
    """The layout of the files that Keras downloads."""
    with h5py.File(file, "w") as archive:
        archive.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = archive.create_group(layer.name)
            group.attrs["weight_names"] = [f"{layer.name}/{weight.name}:0".encode() for weight in layer.weights]
            for weight in layer.weights:
                group[f"{layer.name}/{weight.name}:0"] = weight.numpy()
    return file


WAYS = [(as_npz, "w.npz"), (as_keras3, "w.weights.h5"), (as_download, "w.h5")]


@pytest.mark.parametrize(("write", "name"), WAYS)
def test_weights_come_back_from_every_kind_of_file(tmp_path: Path, write: Writer, name: str) -> None:
    there, here = network(), network()
    load_weights(here, write(there, tmp_path / name))
    assert all(np.array_equal(array, arrays_of(there)[key]) for key, array in arrays_of(here).items())


@pytest.mark.parametrize(("write", "name"), WAYS)
def test_a_file_of_another_network_names_the_first_layer_that_does_not_fit(
    tmp_path: Path, write: Writer, name: str
) -> None:
    with pytest.raises(WeightsError, match=r"layer block1_conv2 wants shapes \(3, 3, 2, 4\).*holds \(3, 3, 2, 5\)"):
        load_weights(network(), write(network(middle=5), tmp_path / name))


@pytest.mark.parametrize(("write", "name"), WAYS)
def test_a_file_that_does_not_fit_leaves_the_network_as_it_was(tmp_path: Path, write: Writer, name: str) -> None:
    here = network()
    before = arrays_of(here)
    with pytest.raises(WeightsError):
        load_weights(here, write(network(middle=5), tmp_path / name))
    assert all(np.array_equal(array, before[key]) for key, array in arrays_of(here).items())


def test_a_file_with_too_few_or_too_many_layers_says_where_they_part(tmp_path: Path) -> None:
    longer = network()
    shorter = keras.Model(longer.input, longer.get_layer("block1_conv2").output)
    with pytest.raises(WeightsError, match="ends after 3 layers, before block1_conv3"):
        load_weights(network(), as_download(shorter, tmp_path / "short.h5"))
    with pytest.raises(WeightsError, match="goes on with layer block1_conv3"):
        load_weights(shorter, as_download(longer, tmp_path / "long.h5"))
    with pytest.raises(WeightsError, match="no array block1_conv3/kernel"):
        load_weights(network(), as_npz(shorter, tmp_path / "short.npz"))


@pytest.mark.parametrize("name", ["w.npz", "w.h5"])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not weights")
    with pytest.raises(WeightsError, match="cannot be read as weights") as caught:
        load_weights(network(), tmp_path / name)
    assert caught.value.exit_code == 3


def test_vgg16_given_the_weights_of_vgg19_says_where_they_part(tmp_path: Path) -> None:
    def build(name: str, weights: str) -> keras.Model:
        return backbone_named(name).build(keras.Input((32, 32, 3)), weights)

    as_download(build("vgg19", "none"), tmp_path / "vgg19.h5")
    with pytest.raises(WeightsError, match=r"does not fit vgg16: layer block4_conv1 wants .*block3_conv4 holds"):
        build("vgg16", str(tmp_path / "vgg19.h5"))
