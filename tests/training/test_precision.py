from pathlib import Path

import keras
import numpy as np
import pytest

from agent.fit import InputSpec
from training.devices import Capability
from training.model import build_classifier, split_classifier
from training.precision import dtype_policy, fastest_policy, loss_scaled, policy_for, xla_helps
from training.recipe import Network
from training.vgg import CONVOLUTIONS

SPEC = InputSpec(height=32, width=32)
TESLA_P100, TESLA_T4, A100, H100 = (6, 0), (7, 5), (8, 0), (9, 0)


@pytest.mark.parametrize(
    ("gpus", "policy"),
    [
        ([A100], "mixed_bfloat16"),
        ([H100, A100], "mixed_bfloat16"),
        ([TESLA_T4], "mixed_float16"),
        ([A100, TESLA_T4], "mixed_float16"),
        ([TESLA_P100], "float32"),
        ([(0, 0)], "float32"),
    ],
)
def test_a_gpu_computes_in_the_sixteen_bits_that_its_tensor_cores_take(gpus: list[Capability], policy: str) -> None:
    assert policy_for(gpus, {"avx512_bf16"}) == policy


def test_a_cpu_computes_in_bfloat16_only_where_it_multiplies_it(tmp_path: Path) -> None:
    assert policy_for([], {"avx2", "amx_bf16"}) == "mixed_bfloat16"
    assert policy_for([], {"avx2"}) == "float32"
    assert fastest_policy(tmp_path / "no cpuinfo here") == "float32"


def test_xla_compiles_for_one_gpu_and_neither_for_a_cpu_nor_for_replicas() -> None:
    assert xla_helps(gpus=1, replicas=1)
    assert not xla_helps(gpus=0, replicas=1)
    assert not xla_helps(gpus=2, replicas=2)


def test_in_float16_the_loss_is_scaled_so_that_small_gradients_are_not_lost() -> None:
    network = Network(boundary=4, widths=(4,) * len(CONVOLUTIONS))
    with dtype_policy("mixed_float16"):
        whole = build_classifier("vgg16", network, SPEC, 2, weights="none")
    top = split_classifier(whole, "vgg16", 4, cached=True).top
    optimizer = loss_scaled(keras.optimizers.SGD(0.1), top)
    assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    top.compile(optimizer, loss="categorical_crossentropy")
    rows = np.random.default_rng(1).random((4, *top.input_shape[1:]), np.float32)
    before = top.get_weights()
    top.train_on_batch(rows, np.eye(2, dtype=np.float32)[[0, 1, 0, 0]])
    assert any(not np.array_equal(one, two) for one, two in zip(before, top.get_weights(), strict=True))


def test_in_bfloat16_and_float32_it_needs_no_scale() -> None:
    plain = keras.optimizers.SGD(0.1)
    with dtype_policy("mixed_bfloat16"):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    assert loss_scaled(plain, model) is plain
