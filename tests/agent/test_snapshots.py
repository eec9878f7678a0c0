"""Pictures on request: what is sent, how large it may be, and what is said where there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.adapters.opencv_jpeg import encode_jpeg
from agent.errors import CameraError, PictureError
from agent.fit import Pixels, decode_picture
from agent.identity import Identity
from agent.messages import ModelName
from agent.photographer import Photographer
from agent.publisher import Publisher
from agent.topics import Topics
from tests.fakes import ManualClock, RecordingBroker, picture

TOPICS = Topics("shop", "till")
IDENTITY = Identity(TOPICS, "s1", "0", {"door": ("all",)}, ("jeans",), ModelName(name="m", version="1", sha256="0"))


def noise(height: int, width: int) -> Pixels:
    """The picture that JPEG shrinks least."""
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)


def decoded(jpeg: bytes) -> Pixels:
    return decode_picture(np.frombuffer(jpeg, np.uint8), name="jpeg")


def test_a_jpeg_shows_the_same_in_the_same_colours() -> None:
    orange = np.full((48, 64, 3), (250, 120, 10), np.uint8)
    shown = decoded(encode_jpeg(orange, 100_000))
    assert shown.shape == orange.shape
    assert np.abs(shown.astype(int) - orange).max() <= 3


def test_a_large_picture_is_made_smaller_and_keeps_its_shape() -> None:
    assert decoded(encode_jpeg(np.zeros((1440, 2560, 3), np.uint8), 100_000)).shape == (720, 1280, 3)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 900), st.integers(1, 900), st.integers(1_000, 60_000))
def test_no_jpeg_is_larger_than_allowed(height: int, width: int, most_bytes: int) -> None:
    assert len(encode_jpeg(noise(height, width), most_bytes)) <= most_bytes


def test_what_opencv_cannot_encode_is_an_error_of_ours() -> None:
    with pytest.raises(PictureError, match="cannot be made a JPEG"):
        encode_jpeg(np.zeros((8, 8, 7), np.uint8), 100_000)


def shown(camera: str) -> Pixels:
    if camera == "window":
        raise CameraError("the cable is out")
    return picture(200)


def photographer() -> tuple[Photographer, RecordingBroker]:
    broker = RecordingBroker()
    publisher = Publisher(IDENTITY, broker, ManualClock(), heartbeat_s=30.0)
    return Photographer(publisher, ["door", "window"], shown, lambda pixels: pixels[0, 0].tobytes()), broker


def test_the_picture_of_one_camera_is_retained_for_a_day() -> None:
    one, broker = photographer()
    assert one.take("door") is None
    (sent,) = broker.sent
    assert (sent.topic, sent.payload, sent.qos, sent.retain) == (TOPICS.snapshot("door"), b"\xc8" * 3, 0, True)
    assert (sent.content_type, sent.expiry_s) == ("image/jpeg", 86_400)


def test_a_camera_that_shows_nothing_is_refused_with_the_reason() -> None:
    one, broker = photographer()
    assert one.take("window") == "window: the cable is out"
    assert broker.sent == []


def test_of_all_cameras_those_are_sent_that_show_something_and_the_others_are_named() -> None:
    one, broker = photographer()
    assert one.take(None) == "window: the cable is out"
    assert [sent.topic for sent in broker.sent] == [TOPICS.snapshot("door")]


def test_a_camera_that_does_not_exist_is_refused_with_those_that_do() -> None:
    assert photographer()[0].take("roof") == "there is no camera 'roof'; known are door, window"
