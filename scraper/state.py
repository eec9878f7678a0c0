"""The JSON that a page carries for its own scripts, and paths into it."""

import json
import re
from collections.abc import Iterator

from parsel import Selector

EVERY = ("*", "**")
DEEPEST = 60
"""Levels that a path goes down: products lie at 10 to 15, and a page must not decide how deep we call ourselves."""
UNDEFINED = re.compile(r"(?<=[:,\[])\s*undefined\b")


def page_state(document: Selector, html: str, where: str) -> object:
    """The JSON assigned to a JavaScript name, or the text of the `<script>` that a CSS selector finds; None without."""
    if where.startswith("window."):
        values = (_assigned(html[place.end() :]) for place in re.finditer(rf"{re.escape(where)}\s*=\s*(?!=)", html))
    else:
        values = (_decode(text) for text in document.css(where).xpath("string()").getall())
    return next((value for value in values if value), None)


def follow(value: object, path: str) -> Iterator[object]:
    """Every value that a path (`a.0.*.b`) leads to; with ` ~ pattern` those that match, or their first group."""
    steps, _, pattern = path.partition(" ~ ")
    for found in _walk(value, steps.strip().split(".")):
        match = re.search(pattern.strip(), str(found))
        if not pattern:
            yield found
        elif match:
            yield match[1] if match.groups() else found


def first(value: object, paths: tuple[str, ...]) -> str:
    """The first text or number at one of the paths, as text; empty where there is none."""
    found = (str(leaf).strip() for path in paths for leaf in follow(value, path) if isinstance(leaf, str | int))
    return next((text for text in found if text), "")


def _walk(value: object, steps: list[str], deep: int = 0) -> Iterator[object]:
    if not steps:
        yield value
        return
    if deep > DEEPEST:
        return
    step, rest = steps[0], steps[1:]
    if step == "**":
        yield from _walk(value, rest, deep)
    inner: list[object] = []
    if isinstance(value, dict):
        inner = list(value.values()) if step in EVERY else [value[step]] if step in value else []
    elif isinstance(value, list):
        inner = list(value) if step in EVERY else value[int(step) : int(step) + 1] if step.isdigit() else []
    for entry in inner:
        yield from _walk(entry, steps if step == "**" else rest, deep + 1)


def _assigned(text: str) -> object:
    """The JSON at the start of a script's text, or the one in the string that it hands to `JSON.parse`."""
    if not text.startswith("JSON.parse("):
        return _decode(text) if text.startswith(("{", "[")) else None
    inner = _decode(text.removeprefix("JSON.parse("))
    return _decode(inner) if isinstance(inner, str) else None


def _decode(text: str) -> object:
    """The JSON at the start of a text; `undefined`, which scripts write and JSON does not know, reads as null."""
    try:
        return json.JSONDecoder().raw_decode(text.lstrip())[0]
    except (ValueError, RecursionError):
        pass
    try:
        return json.JSONDecoder().raw_decode(UNDEFINED.sub("null", text).lstrip())[0]
    except (ValueError, RecursionError):
        return None
