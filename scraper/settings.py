"""A TOML file into a checked struct. An error names the file, the line, the key, and the nearest key that exists."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from scraper.errors import JobError

T = TypeVar("T", bound=msgspec.Struct)

UNKNOWN_FIELD = re.compile(r"unknown field `(?P<key>[^`]+)`(?: - at `\$(?P<path>[^`]*)`)?")


def read_toml(path: Path, kind: type[T]) -> T:
    """The settings of a TOML file.

    Raises:
        JobError: no such file, not TOML, an unknown key, a missing key, or a value out of its range.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise JobError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise JobError(f"{path}: not UTF-8 text: {error.reason}") from error
    try:
        return msgspec.convert(tomllib.loads(text), kind)
    except tomllib.TOMLDecodeError as error:
        raise JobError(f"{path}: not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise JobError(f"{path}: {_explain(str(error), text, kind)}") from error


def line_of(text: str, needle: str) -> int:
    """The first line of the text that holds the needle, from 1; 0 where none does."""
    return next((number for number, line in enumerate(text.splitlines(), start=1) if needle in line), 0)


def nearest(word: str, known: list[str]) -> str:
    """`, did you mean 'x'?` where a known word is close; else the list of known ones."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}"


def _explain(message: str, text: str, kind: type[msgspec.Struct]) -> str:
    unknown = UNKNOWN_FIELD.search(message)
    if not unknown:
        return message
    key = unknown["key"]
    return f"line {line_of(text, key)}: unknown key {key!r}{nearest(key, _keys(kind, unknown['path'] or ''))}"


def _keys(kind: type[msgspec.Struct], path: str) -> list[str]:
    """The keys of the struct that a path such as `.cards[...].image` leads to; the outermost where it leads nowhere."""
    here = kind
    for step in re.findall(r"\.(\w+)", path):
        found = next((field.type for field in msgspec.structs.fields(here) if field.encode_name == step), here)
        inside = (found, *getattr(found, "__args__", ()))  # a list or an optional of structs names them as arguments
        here = next((one for one in inside if isinstance(one, type) and issubclass(one, msgspec.Struct)), here)
    return [field.encode_name for field in msgspec.structs.fields(here)]
