import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.srcset import candidates


@pytest.mark.parametrize(
    ("srcset", "found"),
    [
        ("", []),
        (" , ,\n", []),
        ("a.jpg", [(1.0, "a.jpg")]),
        ("a.jpg 1x, b.jpg 1.6187x,c.jpg 3x", [(1.0, "a.jpg"), (1.6187, "b.jpg"), (3.0, "c.jpg")]),
        ("a.jpg 320w,\n  b.jpg 960w 720h", [(320.0, "a.jpg"), (960.0, "b.jpg")]),
        ("a.jpg, b.jpg 2x", [(1.0, "a.jpg"), (2.0, "b.jpg")]),
        ("/w_210,q_60/a.jpg 1x, /w_420,q_60/a.jpg 2x", [(1.0, "/w_210,q_60/a.jpg"), (2.0, "/w_420,q_60/a.jpg")]),
        ("data:image/png;base64,AAAA 1x, a.jpg 2x", [(1.0, "data:image/png;base64,AAAA"), (2.0, "a.jpg")]),
        ("a.jpg f(1, 2) 2x, b.jpg", [(2.0, "a.jpg"), (1.0, "b.jpg")]),
        ("a.jpg huge, b.jpg -2x", [(1.0, "a.jpg"), (1.0, "b.jpg")]),
    ],
)
def test_a_srcset_is_read_as_browsers_read_it(srcset: str, found: list[tuple[float, str]]) -> None:
    assert candidates(srcset) == found


@pytest.mark.parametrize("part", [",", " ", "a,", "(", "a (", "a 1x,", "x"])
def test_a_malicious_srcset_takes_no_longer_than_an_honest_one(part: str) -> None:
    started = time.process_time()
    candidates(part * 50_000)
    assert time.process_time() - started < 2


@given(st.text(alphabet="ab ,()12x.w\n", max_size=60))
def test_every_address_of_a_srcset_stands_in_it(srcset: str) -> None:
    for size, address in candidates(srcset):
        assert address in srcset
        assert size >= 0
