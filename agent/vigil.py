"""Tells who started the agent how it is doing, so that it is started again when it hangs. Reads no clock of its own."""

from collections.abc import Mapping

from agent.ports import NOT_YET, Broker, Clock, FrameSource, Supervisor

_READY_AT_LATEST_S = 30.0  # a camera may be away for days, and a start that waits for it would count as failed
_REPORT_S = 1.0  # a camera that comes and goes is not told more often
_LONGEST_STATUS = 400


class Vigil:
    """Says READY=1 after the first picture and attempt to reach the broker, and WATCHDOG=1 while the line gets on.

    The line gets on when it has attended to a picture, or when a source may still take its time: it says itself why it
    has none, or gave its last one less than `patience_s` ago. A classifier that hangs lets no turn come, so that
    nothing is said.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        sources: Mapping[str, FrameSource],
        broker: Broker,
        clock: Clock,
        *,
        patience_s: float,
    ) -> None:
        self._supervisor, self._sources, self._broker, self._clock = supervisor, sources, broker, clock
        self._patience_s = patience_s
        self._began_s = self._moved_s = clock.monotonic()
        self._frames = 0
        self._ready = False
        self._fed_s = self._reported_s = float("-inf")
        self._status = ""

    def turn(self, frames: int) -> None:
        """To be called once a turn of the line, with how many pictures it has attended to so far."""
        now_s = self._clock.monotonic()
        if frames > self._frames:
            self._frames, self._moved_s = frames, now_s
        if not self._ready and self._has_begun(now_s):
            self._ready = True
            self._supervisor.tell("READY=1")
        within_s = self._supervisor.within_s
        # a quarter: two turns that take long are then no hanging yet
        if within_s is not None and now_s - self._fed_s >= within_s / 4 and self._gets_on(now_s):
            self._fed_s = now_s
            self._supervisor.tell("WATCHDOG=1")
        if now_s - self._reported_s >= _REPORT_S:
            self._reported_s = now_s
            self._report()

    def stop(self) -> None:
        """Says that the agent is about to end."""
        self._supervisor.tell("STOPPING=1", "STATUS=stopping")

    def _has_begun(self, now_s: float) -> bool:
        tried = self._frames > 0 and self._broker.lost != NOT_YET
        return tried or now_s - self._began_s >= _READY_AT_LATEST_S

    def _gets_on(self, now_s: float) -> bool:
        if now_s - self._moved_s < self._patience_s:
            return True
        return all(source.lost is not None or source.ended for source in self._sources.values())

    def _report(self) -> None:
        parts = [f"{name}: {source.lost or 'pictures come'}" for name, source in self._sources.items()]
        status = " ".join("; ".join([*parts, f"broker: {self._broker.lost or 'connected'}"]).split())
        if status != self._status:
            self._status = status
            self._supervisor.tell(f"STATUS={status[:_LONGEST_STATUS]}")
