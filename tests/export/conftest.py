"""Runs and data sets that several export tests read and none changes."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from export.cli import main
from tests.export.runs import write_photos, write_run


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs, `good` and `loud` (which int8 breaks), and two data sets, `train` and `test`."""
    root = tmp_path_factory.mktemp("export")
    write_run(root / "good")
    write_run(root / "loud", loud=3000)
    write_photos(root / "train", seed=1)
    write_photos(root / "test", seed=2)
    return root


@pytest.fixture(scope="session")
def forms(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `good-float32.tflite`, `good-int8.tflite` and the same of `loud`, written by force."""
    out = tmp_path_factory.mktemp("forms")
    for run in ("good", "loud"):
        for form in ("float32", "int8"):
            result = convert(made, run, out / f"{run}-{form}.tflite", "--quantize", form, "--force", "--name", run)
            assert result.exit_code == 0, result.output
    return out


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def convert(made: Path, run: Path | str, out: Path, *more: object) -> Result:
    return invoke("convert", made / run, "--calibrate", made / "train", "--test", made / "test", "--out", out, *more)


def one_line(result: Result) -> str:
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
    assert len(lines) == 1, result.output
    return lines[0]
