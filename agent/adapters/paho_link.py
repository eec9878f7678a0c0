"""One MQTT connection over paho, from its CONNECT to its end; `paho_connection` makes the next one."""

import selectors
import socket
import ssl
from collections import deque
from dataclasses import dataclass
from time import monotonic

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.broker_access import BrokerAccess
from agent.errors import BrokerError
from agent.values import Outgoing

MQTT_5 = MQTTProtocolVersion.MQTTv5
MQTT_3_1_1 = MQTTProtocolVersion.MQTTv311
VERSION_NAMES = {MQTT_5: "5", MQTT_3_1_1: "3.1.1"}

_CONNECT_TIMEOUT_S = 5.0  # for TCP, for TLS and for the broker's answer, each
_UNACKNOWLEDGED_AT_MOST = 20  # what paho and Mosquitto allow one client; HiveMQ allows 10, and says so
_FAILURE = 0x80  # reason codes from here on are failures, MQTT 5 section 2.4

_TAKEN_OVER = "Session taken over"  # Mosquitto 2.0 closes without saying so

# What only a person can mend, in words; the rest is the broker's trouble and passes.
_REFUSALS = {
    "Bad user name or password": "wrong user name or password",
    "Not authorized": "wrong user name or password, or none given",  # what Mosquitto says to each of the three
    "Client identifier not valid": "the broker does not accept this client id",
    "Banned": "the broker has banned this client",
    _TAKEN_OVER: "another client connected with the same client id; every device needs a name of its own",
}


class RefusedError(BrokerError):
    """The broker, or we ourselves, refuse for a reason that a person has to mend; try again, but slowly."""


class VersionError(BrokerError):
    """The broker does not speak this version of MQTT, or seems not to; try an older one at once."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The broker's answer to the message or subscription `mid`; `refusal` is None when it took it."""

    mid: int
    refusal: str | None = None


