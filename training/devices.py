"""What a training process has to compute on: its GPUs, and its place among the workers that TF_CONFIG names."""

import os
from collections.abc import Mapping
from typing import Literal

import keras
import msgspec

from training.errors import RecipeError

Capability = tuple[int, int]
"""NVIDIA's compute capability of a GPU, major and minor; (0, 0) for a GPU that tells none."""


def gpu_capabilities() -> tuple[Capability, ...]:
    """The capability of each GPU that Keras's backend sees."""
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf  # noqa: PLC0415 - only where it is the backend

            details = map(tf.config.experimental.get_device_details, tf.config.list_physical_devices("GPU"))
            return tuple(one.get("compute_capability", (0, 0)) for one in details)
        case "jax":
            import jax  # noqa: PLC0415 - likewise

            gpus = [device for device in jax.local_devices() if device.platform == "gpu"]
            return tuple(_read(getattr(gpu, "compute_capability", "")) for gpu in gpus)
        case "torch":
            import torch  # noqa: PLC0415 - likewise

            return tuple(torch.cuda.get_device_capability(number) for number in range(torch.cuda.device_count()))
        case _:
            return ()


def _read(version: str) -> Capability:
    major, _, minor = version.partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else (0, 0)


class Place(msgspec.Struct, frozen=True):
    """Which of several workers this process is; 0 is the chief, and alone it is that too."""

    number: int = 0
    workers: int = 1


class _Task(msgspec.Struct, frozen=True):
    type: Literal["chief", "worker"]
    index: int


class _Config(msgspec.Struct, frozen=True):
    """TF_CONFIG, as https://www.tensorflow.org/guide/distributed_training describes it."""

    cluster: dict[Literal["chief", "worker"], list[str]]
    task: _Task


def place_among_workers(environ: Mapping[str, str] = os.environ) -> Place:
    """What TF_CONFIG says of this process; without it, or where it names nobody else, the process is alone.

    Raises:
        RecipeError: TF_CONFIG cannot be read, or this process is none of its workers.
    """
    text = environ.get("TF_CONFIG", "")
    if not text:
        return Place()
    try:
        config = msgspec.json.decode(text, type=_Config)
    except msgspec.MsgspecError as error:
        raise RecipeError(
            f"TF_CONFIG: {error}; expected "
            '{"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}'
        ) from error
    chiefs, workers = (config.cluster.get(job, []) for job in ("chief", "worker"))
    jobs = [("chief", index) for index in range(len(chiefs))] + [("worker", index) for index in range(len(workers))]
    task = (config.task.type, config.task.index)
    if task not in jobs:
        raise RecipeError(f"TF_CONFIG: task {task[0]} {task[1]} is not in its cluster of {len(jobs)}; give one that is")
    return Place(jobs.index(task), len(jobs))
