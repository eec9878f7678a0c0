"""Which arithmetic to train in: sixteen bits where the processor multiplies them, else float32."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import keras

from training.devices import Capability, gpu_capabilities

_BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
_BFLOAT16_GPU = (8, 0)  # Ampere, the first whose tensor cores take bfloat16
_FLOAT16_GPU = (7, 0)  # Volta, the first with tensor cores at all; before it float16 computes no faster


def fastest_policy(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The Keras dtype policy that is fastest here."""
    gpus = gpu_capabilities()
    if not gpus and keras.backend.backend() != "tensorflow":
        return "float32"  # bfloat16 on a CPU was measured through TensorFlow alone
    try:
        return policy_for(gpus, cpuinfo.read_text(encoding="utf-8").split())
    except OSError:
        return policy_for(gpus, ())


def policy_for(gpus: Sequence[Capability], cpu_flags: Collection[str]) -> str:
    """The policy for these GPUs, the least of which decides, or without one for a CPU with these flags.

    On a CPU with AVX512-BF16 `mixed_bfloat16` doubled both passes. Without the instructions bfloat16 is emulated and
    slower than float32, so it is chosen only where they are there.
    """
    if not gpus:
        return "float32" if _BFLOAT16_FLAGS.isdisjoint(cpu_flags) else "mixed_bfloat16"
    if min(gpus) >= _BFLOAT16_GPU:
        return "mixed_bfloat16"
    return "mixed_float16" if min(gpus) >= _FLOAT16_GPU else "float32"


def loss_scaled(optimizer: keras.optimizers.Optimizer, model: keras.Model) -> keras.optimizers.Optimizer:
    """The optimizer as it must be for `model`: where a layer computes in float16, small gradients must be scaled up.

    Keras would do it by the dtype policy of the model, but that of a model cut out of another says nothing.
    """
    if any(layer.compute_dtype == "float16" for layer in model.layers):
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def xla_helps(gpus: int, replicas: int) -> bool:
    """Whether TensorFlow should compile the training step: on a GPU of its own.

    On a CPU it is slower than oneDNN: 0.56 s against 0.31 s of CPU for a step of VGG16's block 5 (bfloat16, batch 8). What
    replicas send each other cannot be compiled.
    """
    return gpus > 0 and replicas == 1


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Layers built inside compute by this policy; weights stay float32 by every policy used here."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
