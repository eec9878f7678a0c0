"""Chromium's network log, as chromedriver hands it over; `test_drive.py` reads the real one."""

import json
from typing import Any

from scraper.answer import Answer, last_answer


def event(method: str, request: str, **params: Any) -> str:  # noqa: ANN401 - whatever the protocol sends
    return json.dumps({"message": {"method": f"Network.{method}", "params": {"requestId": request, **params}}})


def asks(request: str, *, frame: str = "window", kind: str = "Document") -> str:
    return event("requestWillBeSent", request, frameId=frame, type=kind)


def says(request: str, status: int, **headers: str) -> str:
    return event("responseReceived", request, response={"status": status, "headers": headers})


def ends(request: str) -> str:
    return event("loadingFinished", request)


def test_the_windows_document_counts_and_neither_frames_nor_scripts() -> None:
    log = [asks("1"), says("1", 200), ends("1"), asks("2", frame="ad"), says("2", 503), asks("3", kind="Script")]
    assert last_answer(log) == Answer(200)


def test_a_header_is_found_however_it_is_written() -> None:
    log = [asks("1"), says("1", 429, **{"retry-After": "7"}), ends("1")]
    assert last_answer(log) == Answer(429, "7")


def test_a_page_that_a_script_moved_on_from_is_not_the_last_answer() -> None:
    log = [asks("1"), says("1", 503, **{"Retry-After": "9"}), ends("1"), asks("2"), says("2", 200), ends("2")]
    assert last_answer(log) == Answer(200)


def test_a_document_that_broke_off_or_never_ended_is_an_error() -> None:
    failed = event("loadingFailed", "1", errorText="net::ERR_INCOMPLETE_CHUNKED_ENCODING")
    assert last_answer([asks("1"), says("1", 200), failed]).error == "net::ERR_INCOMPLETE_CHUNKED_ENCODING"
    assert last_answer([asks("1"), says("1", 200)]).error
    assert last_answer([asks("1")]).error


def test_what_the_page_before_still_had_under_way_says_nothing() -> None:
    assert last_answer([says("0", 503), ends("0"), asks("1"), says("1", 200), ends("1")]) == Answer(200)
    assert last_answer([]) == Answer()
