import json

import pytest

from training.devices import Place, gpu_capabilities, place_among_workers
from training.errors import RecipeError


def config(task: str, index: int, **cluster: list[str]) -> dict[str, str]:
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": task, "index": index}})}


def test_without_tf_config_a_process_is_alone_and_its_own_chief() -> None:
    assert place_among_workers({}) == Place(number=0, workers=1)


def test_the_first_worker_is_chief_where_none_is_named() -> None:
    assert place_among_workers(config("worker", 0, worker=["a:1", "b:1"])) == Place(0, 2)
    assert place_among_workers(config("worker", 1, worker=["a:1", "b:1"])) == Place(1, 2)


def test_a_named_chief_comes_before_the_workers() -> None:
    assert place_among_workers(config("chief", 0, chief=["a:1"], worker=["b:1", "c:1"])) == Place(0, 3)
    assert place_among_workers(config("worker", 1, chief=["a:1"], worker=["b:1", "c:1"])) == Place(2, 3)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"TF_CONFIG": "{"}, r"TF_CONFIG: .*expected"),
        (config("worker", 0, ps=["a:1"], worker=["b:1"]), r"TF_CONFIG: .*'ps'.*expected"),
        (config("worker", 2, worker=["a:1", "b:1"]), "worker 2 is not in its cluster of 2"),
    ],
)
def test_a_tf_config_that_cannot_be_used_says_why(environ: dict[str, str], said: str) -> None:
    with pytest.raises(RecipeError, match=said) as caught:
        place_among_workers(environ)
    assert caught.value.exit_code == 2


def test_every_gpu_that_there_is_tells_its_compute_capability() -> None:
    assert all(len(capability) == 2 for capability in gpu_capabilities())
