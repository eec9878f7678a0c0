"""What may be asked over the network, what becomes of it, and that nothing else does any harm."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clerk import Clerk
from agent.deciding import Decider, Rules
from agent.identity import Identity
from agent.messages import ModelName, ResponseMessage
from agent.publisher import Publisher
from agent.requests import REQUESTS, Order, Ping, Refusal, Restart, Snapshot, ThresholdSet, read_request
from agent.topics import Topics
from agent.values import DecisionKind, Incoming, Prediction, Scored
from tests.fakes import FakeNotebook, ManualClock, RecordingBroker

TOPICS = Topics("shop", "till")
IDENTITY = Identity(TOPICS, "s1", "0", {"door": ("all",)}, ("jeans",), ModelName(name="m", version="1", sha256="0"))
RULES = Rules(threshold=0.6, rejects=frozenset(), window=1, agree=1)


def asked(command: str, payload: bytes | str = b"", *, retained: bool = False) -> Incoming:
    content = payload.encode() if isinstance(payload, str) else payload
    return Incoming(f"{TOPICS.base}/request/{command}", content, retained)


class Desk:
    """A publisher and a clerk with one decider; the broker remembers what is sent."""

    def __init__(self, notebook: FakeNotebook | None = None) -> None:
        self.broker = RecordingBroker()
        self.publisher = Publisher(IDENTITY, self.broker, ManualClock(), heartbeat_s=30.0)
        self.publisher.start()
        self.decider = Decider(RULES)
        self.clerk = Clerk(self.publisher, [self.decider], RULES, notebook or FakeNotebook())

    def ask(self, incoming: Incoming) -> ResponseMessage | None:
        """The answer: at once from the network's thread, or after the clerk's next turn."""
        assert self.broker.speech is not None
        said = list(self.broker.speech.answer(incoming))
        before = len(self.broker.sent)
        self.restarts = self.clerk.attend()
        said += [sent for sent in self.broker.sent[before:] if "/response/" in sent.topic]
        assert len(said) <= 1
        if not said:
            return None
        assert not said[0].retain
        assert said[0].topic == incoming.topic.replace("/request/", "/response/")
        return msgspec.json.decode(said[0].payload, type=ResponseMessage)

    def sees(self, score: float) -> DecisionKind:
        return self.decider.add(Prediction((Scored("jeans", score),)), 0.0).kind


def test_a_ping_is_answered_with_its_transaction() -> None:
    answer = Desk().ask(asked("ping", '{"transaction": "7f"}'))
    assert answer is not None
    assert (answer.transaction, answer.ok, answer.reason) == ("7f", True, "")
    assert Desk().ask(asked("ping")) is not None  # an empty payload asks for nothing special


def test_a_threshold_holds_from_the_next_picture_on_and_after_a_restart_until_it_is_taken_back() -> None:
    notebook = FakeNotebook()
    desk = Desk(notebook)
    assert desk.sees(0.5) is DecisionKind.UNKNOWN
    answer = desk.ask(asked("threshold/set", '{"value": 0.4}'))
    assert answer is not None
    assert answer.ok
    assert desk.sees(0.5) is DecisionKind.CONFIRMED
    assert Desk(notebook).sees(0.5) is DecisionKind.CONFIRMED
    desk.ask(asked("threshold/set", '{"value": null}'))
    assert Desk(notebook).sees(0.5) is DecisionKind.UNKNOWN


def test_a_threshold_that_cannot_be_kept_is_not_set_and_the_answer_says_so() -> None:
    desk = Desk(FakeNotebook(fails=True))
    answer = desk.ask(asked("threshold/set", '{"value": 0.4}'))
    assert answer is not None
    assert (answer.ok, answer.reason) == (False, "outbox.db: disk I/O error")
    assert desk.sees(0.5) is DecisionKind.UNKNOWN


def test_a_picture_that_may_not_be_sent_is_refused_with_what_would_allow_it() -> None:
    answer = Desk().ask(asked("snapshot", '{"transaction": "s"}'))
    assert answer is not None
    assert (answer.transaction, answer.ok) == ("s", False)
    assert "[snapshot] enabled = true" in answer.reason


def test_a_restart_is_answered_before_it_happens() -> None:
    desk = Desk()
    answer = desk.ask(asked("restart", '{"transaction": "r"}'))
    assert answer is not None
    assert answer.ok
    assert desk.restarts


@pytest.mark.parametrize(
    ("incoming", "reason"),
    [
        (asked("ping", '{"transaction": "x"}', retained=True), "it is retained; publish requests without retain"),
        (asked("reboot", '{"transaction": "x"}'), "not known; known are ping, snapshot, threshold/set, restart"),
        (asked("ping", '{"trans'), "not JSON"),
        (asked("ping", '{"transaction": 7}'), "Expected `str`, got `int` - at `$.transaction`"),
        (asked("ping", '{"transaction": "x", "colour": 1}'), "Object contains unknown field `colour`"),
        (asked("threshold/set", '{"value": 2}'), "Expected `float` <= 1.0 - at `$.value`"),
        (asked("threshold/set", "{}"), "Object missing required field `value`"),
        (asked("restart", "[" * 5000), "too long: 5000 bytes, at most 4096 are read"),
        (asked("restart", '{"transaction": ' + "[" * 4000), "Expected `str`, got `array` - at `$.transaction`"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(incoming: Incoming, reason: str) -> None:
    desk = Desk()
    answer = desk.ask(incoming)
    assert answer is not None
    assert (answer.ok, answer.reason) == (False, reason)
    assert not desk.restarts


@pytest.mark.parametrize("command", ["", "Ping", "a/b/c", "x" * 50, "ping/", "+", "#"])
def test_what_is_no_request_gets_no_answer(command: str) -> None:
    assert Desk().ask(asked(command)) is None


def test_a_retained_request_that_was_just_deleted_gets_no_answer() -> None:
    assert Desk().ask(asked("ping", b"", retained=True)) is None


def test_more_requests_than_the_line_can_take_are_refused() -> None:
    desk = Desk()
    assert desk.broker.speech is not None
    answers = [desk.broker.speech.answer(asked("ping")) for _ in range(30)]
    assert [len(answer) for answer in answers] == [0] * 20 + [1] * 10


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["transaction", "value"]), inner),
    max_leaves=8,
).map(msgspec.json.encode)


@given(st.sampled_from([*REQUESTS, "none", ""]) | st.text(), st.binary(max_size=5000) | JSON, st.booleans())
def test_whatever_comes_is_an_order_a_refusal_or_nothing(command: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001
    read = read_request(TOPICS, asked(command, payload, retained=retained))
    if isinstance(read, Order):
        assert not retained
        assert isinstance(read.request, Ping | Restart | Snapshot | ThresholdSet)
        if isinstance(read.request, ThresholdSet) and read.request.value is not None:
            assert 0.0 <= read.request.value <= 1.0
    elif isinstance(read, Refusal):
        assert 0 < len(read.reason) <= 200
        assert len(read.transaction) <= 128


def test_a_decider_keeps_its_other_rules_when_the_threshold_changes() -> None:
    decider = Decider(replace(RULES, window=3, agree=3))
    decider.believe_from(0.1)
    kinds = [decider.add(Prediction((Scored("jeans", 0.5),)), tick / 10).kind for tick in range(3)]
    assert kinds[-1] is DecisionKind.CONFIRMED
    assert kinds[0] is DecisionKind.CANDIDATE
