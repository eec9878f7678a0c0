from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from training.batches import Draw, ViewBatches, one_hot
from training.errors import RecipeError
from training.frozen import ViewKey
from training.photos import Sample
from training.recipe import Schedule

SAMPLES = tuple(Sample(Path(f"{n}.jpg"), f"{n:064x}", n % 2, "site") for n in range(16))
EVEN = np.full(16, 1 / 16)


class Numbered:
    """Views whose pixels are their photo's number, but for a bright left column that shows which way round they are."""

    count = 3

    def read(self, keys: Sequence[ViewKey]) -> np.ndarray:
        rows = np.stack([np.full((4, 4, 3), int(key.sha256, 16) + 20 * key.view, np.uint8) for key in keys])
        rows[:, :, 0] = 255
        return rows


def batches(mixup: float = 0.0, flip: float = 0.0, seed: int = 1) -> ViewBatches:
    draw = Draw(SAMPLES, EVEN, {0: one_hot(SAMPLES, 2, 0.1)})
    return ViewBatches(Numbered(), draw, Schedule(epochs=2, batch=8, mixup=mixup, seed=seed), flip=flip)


def test_a_batch_depends_on_its_epoch_and_number_alone() -> None:
    one, again = batches(mixup=0.3), batches(mixup=0.3)
    again.epoch = 1
    later = again[1]
    one.epoch = 1  # the same batch, without those before it
    assert all(np.array_equal(a, b) for a, b in zip(one[1], later, strict=True))
    one.epoch = 0
    assert not np.array_equal(one[1][0], later[0])


def test_targets_follow_their_photo() -> None:
    rows, targets = batches()[0]
    numbers = rows[:, 0, 1, 0] % 20
    assert np.array_equal(targets.argmax(axis=1), numbers % 2)
    assert np.allclose(targets.sum(axis=1), 1)


def test_mixed_rows_have_mixed_targets() -> None:
    rows, targets = batches(mixup=1.0)[0]
    plain, labels = batches()[0]
    assert not np.array_equal(rows, plain)
    share = (targets[0, 0] - labels[-1, 0]) / (labels[0, 0] - labels[-1, 0]) if labels[0, 0] != labels[-1, 0] else None
    if share is not None:
        assert np.allclose(rows[0], share * plain[0] + (1 - share) * plain[-1], atol=1e-3)


def test_pixels_are_mirrored_with_the_chance_asked_for() -> None:
    assert (batches(flip=1.0)[0][0][:, 0, -1, 0] == 255).all()
    assert (batches(flip=0.0)[0][0][:, 0, 0, 0] == 255).all()
    some = batches(flip=0.5)[0][0][:, 0, -1, 0] == 255
    assert 0 < some.sum() < 8


def test_a_view_with_a_target_of_its_own_gets_that() -> None:
    taught = {view: np.full((16, 2), view, np.float32) for view in range(3)}
    draw = Draw(SAMPLES, EVEN, taught)
    rows, targets = ViewBatches(Numbered(), draw, Schedule(epochs=1, batch=8, seed=4))[0]
    assert np.array_equal(targets[:, 0], rows[:, 0, 1, 0] // 20)


def test_the_parts_of_a_batch_hold_its_rows_once_each_mixed_as_they_were() -> None:
    whole = batches(mixup=0.3, flip=0.5)
    rows, targets = whole.part(1, 0, (0, 1))
    parts = [whole.part(1, 0, (number, 2)) for number in range(2)]
    assert [len(part[0]) for part in parts] == [4, 4]
    # As many from the front as from the back: mixup pairs the first row with the last.
    order = [0, 1, 6, 7, 2, 3, 4, 5]
    assert np.array_equal(np.concatenate([part[0] for part in parts]), rows[order])
    assert np.array_equal(np.concatenate([part[1] for part in parts]), targets[order])


def test_a_part_reads_its_own_rows_alone() -> None:
    counted = Counted()
    draw = Draw(SAMPLES, EVEN, {0: one_hot(SAMPLES, 2, 0.1)})
    ViewBatches(counted, draw, Schedule(epochs=1, batch=8, mixup=0.5)).part(0, 1, (3, 4))
    assert counted.rows == 2


class Counted(Numbered):
    rows = 0

    def read(self, keys: Sequence[ViewKey]) -> np.ndarray:
        self.rows += len(keys)
        return super().read(keys)


def test_a_batch_that_cannot_be_shared_evenly_is_refused() -> None:
    batches().check_parts(4)
    with pytest.raises(RecipeError, match=r"3 devices cannot share batches of 8: .* multiple of 6"):
        batches().check_parts(3)
