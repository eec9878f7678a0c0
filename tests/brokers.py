"""Brokers and networks for tests: a real Mosquitto, a network that can be cut, an independent client, a rude broker."""

import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import pytest
from paho.mqtt.client import Client, MQTTMessage, MQTTProtocolVersion
from paho.mqtt.enums import CallbackAPIVersion

from agent.broker_url import BrokerUrl
from tests.waiting import wait_until

HOST = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def program(name: str, package: str) -> str:
    """Where a program is; without it the test is skipped, in CI it fails."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path is None:
        reason = f"needs {name}: apt-get install {package}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


class Mosquitto:
    """A Mosquitto on a free loopback port, with more `settings` if wanted; it can be killed and started again."""

    def __init__(self, folder: Path, settings: Iterable[str] = ("allow_anonymous true",), *, tls: bool = False) -> None:
        self._program = program("mosquitto", "mosquitto")
        self.url = BrokerUrl(HOST, free_port(), tls=tls)
        self.log = folder / "mosquitto.log"
        self._settings = folder / "mosquitto.conf"
        # user root: it would give up root's rights otherwise, and could not read the test's folder
        lines = ("user root", f"listener {self.url.port} {HOST}", "log_type all", *settings)
        self._settings.write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, "-c", str(self._settings)], stdout=log, stderr=subprocess.STDOUT
            )
        wait_until(self._listens, what=f"Mosquitto on {self.url} listening")

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(10)
            self._process = None

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        try:
            socket.create_connection((HOST, self.url.port), timeout=1).close()
        except OSError:
            return False
        return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(signal.SIGTERM)


class Collector:
    """An independent client: plain paho with its own reconnecting, which notes every message."""

    def __init__(self, url: BrokerUrl, topic_filter: str = "#") -> None:
        self.messages: list[MQTTMessage] = []
        self.subscribed = threading.Event()
        self._topic_filter = topic_filter
        self._url = url
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.reconnect_delay_set(0.05, 0.05)
        self._client.on_connect = lambda client, *_: client.subscribe(self._topic_filter, 1)
        self._client.on_subscribe = lambda *_: self.subscribed.set()
        self._client.on_disconnect = lambda *_: self.subscribed.clear()
        self._client.on_message = lambda _, __, message: self.messages.append(message)

    def payloads(self, ending: str) -> list[dict[str, Any]]:
        """The JSON of all messages on topics with this ending, in the order they came."""
        return [msgspec.json.decode(m.payload) for m in list(self.messages) if m.topic.endswith(ending)]

    def __enter__(self) -> Self:
        self._client.connect(self._url.host, self._url.port)
        self._client.loop_start()
        wait_until(self.subscribed.is_set, what="the collector's subscription")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Network:
    """A loopback port whose connections lead to another: it can be unplugged, cut, and lose the answers on the way.

    `plugged` False refuses new connections and cuts the old; `deaf` swallows what the far end answers, `frozen` what
    goes either way, as a network does that has died without a word.
    """

    def __init__(self, to: BrokerUrl) -> None:
        self._to = to
        self._listener = socket.create_server((HOST, 0))
        self.url = BrokerUrl(HOST, self._listener.getsockname()[1])
        self.plugged = True
        self.deaf = False
        self.frozen = False
        self.connections = 0
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def unplug(self) -> None:
        self.plugged = False
        self.cut()

    def cut(self) -> None:
        """Ends every connection, and with it what the agent knows of this one."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                _shut(end)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection((self._to.host, self._to.port), timeout=1) if self.plugged else None
            except OSError:
                far = None
            if far is None:
                near.close()
                continue
            far.settimeout(None)
            with self._lock:
                self._pairs.append((near, far))
                self.connections += 1
            self._spawn(self._carry, near, far, "there")
            self._spawn(self._carry, far, near, "back")

    def _carry(self, source: socket.socket, sink: socket.socket, way: str) -> None:
        with source:
            while True:
                try:
                    data = source.recv(65536)
                    if data and not self.frozen and not (self.deaf and way == "back"):
                        sink.sendall(data)
                except OSError:
                    data = b""
                if not data:
                    _shut(sink)
                    return

    def _spawn(self, target: Any, *args: object) -> None:  # noqa: ANN401 - any function
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _shut(self._listener)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(10)


class RudeBroker:
    """Answers every CONNECT with the bytes that `answers` has for its protocol level, if any, and hangs up."""

    def __init__(self, answers: dict[int, bytes]) -> None:
        self._answers = answers
        self._listener = socket.create_server((HOST, 0))
        self.url = BrokerUrl(HOST, self._listener.getsockname()[1])
        self.levels: list[int] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                connect = client.recv(65536)
                _, found, rest = connect.partition(b"MQTT")  # the byte after the protocol's name is its level
                if found:
                    self.levels.append(rest[0])
                    with suppress(OSError):
                        client.sendall(self._answers.get(rest[0], b""))
                    _shut(client, socket.SHUT_WR)
                    client.settimeout(10)
                    while _received(client):  # until the client is done with it too
                        pass

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _shut(self._listener)
        self._listener.close()
        self._thread.join(10)


def _received(client: socket.socket) -> bytes:
    try:
        return client.recv(65536)
    except OSError:
        return b""


def _shut(end: socket.socket, how: int = socket.SHUT_RDWR) -> None:
    with suppress(OSError):  # it was already
        end.shutdown(how)
