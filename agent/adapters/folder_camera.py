"""A folder of pictures as a camera: for tests, replays and a look at a model's answers."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from agent.adapters.pacer import Pacer
from agent.config import CameraConfig
from agent.errors import CameraError, PictureError
from agent.fit import PICTURE_SUFFIXES, Pixels, load_picture
from agent.ports import Clock
from agent.source import parse_source
from agent.values import Frame

logger = logging.getLogger(__name__)

PERIOD_S = 1.0
"""Between pictures at pace "realtime", which a folder has none of: time to look at each."""


class FolderCamera:
    """The pictures of a folder (not of folders in it) in the order of their names, as a `Camera`.

    Unreadable ones are named in the log, once, passed over and counted in `skipped`.
    """

    def __init__(self, config: CameraConfig, clock: Clock, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._folder = Path(parse_source(config.source).text)
        self._loop = config.loop
        self._clock = clock
        self._pacer = Pacer(clock, sleep) if config.pace == "realtime" else None
        self._paths = self._list()
        self._place = 0  # of the next picture in the list
        self._number = 0
        self._unreadable: set[Path] = set()

    @property
    def skipped(self) -> int:
        """How many of the folder's pictures could not be read so far."""
        return len(self._unreadable)

    def read(self) -> Frame | None:
        pixels = self._next_readable()
        if pixels is None:
            return None
        if self._pacer is not None:
            self._pacer.wait(PERIOD_S)
        self._number += 1
        return Frame(pixels, self._number - 1, self._clock.now(), self._clock.monotonic())

    def close(self) -> None:
        """Nothing is held open between pictures."""

    def _list(self) -> list[Path]:
        try:
            paths = sorted(path for path in self._folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES)
        except OSError as error:
            raise CameraError(f"{self._folder}: the folder cannot be read: {error.strerror}") from error
        if not paths:
            kinds = ", ".join(sorted(PICTURE_SUFFIXES))
            raise CameraError(f"{self._folder}: the folder holds no pictures ({kinds}); folders in it are not searched")
        return paths

    def _next_readable(self) -> Pixels | None:
        while True:
            if self._place == len(self._paths):
                if self.skipped == len(self._paths):
                    raise CameraError(f"{self._folder}: none of its {len(self._paths)} pictures can be read")
                if not self._loop:
                    return None
                self._place = 0
            path = self._paths[self._place]
            self._place += 1
            try:
                return load_picture(path)
            except PictureError as error:
                if path not in self._unreadable:
                    self._unreadable.add(path)
                    logger.warning("%s; skipped", error.message)
