"""`vastra-agent demo`: the whole agent on drawn scenes, seen as a subscriber sees it, with a summary at the end."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from agent.adapters.amqtt_broker import EmbeddedBroker
from agent.adapters.demo_camera import DemoCamera
from agent.adapters.paho_subscriber import Received, Subscriber
from agent.adapters.scene_camera import SceneRenderer
from agent.broker_access import BrokerAccess
from agent.broker_url import BrokerUrl, parse_broker_url
from agent.config import AgentConfig, BrokerConfig, CameraConfig, ModelConfig, OutboxConfig
from agent.fleet_view import FleetView
from agent.health import Health
from agent.messages import ClassificationMessage, Percentiles
from agent.ports import Camera, Clock
from agent.scene import Scene
from agent.scoring import Score, Scorer
from agent.topics import Topics
from agent.wiring import Surroundings, run_agent

_TOPICS = Topics("demo", "drawn-camera")
_REDRAW_S = 0.25
_CONNECT_S = 10.0
_LAST_WORDS_S = 2.0  # for the messages that are under way when the agent stops


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What the demo showed. `accuracy` is the share of `moments` at which a subscriber knew what the scene drew.

    `decisions` and `events` are the messages of those kinds among all `messages`; `latency_ms` holds `classify`, and
    `frame_to_message` from the picture to its decision handed to the network.
    """

    seconds: float
    frames: int
    fps: float
    decisions: int
    events: int
    messages: int
    accuracy: float
    moments: int
    passages: int
    passages_right: int
    latency_ms: dict[str, Percentiles]


@dataclass(frozen=True, slots=True)
class Show:
    """What to show: for how many `seconds` (None: until stopped), which scene, which model, through which broker."""

    model: Path
    seconds: float | None = 40.0
    seed: int = 7
    broker: str | None = None
    table: bool = True


def perform(show: Show, around: Surroundings, stop: Callable[[], bool]) -> Summary:
    """Runs the show and returns its summary.

    Raises:
        BrokerError: the broker given does not answer.
        BundleError: the model cannot be used.
    """
    with _broker(show) as url, Subscriber(BrokerAccess(url), f"{_TOPICS.base}/#") as subscriber:
        subscriber.await_subscription(_CONNECT_S)
        audience = _Audience(subscriber, Scene(show.seed), around.clock)
        config = AgentConfig(
            site=_TOPICS.site,
            device=_TOPICS.device,
            cameras=(CameraConfig(source="demo"),),
            model=ModelConfig(path=str(show.model)),
            broker=BrokerConfig(url=show.broker or str(url)),
            outbox=OutboxConfig(path=":memory:"),
            health_s=5.0,
        )
        live = Live(console=Console(), auto_refresh=False) if show.table else nullcontext()
        with live as screen:
            health = run_agent(
                config,
                replace(around, open_camera=audience.raise_curtain),
                lambda: stop() or audience.watch(screen, show.seconds),
            )
        audience.hear_out(_LAST_WORDS_S)
        return audience.summary(health)


class _Audience:
    """A subscriber who knows what was drawn."""

    def __init__(self, subscriber: Subscriber, scene: Scene, clock: Clock) -> None:
        self._subscriber, self._scene, self._clock = subscriber, scene, clock
        self._view = FleetView()
        self._kinds: Counter[str] = Counter()
        self._started = self._ended = clock.now()
        self._scorer: Scorer | None = None
        self._drawn_s = 0.0

    def raise_curtain(self, _: CameraConfig, clock: Clock) -> Camera:
        """The scene as a camera, from its first moment on."""
        camera = DemoCamera(SceneRenderer(self._scene), clock)
        self._started = clock.now()
        self._scorer = Scorer(self._scene, self._started)
        return camera

    def watch(self, screen: Live | None, seconds: float | None) -> bool:
        """Takes what was published, redraws now and then; true when the show is over."""
        while (received := self._subscriber.next(0.0)) is not None:
            self._take(received)
        now_s = self._clock.monotonic()
        if screen is not None and now_s - self._drawn_s >= _REDRAW_S:
            self._drawn_s = now_s
            screen.update(Group(self._view.table(self._clock.now()), self._caption()), refresh=True)
        self._ended = self._clock.now()
        return seconds is not None and self._scorer is not None and self._elapsed_s() >= seconds

    def hear_out(self, quiet_s: float) -> None:
        """Takes what is still under way: until `stopped` came, or nothing did for `quiet_s`."""
        while (received := self._subscriber.next(quiet_s)) is not None:
            self._take(received)
            if received.topic == _TOPICS.state and b'"stopped"' in received.payload:
                return

    def summary(self, health: Health) -> Summary:
        score = self._score()
        return Summary(
            seconds=round(self._elapsed_s(), 1),
            frames=health.frames,
            fps=round(health.frames / max(health.uptime_s, 1e-9), 2),
            decisions=self._kinds["classification"],
            events=self._kinds["event"],
            messages=self._kinds.total(),
            accuracy=round(score.accuracy, 4),
            moments=score.moments,
            passages=score.passages,
            passages_right=score.passages_right,
            latency_ms=health.latency_ms,
        )

    def _take(self, received: Received) -> None:
        if received.retained:
            return  # left over from an earlier show at the same broker
        kind = received.topic.rpartition("/")[2]
        self._kinds[kind] += 1
        self._view.take(received.topic, received.payload, retained=received.retained, at=received.at)
        if kind == "classification" and self._scorer is not None:
            self._scorer.take(msgspec.json.decode(received.payload, type=ClassificationMessage))

    def _elapsed_s(self) -> float:
        return (self._ended - self._started).total_seconds()

    def _score(self) -> Score:
        return self._scorer.score(self._ended) if self._scorer else Score(0, 0, 0, 0)

    def _caption(self) -> Text:
        drawn = self._scene.truth_at(max(0.0, self._elapsed_s()))
        score = self._score()
        rate = f", right {score.accuracy:.0%} of the time" if score.moments else ""
        return Text(f"the scene shows: {drawn or 'nothing, or a garment on its way'}{rate}", "dim")


@contextmanager
def _broker(show: Show) -> Iterator[BrokerUrl]:
    if show.broker is not None:
        yield parse_broker_url(show.broker)
        return
    with EmbeddedBroker() as broker:
        yield broker.url
