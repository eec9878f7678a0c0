"""The line: newest Frame -> Classifier -> Prediction -> rules -> Decision -> Event -> publisher. One thread runs it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.deciding import Decider
from agent.events import EventTracker
from agent.health import Health, resident_mb, temperature_c
from agent.latency import Latencies
from agent.ports import Classifier, Clock, FrameSource
from agent.publisher import Publisher, Timing
from agent.values import Decision, Frame

WHOLE = "all"
"""The zone that is the whole picture, where no zones are configured."""

_WAIT_S = 0.2  # for a picture; short enough that stopping feels immediate, long enough to cost nothing

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Station:
    """One camera's place on the line: its pictures, and what is remembered of them."""

    camera: str
    source: FrameSource
    decider: Decider
    tracker: EventTracker


class Line:
    """Takes the newest picture of each camera in turn and passes it along, until told to stop or every source ended."""

    def __init__(
        self,
        stations: Sequence[Station],
        classifier: Classifier,
        publisher: Publisher,
        clock: Clock,
        *,
        health_s: float,
    ) -> None:
        self._stations, self._classifier, self._publisher, self._clock = stations, classifier, publisher, clock
        self._health_s = health_s
        self._latencies = Latencies()
        self._frames = self._reported_frames = 0
        self._started_s = self._reported_s = clock.monotonic()
        self._taken_s: dict[str, float] = {}

    def run(self, stop: Callable[[], bool]) -> Health:
        """Runs until `stop()` or the end of every source, ends the running events, and returns the final figures."""
        self._started_s = self._reported_s = self._clock.monotonic()
        while not stop() and not all(station.source.ended for station in self._stations):
            for station in self._stations:
                frame = station.source.next(_WAIT_S / len(self._stations))
                self._publisher.camera(station.camera, station.source.lost)
                if frame is None:
                    self._silence(station)
                else:
                    self._see(station, frame)
            if self._clock.monotonic() - self._reported_s >= self._health_s:
                self._publisher.health(self._health())
        for station in self._stations:
            for event in station.tracker.finish(self._clock.now()):
                self._publisher.event(station.camera, WHOLE, event)
        final = self._health()
        self._publisher.health(final)
        return final

    def _see(self, station: Station, frame: Frame) -> None:
        self._taken_s[station.camera] = frame.taken_s
        began_s = self._clock.monotonic()
        prediction = self._classifier.classify(frame.pixels)
        classified_s = self._clock.monotonic()
        decision = station.decider.add(prediction, frame.taken_s)
        self._tell(station, decision, frame, classified_s - began_s)
        self._frames += 1
        self._latencies.add("classify", classified_s - began_s)
        self._latencies.add("frame_to_message", self._clock.monotonic() - frame.taken_s)

    def _tell(self, station: Station, decision: Decision, frame: Frame, latency_s: float) -> None:
        age_s = self._clock.monotonic() - frame.taken_s
        self._publisher.decision(station.camera, WHOLE, decision, Timing(age_s * 1000, latency_s * 1000))
        for event in station.tracker.add(decision, frame.taken_at):
            _log.info("%s: %s %s (%.2f)", station.camera, event.label, event.phase.value, event.score)
            self._publisher.event(station.camera, WHOLE, event)

    def _silence(self, station: Station) -> None:
        now_s = self._clock.monotonic()
        stale = station.decider.silent(now_s)
        if stale is None:
            return
        age_s = now_s - self._taken_s[station.camera]
        self._publisher.decision(station.camera, WHOLE, stale, Timing(age_s * 1000, 0.0))
        for event in station.tracker.add(stale, self._clock.now()):
            self._publisher.event(station.camera, WHOLE, event)

    def _health(self) -> Health:
        now_s = self._clock.monotonic()
        since_s = max(now_s - self._reported_s, 1e-9)
        health = Health(
            uptime_s=now_s - self._started_s,
            frames=self._frames,
            fps=(self._frames - self._reported_frames) / since_s,
            dropped=sum(station.source.dropped for station in self._stations),
            latency_ms=self._latencies.percentiles(),
            rss_mb=resident_mb(),
            temperature_c=temperature_c(),
        )
        self._reported_frames, self._reported_s = self._frames, now_s
        return health
