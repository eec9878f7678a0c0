from pathlib import Path

import msgspec
import numpy as np
import pytest

from agent.fit import InputSpec
from training.fitting import Job, Outcome, fit
from training.photos import read_photos
from training.recipe import Augment, Network, Recipe, Schedule, Validation, Views

RECIPE = Recipe(
    summary="tiny",
    input=InputSpec(height=32, width=32),
    network=Network(boundary=4),
    schedule=Schedule(epochs=2, batch=8, learning_rate=1e-4, probe_epochs=3, mixup=0.2, label_smoothing=0.05),
    augment=Augment(flip=0.5, noise=0.5),
    views=Views(count=2, seed=1),
    validation=Validation(folds=2),
)


class Counting:
    """Progress that remembers its stages, and interrupts the one named, after some steps."""

    def __init__(self, interrupt: str = "", after: int = 0) -> None:
        self.stages: dict[str, int] = {}
        self.steps: dict[str, int] = {}
        self._interrupt, self._after, self._stage = interrupt, after, ""

    def start(self, stage: str, total: int) -> None:
        self._stage = stage
        self.stages[stage] = total
        self.steps[stage] = 0

    def advance(self, steps: int, note: str = "") -> None:
        del note
        self.steps[self._stage] += steps
        if self._interrupt in self._stage and self._interrupt and self.steps[self._stage] >= self._after:
            raise KeyboardInterrupt


def job(dataset: Path, cache: Path, recipe: Recipe = RECIPE) -> Job:
    photos = read_photos([dataset])
    return Job(photos, recipe, "vgg16", "none", cache, test=photos)


def weights(outcome: Outcome) -> list[np.ndarray]:
    return [np.asarray(weight) for weight in outcome.model.get_weights()]


def test_every_photo_is_scored_by_a_model_that_did_not_see_it(dataset: Path, tmp_path: Path) -> None:
    outcome = fit(job(dataset, tmp_path / "cache"), Counting())
    assert len(outcome.validation) == 32
    assert np.allclose(outcome.validation_scores.sum(axis=1), 1, atol=1e-3)
    assert {row.stage for row in outcome.history} == {"fold 1 of 2", "fold 2 of 2", "all sites"}
    assert outcome.unaware is not None
    assert 0 < outcome.fitted.threshold < 1


def test_an_interrupted_fit_goes_on_where_it_was_and_ends_the_same(dataset: Path, tmp_path: Path) -> None:
    undisturbed = fit(job(dataset, tmp_path / "one"), Counting())
    with pytest.raises(KeyboardInterrupt):
        fit(job(dataset, tmp_path / "two"), Counting("frozen layers", after=32))
    with pytest.raises(KeyboardInterrupt):
        fit(job(dataset, tmp_path / "two"), Counting("fold 2", after=3))
    again = Counting()
    resumed = fit(job(dataset, tmp_path / "two"), again)
    assert again.stages["frozen layers"] == 0
    assert "training (fold 1 of 2)" not in again.stages
    for one, two in zip(weights(undisturbed), weights(resumed), strict=True):
        assert np.allclose(one, two, atol=1e-4)
    assert [row.epoch for row in resumed.history] == [row.epoch for row in undisturbed.history]


def test_a_second_fit_on_the_same_photos_computes_nothing_frozen_again(dataset: Path, tmp_path: Path) -> None:
    fit(job(dataset, tmp_path / "cache"), Counting())
    other_head = msgspec.structs.replace(RECIPE, network=Network(boundary=4, head="flatten"))
    second = Counting()
    fit(job(dataset, tmp_path / "cache", other_head), second)
    assert second.stages["frozen layers"] == 0


def test_without_folds_and_cache_it_is_plain_keras_with_the_test_set_watched(dataset: Path, tmp_path: Path) -> None:
    plain = msgspec.structs.replace(
        RECIPE,
        network=Network(boundary=5, head="flatten", preprocessing="rescale"),
        views=Views(count=0),
        validation=Validation(folds=0, each_epoch=True),
        schedule=Schedule(epochs=2, batch=8, decay="constant"),
    )
    progress = Counting()
    outcome = fit(job(dataset, tmp_path / "cache", plain), progress)
    assert [row.epoch for row in outcome.history] == [1, 2]
    assert all(row.val_loss is not None and row.val_accuracy is not None for row in outcome.history)
    assert not outcome.validation
    assert "frozen layers" not in progress.stages
    convolutions = [layer for layer in outcome.model.layers if layer.name.startswith("block")]
    assert convolutions
