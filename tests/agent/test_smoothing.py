from hypothesis import given
from hypothesis import strategies as st

from agent.smoothing import Rules, Smoother, decide_once
from agent.values import DecisionKind, Prediction, Scored

LABELS = ("jeans", "other", "sarees", "trousers")
RULES = Rules(threshold=0.6, rejects=frozenset({"other"}), window=5, agree=3, stale_s=5.0)


def prediction(**scores: float) -> Prediction:
    return Prediction(tuple(Scored(label, scores.get(label, 0.0)) for label in LABELS))


def test_a_label_is_a_candidate_until_enough_pictures_agree() -> None:
    smoother = Smoother(RULES)
    kinds = [smoother.add(prediction(jeans=0.9, trousers=0.1), at_s).kind for at_s in (0.0, 0.1, 0.2)]
    assert kinds == [DecisionKind.CANDIDATE, DecisionKind.CANDIDATE, DecisionKind.CONFIRMED]


def test_one_wrong_picture_does_not_flip_the_answer() -> None:
    smoother = Smoother(RULES)
    for tick in range(5):
        smoother.add(prediction(jeans=0.9, trousers=0.1), tick / 10)
    decision = smoother.add(prediction(trousers=0.9, jeans=0.1), 0.5)
    assert (decision.kind, decision.label, decision.agree) == (DecisionKind.CONFIRMED, "jeans", 4)


def test_a_rejected_label_is_never_the_answer() -> None:
    decision = decide_once(prediction(other=0.7, jeans=0.3), RULES)
    assert (decision.kind, decision.label) == (DecisionKind.UNKNOWN, "jeans")
    assert decision.top_k[0].label == "other"


def test_the_margin_is_the_lead_over_the_next_known_label() -> None:
    decision = decide_once(prediction(jeans=0.6, trousers=0.15, other=0.25), RULES)
    assert abs(decision.margin - 0.45) < 1e-9


def test_silence_makes_the_decision_stale_once() -> None:
    smoother = Smoother(RULES)
    smoother.add(prediction(jeans=1.0), 10.0)
    assert smoother.silent(14.9) is None
    stale = smoother.silent(15.1)
    assert stale is not None
    assert stale.kind is DecisionKind.STALE
    assert smoother.silent(16.0) is None


def test_pictures_from_before_a_long_gap_do_not_vote() -> None:
    smoother = Smoother(RULES)
    for tick in range(5):
        smoother.add(prediction(jeans=1.0), tick / 10)
    decision = smoother.add(prediction(sarees=1.0), 60.0)
    assert (decision.label, decision.window) == ("sarees", 1)


@given(st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4), min_size=1, max_size=30))
def test_a_confirmed_answer_is_known_and_over_the_threshold_whatever_comes(rows: list[list[float]]) -> None:
    smoother = Smoother(RULES)
    for tick, row in enumerate(rows):
        decision = smoother.add(Prediction(tuple(map(Scored, LABELS, row))), tick / 10)
        assert decision.label != "other"
        assert (decision.kind is DecisionKind.UNKNOWN) == (decision.score < RULES.threshold)
        assert decision.agree <= decision.window <= RULES.window
