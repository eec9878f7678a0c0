import json
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner, Result

from tests.training.drawn import dataset, recipe
from training.cli import main


def compare(folder: Path, *more: str) -> Result:
    """Runs the command on the data sets of `folder`."""
    arguments = ["compare", str(folder / "train"), "--test", str(folder / "test"), "--out", str(folder / "out")]
    arguments += ["--recipe", str(folder / "tiny.toml"), "--cache", str(folder / "cache"), *more]
    return CliRunner().invoke(main, arguments)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    recipe(folder, folds=0)
    dataset(folder / "train", sites=range(1))
    dataset(folder / "test", sites=range(7, 8))
    result = compare(folder, "--backbones", "vgg16,resnet50", "--weights", "none", "--json")
    assert result.exit_code == 0, result.output
    return folder


def test_all_backbones_stand_in_one_table_of_what_they_reach_and_cost(compared: Path) -> None:
    found = json.loads((compared / "out" / "compare.json").read_text(encoding="utf-8"))
    vgg, resnet = found["rows"]
    assert (vgg["backbone"], resnet["backbone"]) == ("vgg16", "resnet50")
    assert vgg["parameters"] < resnet["parameters"]
    assert vgg["macs"] > 2 * resnet["macs"] > 0
    assert all(0 <= row["top1"] <= 1 and row["latency_ms"] > 0 and row["train_s"] > 0 for row in found["rows"])
    picture = cv2.imread(str(compared / "out" / "compare.png"))
    assert picture is not None
    assert picture.shape[1] > 1000


def test_a_backbone_that_has_its_run_is_not_trained_again(compared: Path) -> None:
    model = compared / "out" / "vgg16" / "model.keras"
    before = model.stat().st_mtime_ns
    result = compare(compared, "--backbones", "resnet50,vgg16", "--weights", "vgg16=none", "--weights", "resnet50=none")
    assert result.exit_code == 0, result.output
    assert model.stat().st_mtime_ns == before
    assert result.stdout.index("resnet50") < result.stdout.index("vgg16")
    assert "GMAC" in result.stdout


def test_a_run_of_another_recipe_is_not_taken_for_one_of_this_comparison(compared: Path) -> None:
    result = compare(compared, "--backbones", "vgg16", "--recipe", "default", "--weights", "none")
    assert result.exit_code == 3
    assert "a run of another recipe" in result.output


def test_a_backbone_that_does_not_exist_is_named_before_anything_is_trained(tmp_path: Path) -> None:
    recipe(tmp_path)
    dataset(tmp_path / "train", each=1)
    dataset(tmp_path / "test", sites=range(7, 8), each=1)
    result = compare(tmp_path, "--backbones", "vgg16,vgg17")
    assert result.exit_code == 2
    assert "vgg17" in result.output
    assert not (tmp_path / "out").exists()
