"""Whose words stand on our state topic: ours, an earlier run's, or a rival's. Pure."""

import msgspec

from agent.errors import RivalError
from agent.messages import StateMessage
from agent.values import Incoming


class Sessions:
    """Follows what is said on the state topic over the connections of the run `session`."""

    def __init__(self, session: str) -> None:
        self._session = session
        self._connects = 0
        self._predecessor: str | None = None

    def connected(self) -> None:
        """A connection was made."""
        self._connects += 1

    def hear(self, incoming: Incoming) -> bool:
        """True for the last will of an earlier connection that comes late: unanswered, we would be taken for dead.

        Raises:
            RivalError: another start of the agent has spoken on our topics since this one began to.
        """
        try:
            state = msgspec.json.decode(incoming.payload, type=StateMessage)
        except msgspec.MsgspecError:
            return False
        known = (self._session, self._predecessor)
        # What the broker had kept at our first connect is an earlier run's; at a later one it should be our own.
        if incoming.retained and self._connects == 1 and self._predecessor is None:
            self._predecessor = state.session
        elif state.session not in known and (self._connects > 1 if incoming.retained else state.state == "online"):
            raise RivalError("another device has our name")
        return state.state == "offline" and not incoming.retained

    def give_way(self) -> None:
        """A rival has our place: when we come back, it is to take it again, and not by right that somebody has it."""
        self._connects = 0
        self._predecessor = self._predecessor or ""
