from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.training.test_fitting import RECIPE, Counting
from training.errors import RunError
from training.model import build_classifier
from training.normalising import folded, put_in
from training.photos import read_photos
from training.pruning import prune
from training.recipe import Network
from training.session import Request, train
from training.vgg import CONVOLUTIONS

WIDTHS = (8, 8, 8, 8, 12, 12, 12, 16, 16, 16, 16, 16, 16)


def network(*widths: int) -> Network:
    return Network(boundary=0, widths=widths)


def counting() -> Counting:
    progress = Counting()
    progress.start("pruning", len(CONVOLUTIONS))
    return progress


def test_pruning_to_the_same_widths_changes_nothing() -> None:
    teacher = build_classifier("vgg16", network(*WIDTHS), RECIPE.input, 4, weights="none")
    same = build_classifier("vgg16", network(*WIDTHS), RECIPE.input, 4, weights="none")
    pictures = np.random.default_rng(1).integers(0, 256, (64, 32, 32, 3)).astype(np.uint8)
    prune(teacher, same, pictures, counting())
    probe = pictures[:8]
    assert np.allclose(teacher.predict_on_batch(probe), same.predict_on_batch(probe), atol=0.02)


def test_a_pruned_network_is_nearer_to_its_teacher_than_a_random_one() -> None:
    teacher = build_classifier("vgg16", network(*WIDTHS), RECIPE.input, 4, weights="none")
    half = network(*(width // 2 for width in WIDTHS))
    pictures = np.random.default_rng(1).integers(0, 256, (64, 32, 32, 3)).astype(np.uint8)
    random = build_classifier("vgg16", half, RECIPE.input, 4, weights="none")
    pruned = build_classifier("vgg16", half, RECIPE.input, 4, weights="none")
    progress = counting()
    prune(teacher, pruned, pictures, progress)
    wanted = teacher.predict_on_batch(pictures)
    assert (
        np.abs(pruned.predict_on_batch(pictures) - wanted).mean()
        < np.abs(random.predict_on_batch(pictures) - wanted).mean()
    )
    assert progress.steps["pruning"] == len(CONVOLUTIONS)


def test_a_slim_run_is_an_ordinary_run_measured_on_sites_that_it_had_not_seen(dataset: Path, tmp_path: Path) -> None:
    teacher = tmp_path / "teacher"
    train(Request((dataset,), None, "vgg16", RECIPE, "none", teacher, tmp_path / "cache"), Counting())
    recipe = msgspec.structs.replace(RECIPE, network=Network(boundary=0, widths=WIDTHS, normalise_from=3))
    request = Request(
        (dataset,), None, "vgg16", recipe, str(teacher), tmp_path / "slim", tmp_path / "cache", teacher=teacher
    )
    card = train(request, Counting())
    assert card.recipe.network.widths == WIDTHS
    assert card.validation is not None
    assert 0 < card.validation.metrics.n < len(read_photos([dataset]).samples)
    assert (tmp_path / "slim" / "model.keras").stat().st_size < (teacher / "model.keras").stat().st_size / 50


def test_other_photos_than_the_teachers_are_refused(dataset: Path, tmp_path: Path) -> None:
    teacher = tmp_path / "teacher"
    train(Request((dataset,), None, "vgg16", RECIPE, "none", teacher, tmp_path / "cache"), Counting())
    next((dataset / "jeans").iterdir()).unlink()
    recipe = msgspec.structs.replace(RECIPE, network=network(*WIDTHS))
    request = Request((dataset,), None, "vgg16", recipe, "", tmp_path / "s", tmp_path / "cache", teacher=teacher)
    with pytest.raises(RunError, match="give the same"):
        train(request, Counting())
    assert not (tmp_path / "s").exists()


def test_normalisation_is_put_in_and_folded_away_without_a_change() -> None:
    plain = build_classifier("vgg16", network(*WIDTHS), RECIPE.input, 4, weights="none")
    normalised = build_classifier(
        "vgg16", Network(boundary=0, widths=WIDTHS, normalise_from=2), RECIPE.input, 4, weights="none"
    )
    again = build_classifier("vgg16", network(*WIDTHS), RECIPE.input, 4, weights="none")
    pictures = np.random.default_rng(1).integers(0, 256, (40, 32, 32, 3)).astype(np.uint8)
    wanted = plain.predict_on_batch(pictures)
    put_in(plain, normalised, pictures)
    assert np.allclose(normalised.predict_on_batch(pictures), wanted, atol=1e-4)
    normalised.get_layer("block2_conv1_norm").set_weights([np.full(8, value) for value in (2.0, 0.5, 0.1, 4.0)])
    changed = normalised.predict_on_batch(pictures)
    folded(normalised, again)
    assert not np.allclose(changed, wanted, atol=1e-4)
    assert np.allclose(again.predict_on_batch(pictures), changed, atol=1e-4)
