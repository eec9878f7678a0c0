"""systemd as the one who started us: datagrams to the socket in $NOTIFY_SOCKET, as sd_notify(3) describes them."""

import logging
import os
import socket
from collections.abc import Mapping

_log = logging.getLogger(__name__)
_SEND_S = 1.0  # systemd empties its queue at once, unless the whole machine is stuck


class SystemdSupervisor:
    """A `Supervisor` that is silent where there is no $NOTIFY_SOCKET, as on a terminal."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self._watched_s = _watched_s(environ)
        self._complained = False

    @property
    def within_s(self) -> float | None:
        return self._watched_s if self._address else None

    def tell(self, *lines: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(_SEND_S)
                sender.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            if not self._complained:
                _log.warning("systemd does not hear how we are doing: %s", error.strerror or error)
            self._complained = True
        else:
            self._complained = False


def _address(text: str) -> str:
    """The socket's address; "@..." is one in Linux's abstract namespace. Empty for what is no Unix socket."""
    if text.startswith("@"):
        return "\0" + text[1:]
    return text if text.startswith("/") else ""


def _watched_s(environ: Mapping[str, str]) -> float | None:
    """WatchdogSec= of our unit; None if there is none, or if it is meant for another process."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        return int(environ["WATCHDOG_USEC"]) / 1e6 or None
    except (KeyError, ValueError):
        return None
