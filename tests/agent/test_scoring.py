from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from agent.messages import ClassificationMessage, ModelName, Window
from agent.scene import Scene
from agent.scoring import Scorer

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SCENE = Scene(7)


def said(
    at_s: float, label: str | None, decision: Literal["confirmed", "candidate", "unknown"]
) -> ClassificationMessage:
    """A decision on a picture taken `at_s` after the start and published 100 ms later."""
    return ClassificationMessage(
        session="s",
        seq=1,
        ts=START + timedelta(seconds=at_s, milliseconds=100),
        camera="c",
        zone="all",
        decision=decision,
        label=label,
        score=0.9,
        margin=0.5,
        top_k=(),
        window=Window(frames=5, agree=5),
        model=ModelName(name="m", version="1", sha256="0"),
        frame_age_ms=100.0,
        latency_ms=70.0,
    )


def show(seconds: int, *, score_every_s: int, knows: bool = True) -> Scorer:
    """A scorer that heard the truth (or always `sarees`) for so long, and was asked for the score now and then."""
    scorer = Scorer(SCENE, START)
    for tenth in range(seconds * 10):
        truth = SCENE.truth_at(tenth / 10) if knows else "sarees"
        known = truth if truth != "other" else None
        scorer.take(said(tenth / 10, known, "confirmed" if known else "unknown"))
        if tenth % (score_every_s * 10) == 0:
            scorer.score(START + timedelta(seconds=tenth / 10))
    return scorer


def test_who_says_what_was_drawn_is_always_right() -> None:
    score = show(60, score_every_s=60).score(START + timedelta(seconds=60))
    assert score.accuracy == 1.0
    assert score.passages == score.passages_right >= 10
    assert score.moments > 100


def test_who_always_says_one_label_is_right_for_that_label_only() -> None:
    score = show(100, score_every_s=100, knows=False).score(START + timedelta(seconds=100))
    assert score.passages_right == score.passages / 4
    assert score.accuracy == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("knows", [True, False])
def test_asking_often_changes_nothing(knows: bool) -> None:  # noqa: FBT001 - a parametrised case
    until = START + timedelta(seconds=90)
    often, once = show(90, score_every_s=1, knows=knows), show(90, score_every_s=90, knows=knows)
    assert often.score(until) == once.score(until)


def test_what_is_remembered_does_not_grow_with_the_show() -> None:
    scorer = show(120, score_every_s=1)
    assert len(scorer._said) < 130


def test_nothing_said_is_right_only_while_there_is_nothing_to_say() -> None:
    score = Scorer(SCENE, START).score(START + timedelta(seconds=100))
    assert score.passages_right == score.passages / 4


def test_a_candidate_is_not_an_answer() -> None:
    scorer = Scorer(SCENE, START)
    first = SCENE.passage_at(0.0).label
    scorer.take(said(0.0, first, "candidate"))
    score = scorer.score(START + timedelta(seconds=3))
    assert score.moments > 0
    assert score.right == (score.moments if first == "other" else 0)
