from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.scene import BOX_HEIGHT, BOX_WIDTH, GAP_S, LABELS, TRAVEL_S, Scene, dice

SEEDS = st.integers(min_value=0, max_value=2**32)
MOMENTS = st.floats(min_value=0, max_value=7 * 24 * 3600)


@given(SEEDS, MOMENTS)
def test_the_same_seed_shows_the_same_garment_at_the_same_place(seed: int, at_s: float) -> None:
    assert Scene(seed).view_at(at_s) == Scene(seed).view_at(at_s)


def test_the_dice_roll_the_same_on_every_python() -> None:
    assert [dice("place", 7, 3).randrange(1000) for _ in range(2)] == [302] * 2


def test_different_seeds_give_different_shows() -> None:
    shows = {tuple(Scene(seed).passage(index).garment for index in range(4)) for seed in range(20)}
    assert len(shows) == 20


@given(SEEDS, st.integers(min_value=0, max_value=1000))
def test_every_round_of_four_passages_shows_each_label_once(seed: int, number: int) -> None:
    labels = [Scene(seed).passage(4 * number + place).label for place in range(4)]
    assert Counter(labels) == dict.fromkeys(LABELS, 1)


def test_rounds_do_not_all_have_the_same_order() -> None:
    rounds = {tuple(Scene(1).passage(4 * number + place).label for place in range(4)) for number in range(30)}
    assert len(rounds) > 5


@given(SEEDS, st.integers(min_value=0, max_value=100_000))
def test_a_passage_lasts_four_to_six_seconds_and_the_next_follows_at_once(seed: int, index: int) -> None:
    passage, following = Scene(seed).passage(index), Scene(seed).passage(index + 1)
    assert 4.0 <= passage.ends_s - passage.starts_s <= 6.0
    assert following.starts_s == passage.ends_s


@given(SEEDS, MOMENTS)
def test_the_passage_at_a_moment_is_the_one_that_runs_then(seed: int, at_s: float) -> None:
    passage = Scene(seed).passage_at(at_s)
    assert passage.starts_s <= at_s < passage.ends_s


@given(SEEDS, MOMENTS)
def test_the_truth_is_the_label_while_settled_and_nothing_otherwise(seed: int, at_s: float) -> None:
    scene = Scene(seed)
    view = scene.view_at(at_s)
    assert scene.truth_at(at_s) == (view.passage.label if view.settled else None)


@given(SEEDS, MOMENTS)
def test_a_settled_garment_has_its_whole_box_inside_the_picture(seed: int, at_s: float) -> None:
    view = Scene(seed).view_at(at_s)
    if view.settled:
        assert view.present
        assert BOX_WIDTH / 2 <= view.x <= 1 - BOX_WIDTH / 2
        assert BOX_HEIGHT / 2 <= view.y <= 1 - BOX_HEIGHT / 2


@given(SEEDS, st.integers(min_value=0, max_value=1000), st.floats(min_value=0.01, max_value=0.99))
def test_a_passage_ends_with_an_empty_gap(seed: int, index: int, share: float) -> None:
    scene = Scene(seed)
    view = scene.view_at(scene.passage(index).ends_s - GAP_S * share)
    assert not view.present
    assert not view.settled


@given(SEEDS, st.integers(min_value=0, max_value=1000))
def test_a_garment_is_settled_for_at_least_half_of_its_passage_without_the_gap(seed: int, index: int) -> None:
    scene = Scene(seed)
    passage = scene.passage(index)
    comes_s, goes_s = passage.starts_s + TRAVEL_S, passage.ends_s - GAP_S - TRAVEL_S
    assert goes_s - comes_s >= (passage.ends_s - passage.starts_s - GAP_S) / 2
    assert scene.truth_at((comes_s + goes_s) / 2) == passage.label


@given(SEEDS, st.integers(min_value=0, max_value=1000))
def test_a_garment_moves_smoothly_and_never_jumps(seed: int, index: int) -> None:
    scene = Scene(seed)
    passage = scene.passage(index)
    moments = [
        passage.starts_s + 0.02 * step for step in range(int((passage.ends_s - GAP_S - passage.starts_s) / 0.02))
    ]
    views = [scene.view_at(at_s) for at_s in moments]
    for before, after in pairwise(views):
        assert abs(after.x - before.x) < 0.06
        assert abs(after.y - before.y) < 0.06
        assert abs(after.tilt_deg - before.tilt_deg) < 0.5


@given(SEEDS, st.integers(min_value=0, max_value=1000))
def test_only_what_hangs_comes_from_above(seed: int, index: int) -> None:
    passage = Scene(seed).passage(index)
    assert passage.entrance != "above" or passage.garment.holding == "hung"


@pytest.mark.parametrize("at_s", [-0.1, float("nan"), float("inf")])
def test_a_moment_before_the_start_or_beyond_all_time_is_refused(at_s: float) -> None:
    with pytest.raises(ValueError, match="from 0 s on"):
        Scene(0).view_at(at_s)
