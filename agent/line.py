"""The line: newest Frame -> zones -> motion gate -> Classifier -> Prediction -> rules -> Decision -> Event -> publisher.

One thread runs it.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.count_book import CountBook
from agent.deciding import Decider
from agent.errors import CameraError
from agent.events import EventTracker
from agent.fit import Pixels
from agent.framing import Box, Framing
from agent.health import Health, resident_mb, temperature_c
from agent.latency import Latencies
from agent.motion import MotionGate
from agent.picture_watch import PictureWatch
from agent.ports import Classifier, Clock, FrameSource
from agent.publisher import Publisher
from agent.values import Decision, Event, EventPhase, Frame, Spot, Timing

_WAIT_S = 0.2  # for a picture; short enough that stopping feels immediate, long enough to cost nothing

_COUNTS_S = 1.0  # a burst of events is one message, and a new hour begins in time

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Zone:
    """A named part of a camera's picture, classified on its own, and what is remembered of it."""

    spot: Spot
    box: Box
    gate: MotionGate
    decider: Decider
    tracker: EventTracker
    tally: CountBook


@dataclass(frozen=True, slots=True)
class Station:
    """One camera's place on the line: its pictures, how they are framed and watched (None: not), and their zones."""

    camera: str
    source: FrameSource
    framing: Framing
    watch: PictureWatch | None
    zones: tuple[Zone, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a zone shows, and how long it took to classify: nothing, when it shows the same as before."""

    decision: Decision
    took_s: float


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
        self._counted_s = float("-inf")
        self._taken_s: dict[str, float] = {}
        self._pictures: dict[str, Pixels] = {}

    @property
    def frames(self) -> int:
        """How many pictures were attended to."""
        return self._frames

    def picture(self, camera: str) -> Pixels:
        """What one of the cameras shows, turned and cropped as it is looked at.

        Raises:
            CameraError: nothing at the moment; the message says why.
        """
        (lost,) = (station.source.lost for station in self._stations if station.camera == camera)
        if lost is not None or camera not in self._pictures:
            raise CameraError(lost or "no picture has come yet")
        return self._pictures[camera]

    def run(self, stop: Callable[[], bool]) -> Health:
        """Runs until `stop()` or the end of every source, ends the running events, and returns the final figures."""
        self._started_s = self._reported_s = self._clock.monotonic()
        wait_s = _WAIT_S
        while not stop() and not all(station.source.ended for station in self._stations):
            busy = [self._attend(station, wait_s / len(self._stations)) for station in self._stations]
            wait_s = 0.0 if any(busy) else _WAIT_S  # a camera that gives nothing must not slow down the others
            self._keep_time()
        for station in self._stations:
            for zone in station.zones:
                self._tell(zone, zone.tracker.finish(self._clock.now()))
        final = self._health()
        self._publisher.health(final)
        return final

    def _attend(self, station: Station, wait_s: float) -> bool:
        """Takes a camera's newest picture, if there is one within `wait_s`."""
        frame = station.source.next(wait_s)
        self._publisher.camera(station.camera, station.source.lost)
        if frame is None:
            self._silence(station)
            return False
        self._see(station, frame)
        return True

    def _see(self, station: Station, frame: Frame) -> None:
        picture = station.framing.applied(frame.pixels)
        if station.watch is not None:
            self._publisher.alert(
                f"{station.camera}-picture", station.watch.look(picture, frame.taken_s, frame.taken_at)
            )
        for zone in station.zones:
            seen = self._judge(zone, zone.box.cut(picture), frame.taken_s)
            age_s = self._clock.monotonic() - frame.taken_s
            timing = Timing(frame_age_ms=age_s * 1000, latency_ms=seen.took_s * 1000)
            self._publisher.decision(zone.spot, seen.decision, timing)
            self._tell(zone, zone.tracker.add(seen.decision, frame.taken_at))
        self._frames += 1
        self._taken_s[station.camera], self._pictures[station.camera] = frame.taken_s, picture
        self._latencies.add("frame_to_message", self._clock.monotonic() - frame.taken_s)

    def _judge(self, zone: Zone, pixels: Pixels, taken_s: float) -> _Seen:
        if not zone.gate.opens(pixels, taken_s, settled=zone.decider.settled):
            return _Seen(zone.decider.same(taken_s), 0.0)
        began_s = self._clock.monotonic()
        prediction = self._classifier.classify(pixels)
        took_s = self._clock.monotonic() - began_s
        self._latencies.add("classify", took_s)
        return _Seen(zone.decider.add(prediction, taken_s), took_s)

    def _silence(self, station: Station) -> None:
        now_s = self._clock.monotonic()
        for zone in station.zones:
            stale = zone.decider.silent(now_s)
            if stale is None:
                continue
            age_s = now_s - self._taken_s[station.camera]
            self._publisher.decision(zone.spot, stale, Timing(age_s * 1000, 0.0))
            self._tell(zone, zone.tracker.add(stale, self._clock.now()))

    def _keep_time(self) -> None:
        """What is due by the clock alone, whether pictures come or not."""
        self._publisher.keep_time()
        now_s = self._clock.monotonic()
        if now_s - self._reported_s >= self._health_s:
            self._publisher.health(self._health())
        if now_s - self._counted_s >= _COUNTS_S:
            self._counted_s = now_s
            for station in self._stations:
                for zone in station.zones:
                    self._publisher.counts(zone.spot, zone.tally.at(self._clock.now()))

    def _tell(self, zone: Zone, events: Sequence[Event]) -> None:
        for event in events:
            _log.info("%s: %s %s (%.2f)", zone.spot, event.label, event.phase.value, event.score)
            if event.phase is EventPhase.NEW:
                zone.tally.add(event.label, event.started)
            self._publisher.event(zone.spot, event)

    def _health(self) -> Health:
        now_s = self._clock.monotonic()
        since_s = max(now_s - self._reported_s, 1e-9)
        health = Health(
            uptime_s=now_s - self._started_s,
            frames=self._frames,
            fps=(self._frames - self._reported_frames) / since_s,
            dropped=sum(station.source.dropped for station in self._stations),
            gate_skips=sum(zone.gate.skipped for station in self._stations for zone in station.zones),
            latency_ms=self._latencies.percentiles(),
            rss_mb=resident_mb(),
            temperature_c=temperature_c(),
        )
        self._reported_frames, self._reported_s = self._frames, now_s
        return health
