"""Carries out what is asked over the network, on the line's own thread, and answers when it is done."""

import logging
from collections.abc import Sequence

import msgspec

from agent.count_book import Notebook
from agent.deciding import Decider, Rules
from agent.errors import OutboxError
from agent.photographer import Photographer
from agent.publisher import Publisher
from agent.requests import Order, Restart, Snapshot, ThresholdSet

_log = logging.getLogger(__name__)
_THRESHOLD = "threshold"
_SWITCHED_OFF = "pictures are not sent; [snapshot] enabled = true in the agent's configuration allows it"


class Clerk:
    """Takes the publisher's orders, one a turn of the line.

    `rules` are the configured ones; there is a `photographer` where pictures may be sent.
    """

    def __init__(
        self,
        publisher: Publisher,
        deciders: Sequence[Decider],
        rules: Rules,
        notebook: Notebook,
        photographer: Photographer | None = None,
    ) -> None:
        self._publisher, self._deciders, self._rules, self._notebook = publisher, deciders, rules, notebook
        self._photographer = photographer
        self._use(self._noted())

    def attend(self) -> bool:
        """Carries out the next order, if there is one; True when the agent has to restart."""
        order = self._publisher.next_order()
        if order is None:
            return False
        if isinstance(order.request, ThresholdSet):
            self._set_threshold(order, order.request.value)
            return False
        if isinstance(order.request, Snapshot):
            reason = self._photographer.take(order.request.camera) if self._photographer else _SWITCHED_OFF
            self._publisher.respond(order.command, order.request.transaction, reason=reason)
            return False
        self._publisher.respond(order.command, order.request.transaction, reason=None)
        if isinstance(order.request, Restart):
            _log.warning("restarting, as asked over the network")
            return True
        return False

    def _set_threshold(self, order: Order, value: float | None) -> None:
        try:
            self._notebook.set_note(_THRESHOLD, msgspec.json.encode(value))
        except OutboxError as error:
            self._publisher.respond(order.command, order.request.transaction, reason=error.message)
            return
        self._use(value)
        _log.info("threshold: %s, as asked over the network", "as configured" if value is None else f"{value:g}")
        self._publisher.respond(order.command, order.request.transaction, reason=None)

    def _use(self, threshold: float | None) -> None:
        in_force = self._rules.threshold if threshold is None else threshold
        for decider in self._deciders:
            decider.believe_from(in_force)
        self._publisher.threshold(in_force)

    def _noted(self) -> float | None:
        content = self._notebook.note(_THRESHOLD)
        try:
            return None if content is None else msgspec.json.decode(content, type=float | None)
        except msgspec.MsgspecError:
            return None
