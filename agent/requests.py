"""Requests from the network: what may be asked, and how whatever else comes is refused. Pure: bytes in, orders out."""

import re
from dataclasses import dataclass
from typing import Annotated

import msgspec

from agent.topics import Topics
from agent.values import Incoming

_MOST_BYTES = 4096  # a hundred times what any request needs
_COMMAND = re.compile(r"[a-z]{1,20}(/[a-z]{1,20})?")

Transaction = Annotated[str, msgspec.Meta(max_length=128)]
CameraName = Annotated[str, msgspec.Meta(max_length=64)]
Unit = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What every request may carry: a `transaction` of the asker's choice, which the response repeats."""

    transaction: Transaction = ""


class Ping(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`ping`: is the agent there, and does its line run?"""


class ThresholdSet(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`threshold/set`: the score from which a garment is believed, also after a restart; null for the configured one."""

    value: Unit | None


class Restart(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`restart`: the agent ends, and systemd starts it again."""


class Snapshot(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`snapshot`: what a camera shows at the moment, as a JPEG; null for each of them."""

    camera: CameraName | None = None


REQUESTS: dict[str, type[Request]] = {
    "ping": Ping,
    "snapshot": Snapshot,
    "threshold/set": ThresholdSet,
    "restart": Restart,
}


@dataclass(frozen=True, slots=True)
class Order:
    """A request that is understood."""

    command: str
    request: Request


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that is not carried out, and why."""

    command: str
    transaction: str
    reason: str


def read_request(topics: Topics, incoming: Incoming) -> Order | Refusal | None:
    """What was asked; None for what is no request at all, and so has nobody waiting for an answer."""
    command = incoming.topic.removeprefix(f"{topics.base}/request/")
    if command == incoming.topic or not _COMMAND.fullmatch(command) or (incoming.retained and not incoming.payload):
        return None
    if command not in REQUESTS:
        return Refusal(command, "", f"not known; known are {', '.join(REQUESTS)}")
    if len(incoming.payload) > _MOST_BYTES:
        return Refusal(command, "", f"too long: {len(incoming.payload)} bytes, at most {_MOST_BYTES} are read")
    if incoming.retained:  # it would be carried out again at every connect, for ever
        return Refusal(command, _transaction_of(incoming.payload), "it is retained; publish requests without retain")
    try:
        return Order(command, msgspec.json.decode(incoming.payload or b"{}", type=REQUESTS[command]))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error) if isinstance(error, msgspec.ValidationError) else "not JSON"
        return Refusal(command, _transaction_of(incoming.payload), reason[:200])


def _transaction_of(payload: bytes) -> str:
    try:
        return msgspec.json.decode(payload, type=Request).transaction
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
