import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.broker_url import parse_broker_url
from agent.errors import ConfigError
from agent.topics import Topics, check_id


def test_topics_follow_the_map() -> None:
    topics = Topics("pune-1", "till-3")
    assert topics.state == "vastra/v1/pune-1/till-3/state"
    assert topics.event("door", "all") == "vastra/v1/pune-1/till-3/camera/door/all/event"


@pytest.mark.parametrize("bad", ["", "a/b", "a+b", "a#", "Till 3", "x" * 65, "ä"])
def test_an_id_that_would_break_a_topic_is_refused(bad: str) -> None:
    with pytest.raises(ConfigError, match="for example"):
        Topics("shop", bad)


@given(st.text())
def test_whatever_is_suggested_is_itself_an_id(text: str) -> None:
    try:
        assert check_id(text, "device") == text
    except ConfigError as error:
        suggestion = error.message.rsplit("'", 2)[1]
        assert check_id(suggestion, "device") == suggestion


def test_a_broker_url_has_its_parts() -> None:
    url = parse_broker_url("mqtts://till:s%40crt@broker.local")
    assert (url.host, url.port, url.tls, url.username) == ("broker.local", 8883, True, "till")
    assert url.password is not None
    assert url.password.reveal() == "s@crt"
    assert "crt" not in f"{url} {url!r}"


@pytest.mark.parametrize(
    "bad", ["broker.local", "http://broker", "mqtt://", "mqtt://h:port", "mqtt://user:hunter2@h:99999", "mqtt://h/path"]
)
def test_a_wrong_broker_url_is_refused_without_its_password(bad: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_broker_url(bad)
    assert "hunter2" not in caught.value.message