class Link:
    """An open connection; used by one thread alone, and useless once `lost` tells why it ended.

    paho queues unacknowledged messages in memory and would send them again after a reconnect, old retained states
    after new ones. So each connection has a client of its own, which never reconnects; what must not be lost is in the
    outbox. Nor is paho's `loop_forever` used: unless paho started the thread itself, `publish` writes to the socket
    from the calling thread, while the loop may be in the middle of another packet.

    Raises:
        VersionError, RefusedError, BrokerError: when made; the message is in plain words and holds no password.
    """

    def __init__(
        self,
        access: BrokerAccess,
        version: MQTTProtocolVersion,
        *,
        will: Outgoing | None,
        wake: socket.socket,
    ) -> None:
        self._access = access
        self._version = version
        self._wake = wake
        self._answer: ReasonCode | None = None
        self._accepted = False
        self._lost: str | None = None
        self.needs_person = self.taken_over = False
        self._window = _UNACKNOWLEDGED_AT_MOST
        self._unacknowledged: set[int] = set()
        self.acknowledged: deque[Acknowledged] = deque()
        self.received: deque[MQTTMessage] = deque()
        self._client = self._make_client(will)
        try:
            self._open()
        except BrokerError:
            self.drop()
            raise

    @property
    def lost(self) -> str | None:
        """Why the connection ended, in plain words; None while it is open."""
        return self._lost

    @property
    def room(self) -> int:
        """How many messages may be published now; 0 while the network takes no bytes, or acknowledgements are due."""
        return 0 if self._client.want_write() else self._window - len(self._unacknowledged)

    def publish(self, message: Outgoing) -> int:
        """Sends a message and gives the number under which `acknowledged` will report it, if its qos is 1.

        Look at `room` first: a broker that gets more than it allows ends the connection, MQTT 5 section 3.3.4.
        """
        properties = self._properties(PacketTypes.PUBLISH, message)
        mid = self._client.publish(message.topic, message.payload, message.qos, message.retain, properties).mid
        if message.qos:
            self._unacknowledged.add(mid)
        return mid

    def subscribe(self, topic_filter: str) -> int | None:
        """Asks for messages with QoS 1 and gives the number for `acknowledged`; None if the connection just ended."""
        return self._client.subscribe(topic_filter, qos=1)[1]

    def turn(self, timeout_s: float) -> None:
        """Writes and reads what there is, waiting for it up to `timeout_s` or until the wake socket has a byte."""
        sock = self._client.socket()
        if sock is None:
            self._end("the connection was closed")
            return
        # bytes that TLS has decrypted already do not show on the socket
        decrypted = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        with selectors.DefaultSelector() as selector:  # not select(), which fails on descriptors above 1023
            selector.register(self._wake, selectors.EVENT_READ)
            writing = selectors.EVENT_WRITE if self._client.want_write() else 0
            selector.register(sock, selectors.EVENT_READ | writing)
            ready = {key.fileobj: events for key, events in selector.select(0.0 if decrypted else timeout_s)}
        if self._wake in ready:
            self._wake.recv(4096)
        events = ready.get(sock, 0)
        if decrypted or events & selectors.EVENT_READ:
            self._read()
        if events & selectors.EVENT_WRITE:
            self._client.loop_write()
        self._client.loop_misc()  # pings, and finds that a peer has gone silent
        if self._client.socket() is None:
            self._end("the connection was closed")

    def disconnect(self) -> None:
        """Says goodbye, so that the broker does not publish the will, and closes."""
        self._client.disconnect()
        deadline = monotonic() + _CONNECT_TIMEOUT_S
        while self._lost is None and monotonic() < deadline:
            self.turn(0.1)
        self.drop()

    def surrender(self) -> None:
        """Closes, as another client has taken our place; the broker publishes the will."""
        self.needs_person = self.taken_over = True
        self._end(_REFUSALS[_TAKEN_OVER])
        self.drop()

    def drop(self) -> None:
        """Closes without a goodbye; the broker then publishes the will."""
        sock = self._client.socket()
        if sock is not None:
            sock.close()
        self._end("the connection was closed")

    def _read(self) -> None:
        try:
            self._client.loop_read()
        except Exception as error:  # noqa: BLE001 - paho lets whatever its parsers stumble over escape (IndexError, ...)
            self._end(f"the broker sent what is not MQTT ({error!r})")
            self.drop()

    def _make_client(self, will: Outgoing | None) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._access.client_id,
            clean_session=None if self._version == MQTT_5 else True,
            protocol=self._version,
            reconnect_on_failure=False,
        )
        client.connect_timeout = _CONNECT_TIMEOUT_S
        url = self._access.url
        if url.username is not None:
            client.username_pw_set(url.username, url.password.reveal() if url.password else None)
        if url.tls:
            client.tls_set_context(self._access.tls())  # read anew each time: certificates are renewed while we run
        if will is not None:
            properties = self._properties(PacketTypes.WILLMESSAGE, will)
            client.will_set(will.topic, will.payload, will.qos, will.retain, properties)
        # These only take notes: an exception in a callback would leave a client that says it is connected and is not.
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _open(self) -> None:
        url = self._access.url
        try:
            # a fresh paho client starts clean, and session expiry is 0 unless said: the broker keeps nothing for us
            self._client.connect(url.host, url.port, self._access.keepalive_s)
        except ssl.SSLCertVerificationError as error:
            raise RefusedError(f"{url}: its certificate is not trusted: {error.verify_message}") from error
        except (OSError, ValueError) as error:  # ValueError: a host that cannot be a name
            raise BrokerError(f"{url}: {_reason(error)}") from error
        deadline = monotonic() + _CONNECT_TIMEOUT_S
        while self._answer is None and self._lost is None and monotonic() < deadline:
            self.turn(0.1)
        if self._accepted and self._lost is None:
            return
        if self._answer is not None and self._answer.getName() == "Unsupported protocol version":
            raise VersionError(f"{url}: the broker does not speak MQTT {VERSION_NAMES[self._version]}")
        if self._answer is not None and not self._accepted:
            name = self._answer.getName()
            if name in _REFUSALS:
                raise RefusedError(f"{url}: {_REFUSALS[name]}")
            raise BrokerError(f"{url}: refused by the broker: {name}")
        # Some brokers hang up, or wait for more, when they are spoken to in MQTT 5.
        lost = self._lost or "it does not answer like an MQTT broker"
        # With TLS 1.3 the server looks at the client's certificate only after the client thinks that it is connected.
        hint = " (does it want a client certificate? broker.cert_file)" if url.tls else ""
        raise VersionError(f"{url}: {lost}{hint}")

    def _properties(self, packet: int, message: Outgoing) -> Properties | None:
        if self._version != MQTT_5:
            return None
        properties = Properties(packet)  # type: ignore[no-untyped-call] # paho left this one out
        properties.ContentType = message.content_type
        if message.expiry_s is not None:
            properties.MessageExpiryInterval = message.expiry_s
        return properties

    def _end(self, reason: str) -> None:
        if self._lost is None:
            self._lost = reason

    def _on_connect(self, _: Client, __: object, ___: ConnectFlags, code: ReasonCode, given: Properties | None) -> None:
        self._answer = code
        self._accepted = code.value < _FAILURE
        # set only where the broker sent it; paho itself does not heed it
        self._window = min(self._window, getattr(given, "ReceiveMaximum", self._window))

    def _on_disconnect(
        self, _: Client, __: object, flags: DisconnectFlags, code: ReasonCode, ___: Properties | None
    ) -> None:
        name = code.getName()
        if flags.is_disconnect_packet_from_server:
            self.needs_person, self.taken_over = name in _REFUSALS, name == _TAKEN_OVER
            self._end(_REFUSALS.get(name, f"the broker closed the connection: {name}"))
        elif name == "Keep alive timeout":
            self._end(f"the broker was silent for more than {self._access.keepalive_s} s")
        elif name == "Protocol error":
            self._end("the broker sent what is not MQTT")
        else:
            self._end("the connection broke")

    def _on_publish(self, _: Client, __: object, mid: int, code: ReasonCode, ___: Properties | None) -> None:
        self._unacknowledged.discard(mid)
        self.acknowledged.append(Acknowledged(mid, code.getName() if code.value >= _FAILURE else None))

    def _on_subscribe(self, _: Client, __: object, mid: int, codes: list[ReasonCode], ___: Properties | None) -> None:
        refused = [code.getName() for code in codes if code.value >= _FAILURE]
        self.acknowledged.append(Acknowledged(mid, refused[0] if refused else None))

    def _on_message(self, _: Client, __: object, message: MQTTMessage) -> None:
        self.received.append(message)


def _reason(error: Exception) -> str:
    """The system's words for a failure, without its number."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or error}"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[:1].lower() + text[1:]
