"""What must not be seen: passwords on their way to a driver, and in addresses of cameras and brokers."""

import re

_STARS = "***"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_HARMLESS = re.compile(
    "av|axis|cam|camera|cgi|ch|channels?|fps|h|image|img|jpe?g|live|main|media|mjpe?g|mp|mpeg|onvif|preview|profile|rate"
    "|realmonitor|resolution|snapshot|streams?|streaming|sub|subtype|trackid|unicast|video|videostream"
    "|[0-9]{1,3}",  # a channel, such as 101; four digits are somebody's PIN
    re.IGNORECASE,
)
"""The words of which makers of cameras build the paths of their streams."""


class Secret:
    """A string whose `repr` and `str` are stars; `reveal` is called only where a driver needs the value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself; never log it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__


def masked(text: str) -> str:
    """The address of a camera or broker, or a file's path, with stars for all that may be secret.

    Nobody can list the names under which cameras take a password (`user=a_password=b`, `?loginpas=b`, `/token/`), so of
    an address only what is harmless is shown: scheme, host, port, and path and query up to the first part that is
    anything but usual words and small numbers. What follows that may belong to the same password, and is hidden too.
    """
    scheme, separator, rest = text.partition("://")
    if separator:
        return f"{scheme if _SCHEME.fullmatch(scheme) else _STARS}://{_masked_address(rest)}"
    looks_like_an_address = re.search(r"=|:.*@", text, re.DOTALL) and not text.startswith(("/", ".", "~"))
    return _masked_address(text) if looks_like_an_address else text


def _masked_address(text: str) -> str:
    # Up to the last @: a password may hold @, / and ? unescaped; a bit of the path lost is the lesser harm.
    user, at, rest = text.rpartition("@")
    host, *parts = re.split(r"([/?&#])", rest)
    shown = f"{_STARS}@" if user or at else ""
    if host and not _HOST.fullmatch(host):
        return shown + _STARS
    shown += host
    for separator, part in zip(parts[::2], parts[1::2], strict=True):
        if not _is_harmless(part):
            return f"{shown}{separator}{_STARS}"
        shown += separator + part
    return shown


def _is_harmless(part: str) -> bool:
    words = re.findall(r"[A-Za-z]+|[0-9]+|[^A-Za-z0-9._=-]", part)
    return all(_HARMLESS.fullmatch(word) for word in words)
