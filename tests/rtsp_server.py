"""An RTSP camera on loopback: GStreamer in a process of its own, to be frozen, killed and started again."""

import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.brokers import free_port
from tests.conftest import skip_or_fail

SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's bindings belong to it, not to a virtual environment
PACKAGES = "gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
SERVER = """
import sys, gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtsp", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer
Gst.init(None)
if not all(map(Gst.ElementFactory.find, ("videotestsrc", "jpegenc", "rtpjpegpay"))):
    sys.exit("plugins are missing")
factory = GstRtspServer.RTSPMediaFactory(shared=True, protocols=GstRtsp.RTSPLowerTrans.TCP)
factory.set_launch("( videotestsrc is-live=true pattern=solid-color foreground-color=0xffc81e1e"
    " ! video/x-raw,format=I420,width=160,height=120,framerate=25/1 ! jpegenc ! rtpjpegpay name=pay0 pt=26 )")
server = GstRtspServer.RTSPServer(address="127.0.0.1", service=sys.argv[1])
server.get_mount_points().add_factory("/red", factory)
if not server.attach(None):
    sys.exit("the port is taken")
print("ready", flush=True)
GLib.MainLoop().run()
"""


class RtspServer:
    """Streams a red picture over RTSP, interleaved in TCP only; use it as a context manager.

    `kill` is the pulled plug, `freeze` a camera that hangs with its connections open.
    """

    def __init__(self) -> None:
        self._port = free_port()
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._port}/red"

    def start(self) -> None:
        if not Path(SYSTEM_PYTHON).exists():
            skip_or_fail(f"needs GStreamer's RTSP server: apt-get install {PACKAGES}")
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, "-c", SERVER, str(self._port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() == "ready\n":  # ends, empty, with the process
            return
        reason = self._end()
        skip_or_fail(f"needs GStreamer's RTSP server: apt-get install {PACKAGES} ({reason})")

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self._end()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.kill()

    def _signal(self, which: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(which)

    def _end(self) -> str:
        """Waits for the process to end; the last line it had to say."""
        assert self._process is not None
        _, errors = self._process.communicate(timeout=10)
        self._process = None
        return (errors.strip().splitlines() or ["no reason given"])[-1]
