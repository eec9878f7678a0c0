"""`vastra-agent bench`: what the agent costs on top of the bare interpreter, both measured in turn in one run."""

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import msgspec
import numpy as np

from agent.adapters.amqtt_broker import EmbeddedBroker
from agent.adapters.litert_classifier import LiteRtClassifier
from agent.adapters.scene_video import write_scene_video
from agent.bundle import Bundle
from agent.config import AgentConfig, BrokerConfig, CameraConfig, ModelConfig, OutboxConfig
from agent.messages import Percentiles
from agent.wiring import Surroundings, load_model, run_agent

_WARM_UP = 5  # invocations that page the weights in and settle the processor's clock


class Benchmark(msgspec.Struct, frozen=True, kw_only=True):
    """Pictures a second of the bare interpreter and of `run` on a video, medians over rounds, and their ratio.

    `ratio` is the median of the rounds' own ratios, so that a machine that slows down between rounds does not count.
    """

    model: str
    threads: int
    frames: int
    rounds: int
    bare_fps: float
    agent_fps: float
    ratio: float
    latency_ms: dict[str, Percentiles]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: `rounds` times `frames` pictures on `threads` processor threads."""

    model: Path
    threads: int = 1
    frames: int = 100
    rounds: int = 3


def measure(plan: Plan, around: Surroundings) -> Benchmark:
    """Measures, interpreter and agent in turn.

    Raises:
        BundleError: the model cannot be used.
        CameraError: OpenCV cannot write or read the video.
    """
    config = AgentConfig(
        model=ModelConfig(path=str(plan.model), threads=plan.threads), outbox=OutboxConfig(path=":memory:")
    )
    bundle = load_model(config)
    bare, agent, latency = [], [], {}
    with tempfile.TemporaryDirectory(prefix="vastra-bench-") as folder, EmbeddedBroker() as broker:
        video = Path(folder) / "scene.avi"
        write_scene_video(video, frames=plan.frames)
        config = msgspec.structs.replace(
            config,
            cameras=(CameraConfig(source=str(video), pace="fast"),),
            broker=BrokerConfig(url=str(broker.url)),
        )
        for _ in range(plan.rounds):
            bare.append(_bare_fps(bundle, plan))
            health = run_agent(config, around, lambda: False)
            agent.append(health.frames / health.uptime_s)
            latency = health.latency_ms
    return Benchmark(
        model=f"{bundle.manifest.name} {bundle.manifest.version}",
        threads=plan.threads,
        frames=plan.frames,
        rounds=plan.rounds,
        bare_fps=round(statistics.median(bare), 2),
        agent_fps=round(statistics.median(agent), 2),
        ratio=round(statistics.median(a / b for a, b in zip(agent, bare, strict=True)), 3),
        latency_ms=latency,
    )


def _bare_fps(bundle: Bundle, plan: Plan) -> float:
    """The interpreter alone on one picture that is fitted already: no decoding, no fitting, no messages."""
    classifier = LiteRtClassifier(bundle, threads=plan.threads)
    spec = bundle.manifest.input
    picture = np.random.default_rng(0).integers(0, 256, (spec.height, spec.width, 3), np.uint8)
    for _ in range(_WARM_UP):
        classifier.softmax(picture)
    began = perf_counter()
    for _ in range(plan.frames):
        classifier.softmax(picture)
    return plan.frames / (perf_counter() - began)
