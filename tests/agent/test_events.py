from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent.events import EventTracker
from agent.values import Decision, DecisionKind, EventPhase

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def decision(kind: DecisionKind, label: str = "jeans", score: float = 0.9) -> Decision:
    return Decision(kind, label, score, 0.5, (), 5, 5)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_garment_comes_stays_and_goes() -> None:
    tracker = EventTracker("s-cam-all", update_s=10)
    (new,) = tracker.add(decision(DecisionKind.CONFIRMED), at(0))
    assert tracker.add(decision(DecisionKind.CONFIRMED), at(9)) == []
    (update,) = tracker.add(decision(DecisionKind.CONFIRMED, score=0.95), at(10))
    (end,) = tracker.add(decision(DecisionKind.UNKNOWN), at(12))
    assert [new.phase, update.phase, end.phase] == [EventPhase.NEW, EventPhase.UPDATE, EventPhase.END]
    assert new.id == update.id == end.id == "s-cam-all-1"
    assert (end.started, end.ended, end.score) == (at(0), at(12), 0.95)


def test_another_garment_ends_the_first() -> None:
    tracker = EventTracker("s", update_s=10)
    tracker.add(decision(DecisionKind.CONFIRMED, "jeans"), at(0))
    events = tracker.add(decision(DecisionKind.CONFIRMED, "sarees"), at(3))
    assert [(event.phase, event.label) for event in events] == [(EventPhase.END, "jeans"), (EventPhase.NEW, "sarees")]


def test_a_candidate_changes_nothing() -> None:
    tracker = EventTracker("s", update_s=10)
    tracker.add(decision(DecisionKind.CONFIRMED, "jeans"), at(0))
    assert tracker.add(decision(DecisionKind.CANDIDATE, "trousers"), at(1)) == []


def test_stopping_ends_what_runs_and_only_that() -> None:
    tracker = EventTracker("s", update_s=10)
    assert tracker.finish(at(0)) == []
    tracker.add(decision(DecisionKind.CONFIRMED), at(0))
    assert [event.phase for event in tracker.finish(at(1))] == [EventPhase.END]


@given(st.lists(st.tuples(st.sampled_from(DecisionKind), st.sampled_from(["jeans", "sarees"])), max_size=40))
def test_every_event_begins_once_and_ends_at_most_once_before_the_next(steps: list[tuple[DecisionKind, str]]) -> None:
    tracker = EventTracker("s", update_s=0.5)
    running = None
    for second, (kind, label) in enumerate(steps):
        for event in tracker.add(decision(kind, label), at(second)):
            if event.phase is EventPhase.NEW:
                assert running is None
                running = event.id
            else:
                assert event.id == running
                running = None if event.phase is EventPhase.END else running
