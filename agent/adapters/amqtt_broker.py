"""A broker inside this process, for the demo and the tests: amqtt on the loopback address, in a thread of its own."""

import asyncio
import logging
import socket
import threading
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType
from typing import Self

from amqtt.adapters import StreamWriterAdapter  # type: ignore[import-untyped] # amqtt has no py.typed
from amqtt.broker import Broker  # type: ignore[import-untyped]
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType  # type: ignore[import-untyped]

from agent.broker_url import BrokerUrl
from agent.errors import BrokerError

_LISTENER = "default"
_HOST = "127.0.0.1"  # never the network: anybody may connect
_MQTT_3_1_1 = 4
_VERSION_REFUSED = bytes([0x20, 2, 0, 1])  # CONNACK "unacceptable protocol version", MQTT 3.1.1 section 3.2.2.3
_FIXED_HEADER_AT_MOST = 5  # a type byte and one to four bytes of length
_START_TIMEOUT_S = 10.0


class EmbeddedBroker:
    """An MQTT 3.1.1 broker on 127.0.0.1 while the `with` block runs; port 0 takes a free one, `url` tells which.

    Retained messages live in memory and end with it.

    Raises:
        BrokerError: on entering, when the port is taken.
    """

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._ready: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, name="embedded-broker", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._connections: dict[asyncio.Task[None], socket.socket] = {}

    @property
    def url(self) -> BrokerUrl:
        """Where it listens; only inside the `with` block."""
        return BrokerUrl(_HOST, self._ready.result(_START_TIMEOUT_S))

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._ready.result(_START_TIMEOUT_S)
        except OSError as error:
            self._thread.join(_START_TIMEOUT_S)  # else it puts log levels back later, over somebody else's
            raise BrokerError(f"mqtt://{_HOST}:{self._port}: the broker cannot listen: {error.strerror}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        assert self._stopping is not None
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        # amqtt warns of every client that goes away, and asyncio of what amqtt does then; neither is the user's matter
        quiet = {name: logging.getLogger(name) for name in ("amqtt", "transitions")}
        levels = {name: logger.level for name, logger in quiet.items()}
        for logger in quiet.values():
            logger.setLevel(logging.CRITICAL)
        try:
            asyncio.run(self._serve())
        finally:
            for name, logger in quiet.items():
                logger.setLevel(levels[name])

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        broker = Broker(
            BrokerConfig(
                # external: we listen ourselves, as amqtt does not tell the port it got, nor look at the version in time
                listeners={_LISTENER: ListenerConfig(type=ListenerType.EXTERNAL, bind=f"{_HOST}:{self._port}")},
                plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
            ),
        )

        try:
            listener = socket.create_server((_HOST, self._port))
        except OSError as error:
            self._ready.set_exception(error)
            return
        with listener:
            listener.settimeout(0.0)  # asyncio wants sockets that never block
            await broker.start()
            self._loop.add_reader(listener, self._accept, broker, listener)
            self._ready.set_result(listener.getsockname()[1])
            await self._stopping.wait()
            self._loop.remove_reader(listener)
        await broker.shutdown()
        await self._hang_up()

    def _accept(self, broker: Broker, listener: socket.socket) -> None:
        # not asyncio.start_server: in Python 3.11 it leaks a client that comes in the moment of closing
        try:
            client, _ = listener.accept()
        except OSError:
            return  # it left at once
        client.settimeout(0.0)
        task = asyncio.ensure_future(_attend(broker, client))
        self._connections[task] = client
        task.add_done_callback(self._connections.pop)

    async def _hang_up(self) -> None:
        """Closes what is still open: clients that have not said CONNECT yet, which amqtt does not know of."""
        connections = dict(self._connections)
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        for client in connections.values():  # a task that was cancelled before its first step has closed nothing
            client.close()


async def _attend(broker: Broker, client: socket.socket) -> None:
    """One client's connection, from its CONNECT to its end."""
    reader, writer = await asyncio.open_connection(sock=client)
    try:
        beginning, version = await _read_beginning(reader)
        if version == _MQTT_3_1_1:
            await broker.external_connected(_Resumed(beginning, reader), StreamWriterAdapter(writer), _LISTENER)
        else:
            # amqtt reads an MQTT 5 CONNECT with a will or a user name as 3.1.1, and waits for ever for bytes that it
            # takes to be missing; the client would learn nothing
            writer.write(_VERSION_REFUSED)
            await writer.drain()
    except (OSError, EOFError):
        pass  # the client went away first
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _read_beginning(reader: asyncio.StreamReader) -> tuple[bytes, int]:
    """The bytes of a CONNECT up to and with its protocol level, and that level; MQTT 3.1.1 section 3.1."""
    beginning = await reader.readexactly(1)
    for _ in range(_FIXED_HEADER_AT_MOST - 1):
        beginning += await reader.readexactly(1)
        if beginning[-1] < 0x80:  # noqa: PLR2004 - the highest bit says that the length goes on
            break
    name_length = await reader.readexactly(2)
    name = await reader.readexactly(int.from_bytes(name_length, "big"))
    level = await reader.readexactly(1)
    return beginning + name_length + name + level, level[0]


class _Resumed:
    """A stream, as amqtt reads one, whose first bytes were read already and are given again."""

    def __init__(self, beginning: bytes, rest: asyncio.StreamReader) -> None:
        self._beginning = beginning
        self._rest = rest

    async def read(self, n: int = -1) -> bytes:
        given = self._beginning if n < 0 else self._beginning[:n]
        self._beginning = self._beginning[len(given) :]
        if n < 0:
            return given + await self._rest.read()
        return given + await self._rest.readexactly(n - len(given))

    def feed_eof(self) -> None:
        self._rest.feed_eof()
