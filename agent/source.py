"""Where pictures come from, read from the text of `--source`, with any password kept out of sight."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from agent.errors import ConfigError
from agent.secret import masked

EXPECTED = (
    "a source is a camera number (0), a device (/dev/video0), rtsp://..., http://..., a video file, "
    "a folder of pictures, or `demo`"
)
STREAM_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
"""The schemes of network cameras, with the port each has unless the URL names one."""


class SourceKind(StrEnum):
    """How a source is opened."""

    DEVICE = "device"
    STREAM = "stream"
    PATH = "path"
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class Source:
    """A source of pictures. `text` may hold a password, so show `str(source)`; `seed` is the demo's."""

    kind: SourceKind
    text: str = field(repr=False)
    seed: int = 0

    @property
    def finite(self) -> bool:
        """True for videos and folders, which have a last picture; cameras and the demo go on for ever."""
        return self.kind is SourceKind.PATH

    def __str__(self) -> str:
        return masked(self.text)


def parse_source(text: str) -> Source:
    """What the text names; nothing is opened, and a file or folder need not exist.

    Raises:
        ConfigError: it is empty, not UTF-8, a URL that no camera speaks, or a demo without a number as its seed.
    """
    text = text.strip()
    if not text:
        raise ConfigError(f"source: it is empty; {EXPECTED}")
    if "\0" in text or _is_not_utf8(text):
        # cv2.VideoCapture crashes the whole process on a name that is no UTF-8 (seen with OpenCV 5.0.0).
        raise ConfigError(f"source: {masked(text)!r}: a name must be UTF-8 without NUL; rename it")
    if text == "demo" or text.startswith("demo:"):
        return Source(SourceKind.DEMO, text, seed=_seed(text))
    # /dev/shm is a disk in memory where videos may lie; all else in /dev is a device, whatever udev calls it.
    if re.fullmatch(r"[0-9]{1,3}", text) or (text.startswith("/dev/") and not text.startswith("/dev/shm/")):  # noqa: S108
        return Source(SourceKind.DEVICE, text)
    if "://" in text:
        return Source(SourceKind.STREAM, _checked_url(text))
    return Source(SourceKind.PATH, text)


def _seed(text: str) -> int:
    seed = text.partition(":")[2]
    if text != "demo" and not re.fullmatch(r"[0-9]{1,9}", seed):
        raise ConfigError(f"source: {text!r}: the seed of a demo is a whole number, for example demo:7")
    return int(seed or 0)


def _is_not_utf8(text: str) -> bool:
    """True for a name with other bytes, which Python carries as lone surrogates (PEP 383)."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def _checked_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        # Without the reason: it may quote a piece of a password whose `/` makes the rest look like a port.
        raise ConfigError(f"source: {masked(text)!r} is not a URL (write / @ : in a password as %2F %40 %3A)") from None
    if parts.scheme not in STREAM_PORTS:
        known = ", ".join(f"{scheme}://" for scheme in STREAM_PORTS)
        raise ConfigError(
            f"source: {masked(text)!r}: {parts.scheme}:// is not a camera's; known are {known}. {EXPECTED}"
        )
    if "@" in parts.path + parts.query + parts.fragment:
        # Then what looks like host and port is a piece of a password, and errors about that host would tell it.
        raise ConfigError(
            f"source: {masked(text)!r}: an @ after the host (write / @ : ? # in a password as %2F %40 %3A %3F %23)"
        )
    if not parts.hostname:
        raise ConfigError(f"source: {masked(text)!r} names no host; for example {parts.scheme}://192.168.1.20/stream")
    return text
