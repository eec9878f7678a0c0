"""How a shop answered for a page, from Chromium's network log: Selenium shows neither headers nor half a page.

Events of https://chromedevtools.github.io/devtools-protocol/tot/Network/ as chromedriver logs them, here and on a Grid.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.webdriver import WebDriver


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer to a navigation of the window; `status` 0 where there was none, `error` Chromium's name for why.

    `retry_after` is that header as it came. Without an error the page came whole.
    """

    status: int = 0
    retry_after: str = ""
    error: str = ""


class _Event(msgspec.Struct):
    method: str
    params: dict[str, Any] = {}


class _Line(msgspec.Struct):
    message: _Event


def take_log(driver: WebDriver) -> list[str]:
    """The network events since the last call; the browser forgets them."""
    entries = driver.execute(Command.GET_LOG, {"type": "performance"})["value"]
    return [entry["message"] for entry in entries]


def last_answer(log: Iterable[str]) -> Answer:
    """How the window's own document was answered, after redirects of either kind; frames in it do not count.

    The log begins with the navigation, for it was taken before: its first document is the window's.
    """
    window = document = ""
    answer, open_ended = Answer(), False
    decoder = msgspec.json.Decoder(_Line)
    for event in (decoder.decode(line).message for line in log):
        params, request = event.params, event.params.get("requestId", "")
        if event.method == "Network.requestWillBeSent" and params.get("type") == "Document":
            window = window or params.get("frameId", "")
            if params.get("frameId") == window:
                document, answer, open_ended = request, Answer(), True
        elif not document or request != document:
            continue
        elif event.method == "Network.responseReceived":
            response = params.get("response", {})
            answer = Answer(int(response.get("status", 0)), _header(response.get("headers", {}), "retry-after"))
        elif event.method == "Network.loadingFailed":
            answer = Answer(answer.status, answer.retry_after, str(params.get("errorText", "failed")))
            open_ended = False
        elif event.method == "Network.loadingFinished":
            open_ended = False
    if open_ended:
        return Answer(answer.status, answer.retry_after, "net::ERR_TIMED_OUT")
    return answer


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
