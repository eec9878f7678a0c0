"""A model that the export's gate refused, and that was written by force, is named at every start."""

import json
from pathlib import Path

import cv2
import msgspec
import pytest
from click.testing import CliRunner

from agent.bundle import Gate, write_bundle
from agent.cli import main
from tests.models import flatbuffer, golden, manifest, picture_of

SAID = "exported with --force although it loses 3.0 points of top-1"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    gate = Gate(max_drop=1.0, failures=("loses 3.0 points of top-1",))
    write_bundle(tmp_path / "forced.tflite", msgspec.structs.replace(manifest(), gate=gate), flatbuffer(), golden())
    (tmp_path / "photos").mkdir()
    cv2.imwrite(str(tmp_path / "photos" / "1.png"), picture_of("jeans"))
    file = tmp_path / "agent.toml"
    file.write_text(
        f'model.path = "{tmp_path}/forced.tflite"\nbroker.url = "mqtt://127.0.0.1:9"\noutbox.path = ":memory:"\n'
        f'[[cameras]]\nsource = "{tmp_path}/photos"\npace = "fast"\n',
        encoding="utf-8",
    )
    return file


def test_run_warns_of_it_once(config: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert CliRunner().invoke(main, ["run", "--config", str(config)]).exit_code == 0
    assert [record.getMessage() for record in caplog.records if "--force" in record.getMessage()] == [
        f"model tiny 2026.11.24 was {SAID}"
    ]


def test_check_says_it_beside_the_model(config: Path) -> None:
    result = CliRunner().invoke(main, ["check", "--json", "--config", str(config)])
    finding = json.loads(result.stdout.splitlines()[0])
    assert (finding["what"], finding["good"]) == ("model", True)
    assert finding["found"].endswith(f"golden test passed; but it was {SAID}")
