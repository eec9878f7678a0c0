"""One zone's counts, written down at every event, so that a restart or a power cut does not begin the day anew."""

import logging
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Protocol

import msgspec

from agent.counting import Counts, Tally
from agent.errors import OutboxError
from agent.values import Spot

_log = logging.getLogger(__name__)


class Notebook(Protocol):
    """Keeps named notes over a restart; `agent/store.py` is one."""

    def note(self, name: str) -> bytes | None:
        """What was noted under `name`, if anything was.

        Raises:
            OutboxError: it cannot be read.
        """

    def set_note(self, name: str, content: bytes) -> None:
        """Notes something under `name`, in the place of what was there.

        Raises:
            OutboxError: it cannot be written.
        """


class CountBook:
    """A `Tally` that goes on from what the notebook says. A disk that does not write stops no counting."""

    def __init__(self, spot: Spot, labels: Sequence[str], zone: tzinfo, notebook: Notebook) -> None:
        self._name, self._notebook = f"counts {spot}", notebook
        self._tally = Tally(labels, zone, self._kept())
        self._writes = True

    def add(self, label: str, at: datetime) -> None:
        """One more event of `label`, which began at `at` (aware)."""
        counts = self._tally.add(label, at)
        try:
            self._notebook.set_note(self._name, msgspec.json.encode(counts))
        except OutboxError as error:
            if self._writes:
                _log.error("%s; counts are kept in memory only", error.message)
            self._writes = False
        else:
            self._writes = True

    def at(self, now: datetime) -> Counts:
        """The counts of the hour and day that `now` (aware) is in."""
        return self._tally.at(now)

    def _kept(self) -> Counts | None:
        content = self._notebook.note(self._name)
        try:
            return None if content is None else msgspec.json.decode(content, type=Counts)
        except msgspec.MsgspecError:
            return None  # of another version, or torn: begin anew
