"""What the publisher answers, apart from what the line lets it say (test_line.py)."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import RivalError
from agent.identity import Identity
from agent.messages import AlertMessage, ModelName, StateMessage, encode
from agent.ports import Speech
from agent.publisher import Publisher
from agent.topics import Topics
from agent.values import Incoming, Outgoing
from tests.fakes import ManualClock, RecordingBroker

TOPICS = Topics("shop", "till")
IDENTITY = Identity(TOPICS, "mine", "0", {"door": ("all",)}, ("jeans",), ModelName(name="m", version="1", sha256="0"))


@pytest.fixture
def speech() -> Speech:
    broker = RecordingBroker()
    Publisher(IDENTITY, broker, ManualClock(), heartbeat_s=30.0).start()
    assert broker.speech is not None
    return broker.speech


def told(state: str, session: str, *, retained: bool = False) -> Incoming:
    message = StateMessage(session=session, seq=1, ts=ManualClock().now(), state=state)  # type: ignore[arg-type] # one of three
    return Incoming(TOPICS.state, encode(message), retained)


def states(messages: Sequence[Outgoing]) -> list[str]:
    return [msgspec.json.decode(message.payload, type=StateMessage).state for message in messages]


@pytest.mark.parametrize("session", ["mine", "of my last run"])
def test_a_last_will_that_comes_late_is_answered_with_online(speech: Speech, session: str) -> None:
    speech.greeting()
    assert states(speech.answer(told("offline", session))) == ["online"]


def test_the_echo_of_our_own_words_is_not_answered(speech: Speech) -> None:
    speech.greeting()
    assert speech.answer(told("online", "mine")) == ()
    assert speech.answer(told("online", "mine", retained=True)) == ()


def test_what_the_broker_kept_of_an_earlier_run_is_no_rival(speech: Speech) -> None:
    speech.greeting()
    assert speech.answer(told("online", "of my last run", retained=True)) == ()


def test_a_last_will_of_an_earlier_run_that_came_while_we_were_away_is_no_rival(speech: Speech) -> None:
    speech.greeting()
    speech.answer(told("online", "of my last run", retained=True))
    speech.greeting()
    assert speech.answer(told("offline", "of my last run", retained=True)) == ()


def test_another_session_that_spoke_while_we_were_away_is_a_rival(speech: Speech) -> None:
    speech.greeting()
    speech.greeting()
    with pytest.raises(RivalError):
        speech.answer(told("offline", "another's", retained=True))


def test_another_session_that_comes_online_beside_us_is_a_rival(speech: Speech) -> None:
    speech.greeting()
    with pytest.raises(RivalError):
        speech.answer(told("online", "another's"))


def test_the_protest_tells_a_person_what_to_do_and_the_next_connect_is_a_first_one(speech: Speech) -> None:
    speech.greeting()
    speech.greeting()
    (protest,) = speech.protest()
    alert = msgspec.json.decode(protest.payload, type=AlertMessage)
    assert (protest.topic, alert.severity) == (TOPICS.alert("client-id"), "error")
    assert "Give each its own name" in alert.hint
    speech.greeting()
    assert speech.answer(told("offline", "another's", retained=True)) == ()


@given(st.binary(), st.booleans())
def test_whatever_else_is_written_there_changes_nothing(payload: bytes, retained: bool) -> None:  # noqa: FBT001
    broker = RecordingBroker()
    Publisher(IDENTITY, broker, ManualClock(), heartbeat_s=30.0).start()
    assert broker.speech is not None
    assert broker.speech.answer(Incoming(TOPICS.state, payload, retained)) == ()
