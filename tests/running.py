"""The whole agent in a thread of the test: real model, real broker, a camera that shows what the test puts before it."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from agent.config import AgentConfig, BrokerConfig, CameraConfig, ModelConfig, OutboxConfig
from agent.fit import Pixels
from agent.ports import Camera, Clock
from agent.values import Frame
from agent.wiring import Surroundings, run_agent
from tests.brokers import Mosquitto
from tests.waiting import DEADLINE_S


class Stand:
    """A camera before which pictures can be put; it takes thirty a second, as a real one does, and never ends."""

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels
        self._never = threading.Event()
        self._clock = Clock()
        self._number = 0

    def open(self, _: CameraConfig, __: Clock) -> Camera:
        return self

    def read(self) -> Frame:
        self._never.wait(1 / 30)
        self._number += 1
        return Frame(self.pixels, self._number - 1, self._clock.now(), self._clock.monotonic())

    def close(self) -> None:
        """Nothing is held open."""


def config_for(broker: Mosquitto, model: Path, **changes: object) -> AgentConfig:
    """One live camera `door`, the model, the broker, events in memory."""
    config = AgentConfig(
        site="shop",
        device="till",
        cameras=(CameraConfig(name="door"),),
        model=ModelConfig(path=str(model)),
        broker=BrokerConfig(url=str(broker.url)),
        outbox=OutboxConfig(path=":memory:"),
    )
    return msgspec.structs.replace(config, **changes)


@contextmanager
def running_agent(config: AgentConfig, stand: Stand, environ: Mapping[str, str] | None = None) -> Iterator[None]:
    """The agent, until the end of the block; what ended it before that is raised there."""
    stop, failures = threading.Event(), []

    def run() -> None:
        try:
            run_agent(config, Surroundings(Clock(), environ or {}, stand.open), stop.is_set)
        except BaseException as error:  # noqa: BLE001 - handed over to the test
            failures.append(error)

    thread = threading.Thread(target=run, name="agent under test")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(DEADLINE_S)
        assert not thread.is_alive(), "the agent did not stop"
        if failures:
            raise failures[0]
