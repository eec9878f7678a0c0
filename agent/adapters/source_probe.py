"""Why a source does not open, in words that tell a person what to do: OpenCV itself only says that it did not."""

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from agent.source import EXPECTED, STREAM_PORTS, Source, SourceKind

PROBE_S = 2.0
"""Longer than any camera on a local network takes to accept a connection."""


def explain_failure(source: Source) -> str:
    """The likely reason why the source gave no picture; looks at the device, host or file, for `PROBE_S` at most."""
    if source.kind is SourceKind.DEVICE:
        return _explain_device(source.text)
    if source.kind is SourceKind.STREAM:
        return _explain_stream(source.text)
    return _explain_file(Path(source.text))


def _explain_device(text: str) -> str:
    device = Path(f"/dev/video{text}" if text.isdigit() else text)
    hidden = _hidden(device)
    if hidden is not None:
        return hidden
    if not device.exists():
        found = ", ".join(sorted(map(str, Path("/dev").glob("video*"))))
        return f"there is no {device}; " + (
            f"found here: {found}" if found else "no camera is connected to this machine"
        )
    if not os.access(device, os.R_OK | os.W_OK):
        return f"no permission to use {device}; add the user to its group: usermod -a -G video USER"
    return f"{device} gives no picture: another program uses it, or it is not the picture node of a camera"


def _explain_stream(url: str) -> str:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or STREAM_PORTS[parts.scheme]
    try:
        socket.create_connection((host, port), timeout=PROBE_S).close()
    except socket.gaierror:
        return f"the name {host} is not known here"
    except TimeoutError:
        return f"{host} does not answer on port {port}: it is off, or not on this network"
    except UnicodeError:
        return f"{host!r} cannot be the name of a host"
    except OSError as error:
        return f"{host} cannot be reached on port {port}: {error.strerror or error}"
    return f"{host} answers on port {port} but gives no picture: check path, user name and password"


def _explain_file(path: Path) -> str:
    hidden = _hidden(path)
    if hidden is not None:
        return hidden
    if not path.exists():
        return f"no such file or folder; {EXPECTED}"
    if not os.access(path, os.R_OK):
        return "no permission to read it"
    if path.stat().st_size == 0:
        return "the file is empty"
    return "not a video that can be decoded: it is damaged or cut off, or in an unknown format"


def _hidden(path: Path) -> str | None:
    """Why the system does not even say whether the path exists; None where it does."""
    try:
        path.exists()
    except OSError as error:  # a folder above it is closed to us, or the name is too long
        return f"it cannot be looked at: {error.strerror}"
    return None
