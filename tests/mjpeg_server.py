"""An MJPEG-over-HTTP camera on loopback, as cheap IP cameras are: it can freeze, vanish and come back."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import cv2
import numpy as np

PERIOD_S = 0.04


class MjpegServer:
    """Streams one flat RGB colour, 25 pictures a second, until told otherwise; use it as a context manager.

    `freeze` keeps connections open and sends nothing more, as a hung camera does; `thaw` ends that. `vanish` cuts every
    connection and refuses new ones, as a camera without power does; `come_back` listens again on the same port.
    """

    def __init__(self, color: tuple[int, int, int] = (200, 30, 30)) -> None:
        red, green, blue = color
        encoded, jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), (blue, green, red), np.uint8))
        assert encoded
        self.jpeg = jpeg.tobytes()
        self.flowing = threading.Event()
        self.flowing.set()
        self.stopping = threading.Event()
        self.viewers = 0  # ever connected
        self._server = _Listener(("127.0.0.1", 0), self)
        self._port = self._server.server_address[1]
        self._listen()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/video.mjpg"

    def freeze(self) -> None:
        self.flowing.clear()

    def thaw(self) -> None:
        self.flowing.set()

    def vanish(self) -> None:
        self.stopping.set()
        self.flowing.set()  # lets frozen connections notice
        self._server.shutdown()
        self._server.server_close()  # waits for the connections to end
        self._thread.join()

    def come_back(self) -> None:
        self.stopping.clear()
        self._server = _Listener(("127.0.0.1", self._port), self)
        self._listen()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.stopping.is_set():
            self.vanish()

    def _listen(self) -> None:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()


class _Listener(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close() waits for connections, and none outlives its test

    def __init__(self, address: tuple[str, int], camera: MjpegServer) -> None:
        self.camera = camera
        super().__init__(address, _Connection)


class _Connection(BaseHTTPRequestHandler):
    server: _Listener

    def do_GET(self) -> None:
        camera = self.server.camera
        camera.viewers += 1
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(camera.jpeg)
        # The wait is the camera's picture rate; stopping ends it early.
        while not camera.stopping.wait(PERIOD_S):
            camera.flowing.wait()
            try:
                self.wfile.write(head + camera.jpeg + b"\r\n")
            except OSError:
                return  # the viewer is gone

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Keeps the test's output clean."""
