"""Cameras, network streams and videos through OpenCV, with its silences and its hanging turned into plain errors."""

import logging
import math
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import cv2
import numpy as np

from agent.adapters.pacer import Pacer
from agent.adapters.source_probe import explain_failure
from agent.config import CameraConfig
from agent.errors import CameraError
from agent.fit import Pixels
from agent.ports import Clock
from agent.source import Source, SourceKind, parse_source
from agent.values import Frame

logger = logging.getLogger(__name__)

PATIENCE = 0.8
"""Share of `stall_s` after which OpenCV gives up by itself: cleanly, before the grabber must abandon it."""
USUAL_FPS = 25.0
"""For videos that do not tell theirs."""


class Capture(Protocol):
    """The part of cv2.VideoCapture that is used here."""

    def read(self) -> tuple[bool, Any]:
        """Whether there is a picture, and the picture: BGR uint8 (height, width, 3)."""

    def get(self, propId: int) -> float:  # noqa: N803 - OpenCV's name
        """A property, 0 or -1 where the driver does not know it."""

    def release(self) -> None:
        """Closes it."""


def connect(source: Source, timeout_s: float) -> Capture:
    """An open capture for a device, stream or video file; a network may be silent for `timeout_s`.

    Raises:
        CameraError: it does not open.
    """
    quieten()
    try:
        capture = _capture(source, timeout_s)
    except cv2.error as error:
        raise CameraError(f"{source}: OpenCV cannot open it: {error.err}") from error
    if not capture.isOpened():
        raise CameraError(f"{source}: {explain_failure(source)}")
    return capture


class OpenCvCamera:
    """A camera number, device, rtsp:// or http:// stream, or video file, as a `Camera`; opened when made.

    A live source that stops raises CameraError. A video ends with None, or begins again with `loop`; `pace`
    "realtime" gives its pictures as far apart as they were filmed, "fast" without waiting.
    """

    def __init__(
        self,
        config: CameraConfig,
        clock: Clock,
        *,
        sleep: Callable[[float], None] = time.sleep,
        connect: Callable[[Source, float], Capture] = connect,
    ) -> None:
        self._source = parse_source(config.source)
        self._loop = config.loop
        self._clock = clock
        self._pacer = Pacer(clock, sleep) if self._source.finite and config.pace == "realtime" else None
        self._open = partial(connect, self._source, config.stall_s * PATIENCE)
        self._number = 0  # of the next picture
        self._since_start = 0  # pictures since the video's start, or since its last loop
        self._at_s = 0.0
        self._ended = False
        self._capture: Capture | None = self._open()

    def read(self) -> Frame | None:
        pixels = self._decode()
        if pixels is None and not self._source.finite:
            raise CameraError(f"{self._source}: no picture comes any more")
        if pixels is None and not self._ended:
            self._end()
            # Opening anew works for every container; seeking back does not.
            pixels = self._restart() if self._loop else None
        if pixels is None:
            return None
        if self._pacer is not None:
            self._pacer.wait(self._gap_s())
        self._since_start += 1
        self._number += 1
        return Frame(pixels, self._number - 1, self._clock.now(), self._clock.monotonic())

    def close(self) -> None:
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.release()

    def _decode(self) -> Pixels | None:
        if self._capture is None:
            raise CameraError(f"{self._source}: the camera was closed")
        try:
            there, bgr = self._capture.read()
            # The only place where colour order changes: from here on everything is RGB.
            return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8) if there else None
        except cv2.error as error:
            raise CameraError(f"{self._source}: OpenCV cannot read a picture: {error.err}") from error

    def _end(self) -> None:
        """Notes the end of a video, and says so when it came before its time.

        Raises:
            CameraError: it held no picture at all.
        """
        if self._since_start == 0:
            raise CameraError(f"{self._source}: the video holds no picture that can be decoded")
        expected = self._property(cv2.CAP_PROP_FRAME_COUNT)
        # Containers round the number of pictures, so only a tenth missing is worth a word.
        if self._since_start < expected * 0.9 and self._since_start == self._number:
            logger.warning("%s: the video is cut off: %d of %d pictures", self._source, self._since_start, expected)
        self._ended = not self._loop

    def _restart(self) -> Pixels:
        self.close()
        self._capture = self._open()
        self._since_start = 0
        pixels = self._decode()
        if pixels is None:
            raise CameraError(f"{self._source}: the video cannot be played again")
        return pixels

    def _gap_s(self) -> float:
        """Seconds between the picture just decoded and the one before, by the video's timestamps, else by its rate."""
        before_s, self._at_s = self._at_s, self._property(cv2.CAP_PROP_POS_MSEC) / 1000
        gap_s = self._at_s - before_s
        if gap_s > 0:
            return gap_s
        return 1 / (self._property(cv2.CAP_PROP_FPS) or USUAL_FPS)

    def _property(self, which: int) -> float:
        value = self._capture.get(which) if self._capture is not None else 0.0
        return value if math.isfinite(value) and value > 0 else 0.0


def _capture(source: Source, timeout_s: float) -> cv2.VideoCapture:
    if source.kind is SourceKind.DEVICE:
        # Named, as OpenCV would else try its other drivers on it, some of which take seconds to say no.
        driver = cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY
        capture = cv2.VideoCapture(int(source.text) if source.text.isdigit() else source.text, driver)
    else:
        # RTSP runs over TCP by OpenCV's own default (rtsp_flags=prefer_tcp); OPENCV_FFMPEG_CAPTURE_OPTIONS changes it.
        milliseconds = round(timeout_s * 1000)
        limits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, milliseconds, cv2.CAP_PROP_READ_TIMEOUT_MSEC, milliseconds)
        capture = cv2.VideoCapture(source.text, cv2.CAP_FFMPEG, limits)
    if not source.finite:
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # where the driver can: no queue of old pictures
    return capture


def quieten() -> None:
    """Makes OpenCV and FFmpeg, which write what went wrong to stderr in their own words, leave that to us.

    FFmpeg asks once, so call it before the first video is read or written. What the user has set in the environment
    stays.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    # Without it one camera that hangs while it opens blocks opening and closing of every other
    # (https://github.com/opencv/opencv/issues/20114); FFmpeg needs no such lock since version 4.
    os.environ.setdefault("OPENCV_FFMPEG_IS_THREAD_SAFE", "1")
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "5")  # s, not 10: before the usual stall_s
