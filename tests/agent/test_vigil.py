"""What systemd is told: that the agent is ready, how it is, and that it gets on - and nothing when it hangs."""

from collections.abc import Callable, Sequence
from datetime import UTC
from itertools import pairwise

from agent.count_book import CountBook
from agent.deciding import Decider, Rules
from agent.events import EventTracker
from agent.fit import Pixels
from agent.framing import Box, Framing
from agent.identity import Identity
from agent.line import Line, Station, Zone
from agent.messages import ModelName
from agent.motion import MotionGate, MotionRules
from agent.ports import NOT_YET
from agent.publisher import Publisher
from agent.topics import Topics
from agent.values import Prediction, Spot
from agent.vigil import Vigil
from tests.fakes import (
    FakeNotebook,
    ManualClock,
    RecordingBroker,
    RecordingSupervisor,
    ScriptedSource,
    ShadeClassifier,
    picture,
)

PATIENCE_S = 15.0
SPOT = Spot("door", "all")


class SlowOnceClassifier(ShadeClassifier):
    """Hangs for `hangs_s` at its 50th picture."""

    def __init__(self, clock: ManualClock, hangs_s: float) -> None:
        self._clock, self._hangs_s = clock, hangs_s

    def classify(self, pixels: Pixels) -> Prediction:
        if self.asked == 50:
            self._clock.advance(self._hangs_s)
        return super().classify(pixels)


class Shift:
    """A line over one scripted camera, with a vigil as in wiring.py; `step_s` passes at every turn."""

    def __init__(self, script: Sequence[Pixels | str | None], *, step_s: float = 0.1, hangs_s: float = 0.0) -> None:
        self.clock, self.broker = ManualClock(), RecordingBroker()
        self.supervisor = RecordingSupervisor(self.clock)
        self.source = ScriptedSource(script, self.clock, step_s)
        identity = Identity(
            Topics("shop", "till"), "s1", "0", {"door": ("all",)}, ("jeans",),
            ModelName(name="m", version="1", sha256="0"),
        )  # fmt: skip
        publisher = Publisher(identity, self.broker, self.clock, heartbeat_s=30.0)
        zone = Zone(
            SPOT,
            Box(),
            MotionGate(MotionRules(threshold=0.0, recheck_s=5.0)),
            Decider(Rules(threshold=0.6, rejects=frozenset({"other"}))),
            EventTracker("e", update_s=10.0),
            CountBook(SPOT, ("jeans",), UTC, FakeNotebook()),
        )
        station = Station("door", self.source, Framing(), None, (zone,))
        classifier = SlowOnceClassifier(self.clock, hangs_s)
        self.line = Line([station], classifier, publisher, self.clock, health_s=60.0)
        self.vigil = Vigil(self.supervisor, {"door": self.source}, self.broker, self.clock, patience_s=PATIENCE_S)

    def work(self, each_turn: Callable[[], None] = lambda: None) -> RecordingSupervisor:
        def ends() -> bool:
            self.vigil.turn(self.line.frames)
            each_turn()
            return False

        self.line.run(ends)
        self.vigil.stop()
        return self.supervisor


def longest_silence_s(supervisor: RecordingSupervisor, until_s: float) -> float:
    times = [0.0, *supervisor.times("WATCHDOG=1"), until_s]
    return max(later - earlier for earlier, later in pairwise(times))


def statuses(supervisor: RecordingSupervisor) -> list[str]:
    return [line.removeprefix("STATUS=") for _, line in supervisor.told if line.startswith("STATUS=")]


def test_it_is_ready_once_after_the_first_picture() -> None:
    supervisor = Shift([*["waiting for its first picture"] * 20, *[picture(200)] * 20]).work()
    assert [round(at_s, 1) for at_s in supervisor.times("READY=1")] == [2.1]


def test_it_is_not_ready_before_the_broker_was_tried() -> None:
    shift = Shift([picture(200)] * 50)
    shift.broker.lost = NOT_YET

    def tried_after_three_seconds() -> None:
        if shift.clock.passed_s > 3.0:
            shift.broker.lost = "connection refused"

    assert [round(at_s, 1) for at_s in shift.work(tried_after_three_seconds).times("READY=1")] == [3.1]


def test_a_camera_that_is_away_delays_it_for_half_a_minute_at_most() -> None:
    supervisor = Shift(["the cable is out"] * 400).work()
    assert [round(at_s) for at_s in supervisor.times("READY=1")] == [30]


def test_the_watchdog_is_fed_while_pictures_are_attended_to() -> None:
    supervisor = Shift([picture(200)] * 1000).work()
    assert longest_silence_s(supervisor, 100.0) < 6.0
    assert len(supervisor.times("WATCHDOG=1")) <= 21  # and not at every picture


def test_the_watchdog_is_fed_while_a_lost_camera_is_waited_for() -> None:
    assert longest_silence_s(Shift(["the cable is out"] * 1000).work(), 100.0) < 6.0


def test_a_classifier_that_hangs_starves_it_until_it_comes_back() -> None:
    shift = Shift([picture(200)] * 1000, hangs_s=90.0)
    supervisor = shift.work()
    assert 90.0 <= longest_silence_s(supervisor, shift.clock.passed_s) < 96.0


def test_a_source_that_gives_nothing_and_does_not_say_why_starves_it() -> None:
    shift = Shift([*[picture(200)] * 10, *[None] * 1000])
    assert longest_silence_s(shift.work(), shift.clock.passed_s) > 100.0 - PATIENCE_S - 1.0


def test_nothing_is_fed_where_nobody_watches() -> None:
    shift = Shift([picture(200)] * 100)
    shift.supervisor.within_s = None
    assert shift.work().times("WATCHDOG=1") == []


def test_the_status_is_one_plain_line_and_told_when_it_changes() -> None:
    shift = Shift([*[picture(200)] * 30, *["the cable\nis out"] * 30, *[picture(200)] * 30])
    shift.broker.lost = "connection refused"
    assert statuses(shift.work()) == [
        "door: pictures come; broker: connection refused",
        "door: the cable is out; broker: connection refused",
        "door: pictures come; broker: connection refused",
        "stopping",
    ]


def test_the_end_is_told() -> None:
    assert len(Shift([picture(200)]).work().times("STOPPING=1")) == 1
