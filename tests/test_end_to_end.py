"""The whole line on real photos: train, export, run the agent through a real Mosquitto, on a small slice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scraper.manifest import Photo, read_dataset, write_manifest
from tests.brokers import Collector, Mosquitto
from tests.waiting import wait_until

PER_LABEL = 40
RECIPE = """
summary = "a slice, in a minute"
[input]
height = 128
width = 128
[network]
boundary = 5
[views]
count = 2
[augment]
flip = 0.5
smallest_crop = 0.7
[schedule]
epochs = 30
learning_rate = 0.003
[validation]
folds = 2
"""


def vastra(part: str, *arguments: object, timeout_s: float = 300) -> str:
    """Runs `python -m part arguments`; gives its stdout, and fails with its stderr when it fails."""
    command = [sys.executable, "-m", part, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr[-2000:]}"
    return done.stdout


def slice_of(dataset: Path, out: Path) -> Path:
    """A dataset of some photos of each label, spread over the whole, linked to the real ones."""
    taken: dict[str, list[Photo]] = {}
    for photo in read_dataset(dataset).photos:
        taken.setdefault(photo.label, []).append(photo)
    out.mkdir()
    (out / "images").symlink_to(dataset / "images")
    write_manifest(
        out / "manifest.jsonl",
        (photo for photos in taken.values() for photo in photos[:: len(photos) // PER_LABEL][:PER_LABEL]),
    )
    return out


@pytest.fixture(scope="module")
def line(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained run and its bundle."""
    folder = tmp_path_factory.mktemp("line")
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    train, test = (
        slice_of(shared / "data/train", folder / "train"),
        slice_of(shared / "data/other_sites", folder / "test"),
    )
    weights = shared / "weights/vgg16_imagenet_notop.npz"
    vastra("training", "fit", train, "--test", test, "--recipe", folder / "recipe.toml", "--weights", weights,
           "--out", folder / "run", "--cache", folder / "cache")  # fmt: skip
    # One photo is 2.5 points of its class here.
    vastra("export", "convert", folder / "run", "--calibrate", train, "--test", test, "--max-drop", 5,
           "--out", folder / "slice.tflite")  # fmt: skip
    return folder


def test_training_on_a_slice_beats_guessing_on_other_sites(line: Path) -> None:
    card = json.loads((line / "run/run.json").read_text())
    assert card["labels"] == ["jeans", "other", "sarees", "trousers"]
    assert card["test"]["metrics"]["top1"] > 0.6
    assert {file.name for file in (line / "run").iterdir()} >= {"model.keras", "history.csv", "report.html"}


def test_int8_gives_the_float_models_labels(line: Path) -> None:
    manifest = json.loads(vastra("export", "inspect", "--json", line / "slice.tflite"))
    assert manifest["quantisation"] == "int8"
    assert manifest["metrics"]["agreement"] >= 0.9


def test_the_same_run_gives_the_same_bundle(line: Path) -> None:
    vastra("export", "convert", line / "run", "--calibrate", line / "train", "--test", line / "test", "--max-drop", 5,
           "--name", "slice", "--out", line / "again.tflite")  # fmt: skip
    assert (line / "again.tflite").read_bytes() == (line / "slice.tflite").read_bytes()


def test_a_run_and_its_bundle_are_evaluated_alike(line: Path) -> None:
    by_run = json.loads(vastra("training", "evaluate", "--json", line / "run", line / "test"))
    by_bundle = json.loads(vastra("training", "evaluate", "--json", line / "slice.tflite", line / "test"))
    assert by_run["n"] == by_bundle["n"] == 4 * PER_LABEL
    assert abs(by_run["top1"] - by_bundle["top1"]) < 0.1


def test_the_agent_tells_mosquitto_what_it_sees(line: Path, shared: Path, tmp_path: Path) -> None:
    config = tmp_path / "agent.toml"
    config.write_text(f'site = "e2e"\ndevice = "till-1"\n[outbox]\npath = "{tmp_path / "outbox.db"}"\n')
    with Mosquitto(tmp_path) as broker, Collector(broker.url, "vastra/#") as collector:
        health = json.loads(
            vastra(
                "agent",
                "run",
                "--config",
                config,
                "--source",
                shared / "data/train/images/sarees",
                "--pace",
                "fast",
                "--model",
                line / "slice.tflite",
                "--broker",
                str(broker.url),
                "--json",
            )
        )
        wait_until(lambda: "stopped" in [state["state"] for state in collector.payloads("/state")], what="the farewell")
        assert health["frames"] > 500
        assert [state["state"] for state in collector.payloads("/state")] == ["online", "stopped"]
        events = collector.payloads("/camera/camera-1/all/event")
        assert {event["event"] for event in events} >= {"new", "end"}
        assert max({event["label"] for event in events}, key=[event["label"] for event in events].count) == "sarees"
        assert collector.payloads("/health")[-1]["frames"] == health["frames"]
