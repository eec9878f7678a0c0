import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.brokers import HOST, free_port
from tests.training.drawn import CountedProgress, dataset, recipe
from training.checkpoints import Checkpoints
from training.devices import Place
from training.distribution import Replicas, resume_together, strategy_for
from training.errors import RecipeError
from training.recipe import read_recipe
from training.run import Epoch, read_model
from training.session import Request, train

ROOT = Path(__file__).parents[2]
DEADLINE_S = 240


def command(folder: Path, name: str) -> list[str]:
    arguments = ["fit", str(folder / "photos"), "--recipe", str(folder / "tiny.toml"), "--weights", "none"]
    return [*arguments, "--out", str(folder / name / "run"), "--cache", str(folder / name / "cache")]


def workers(arguments: list[list[str]]) -> list[tuple[int, str]]:
    """Exit code and stderr of processes of `vastra-train` that are each other's workers, one a list of arguments."""
    cluster = {"worker": [f"{HOST}:{free_port()}" for _ in arguments]}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "training", *words],
            cwd=ROOT,
            env={
                **os.environ,
                "TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index, words in enumerate(arguments)
    ]
    try:
        told = [process.communicate(timeout=DEADLINE_S)[1] for process in started]
    finally:
        for process in started:
            process.kill()
    return [(process.returncode, said) for process, said in zip(started, told, strict=True)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos, a recipe, and in `alone` what one process makes of them."""
    path = tmp_path_factory.mktemp("distribution")
    photos, out = dataset(path / "photos"), path / "alone"
    tiny = read_recipe(str(recipe(path)))
    train(Request((photos,), None, "vgg16", tiny, "none", out / "run", out / "cache"), CountedProgress())
    return path


def test_two_workers_make_the_weights_that_one_process_makes_and_the_chief_writes_them(folder: Path) -> None:
    ended = workers([command(folder, "together")] * 2)
    assert [code for code, _ in ended] == [0, 0], ended
    assert sorted(file.name for file in (folder / "together").iterdir()) == ["cache", "run"]
    alone, together = (folder / name / "run" for name in ("alone", "together"))
    for one, two in zip(read_model(alone).get_weights(), read_model(together).get_weights(), strict=True):
        assert np.allclose(one, two, atol=1e-4)


def test_workers_that_were_given_different_recipes_end_in_words_instead_of_waiting(folder: Path) -> None:
    other = folder / "other.toml"
    other.write_text((folder / "tiny.toml").read_text(encoding="utf-8").replace("seed = 3", "seed = 4"))
    one = command(folder, "differing")
    two = [str(other) if word.endswith("tiny.toml") else word for word in one]
    for code, said in workers([one, two]):
        assert code == 2
        assert "the workers of TF_CONFIG differ in photos, recipe or weights" in said
    assert not (folder / "differing" / "run").exists()


def test_two_devices_of_one_process_make_the_same_weights_too(folder: Path) -> None:
    weights = folder / "mirrored.npz"
    words = [str(folder / "photos"), str(folder / "tiny.toml"), str(folder / "mirrored"), str(weights)]
    subprocess.run(
        [sys.executable, "-m", "tests.training.two_devices", *words], cwd=ROOT, check=True, timeout=DEADLINE_S
    )
    with np.load(weights) as stored:
        for number, one in enumerate(read_model(folder / "alone" / "run").get_weights()):
            assert np.allclose(one, stored[f"arr_{number}"], atol=1e-4)


@pytest.mark.parametrize(
    ("backend", "gpus", "count", "chosen"),
    [
        ("tensorflow", 0, 1, None),
        ("tensorflow", 1, 1, None),
        ("tensorflow", 4, 1, "MirroredStrategy"),
        ("tensorflow", 0, 2, "MultiWorkerMirroredStrategy"),
        ("tensorflow", 4, 2, "MultiWorkerMirroredStrategy"),
        ("jax", 4, 1, None),
        ("torch", 1, 1, None),
    ],
)
def test_the_strategy_follows_from_what_there_is(backend: str, gpus: int, count: int, chosen: str | None) -> None:
    assert strategy_for(backend, gpus, count) == chosen


def test_several_workers_need_tensorflow() -> None:
    with pytest.raises(RecipeError, match="needs KERAS_BACKEND=tensorflow, not jax"):
        strategy_for("jax", 0, 2)


def test_every_worker_but_the_chief_keeps_its_cache_in_a_folder_of_its_own() -> None:
    assert Replicas().folder(Path("cache")) == Path("cache")
    assert Replicas(Place(0, 2)).folder(Path("cache")) == Path("cache")
    assert Replicas(Place(1, 2)).folder(Path("cache")) == Path("cache/worker-1")


class Answering:
    """Replicas that agree on the job, and say what they are told to of how far they are."""

    def __init__(self, *, as_far: bool) -> None:
        self._answers = [True, as_far]

    def agree(self, on: str) -> bool:
        del on
        return self._answers.pop(0)


@pytest.mark.parametrize("as_far", [True, False])
def test_workers_interrupted_at_different_epochs_begin_anew(tmp_path: Path, *, as_far: bool) -> None:
    checkpoints = Checkpoints(tmp_path, "job")
    checkpoints.remember(Epoch(stage="fold 1 of 2", epoch=1, loss=1.0, accuracy=0.5))
    assert checkpoints.state() == "fold-1-of-2 1"
    resume_together(Answering(as_far=as_far), checkpoints)
    assert bool(checkpoints.remembered("fold 1 of 2")) == as_far
