import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from agent.adapters.litert_classifier import LiteRtClassifier
from agent.bundle import read_bundle
from tests.export.conftest import convert, invoke, one_line
from tests.export.runs import write_photos
from tests.models import LABELS, picture_of


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def good(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("good") / "tiny.tflite"
    result = convert(made, "good", out, "--name", "tiny")
    assert result.exit_code == 0, result.output
    return out


def test_a_run_becomes_a_bundle_that_answers_like_the_model(good: Path) -> None:
    bundle = read_bundle(good)
    classifier = LiteRtClassifier(bundle)
    for label in LABELS:
        best = max(classifier.classify(picture_of(label)).scores, key=lambda scored: scored.score)
        assert best.label == label
    assert left_in(good.parent) == ["tiny.tflite"]


def test_the_manifest_tells_what_both_sides_scored_and_that_the_gate_let_it_pass(good: Path) -> None:
    manifest = read_bundle(good).manifest
    assert manifest.metrics is not None
    assert manifest.metrics.float32.top1 == manifest.metrics.quantised.top1 == 1.0
    assert manifest.metrics.quantised.ece is not None
    assert manifest.metrics.quantised.known_kept == 1.0
    assert manifest.gate is not None
    assert (manifest.gate.max_drop, manifest.gate.failures, manifest.forced) == (1.0, (), "")
    assert manifest.calibration.float_temperature == pytest.approx(0.8 / 4)


def test_the_same_run_gives_the_same_bytes(made: Path, good: Path, tmp_path: Path) -> None:
    again = tmp_path / "tiny.tflite"
    assert convert(made, "good", again, "--name", "tiny").exit_code == 0
    assert again.read_bytes() == good.read_bytes()


def test_the_same_run_gives_the_same_bytes_in_another_process(made: Path, good: Path, tmp_path: Path) -> None:
    again = tmp_path / "tiny.tflite"
    command = [sys.executable, "-m", "export", "convert", str(made / "good"), "--calibrate", str(made / "train")]
    subprocess.run([*command, "--test", str(made / "test"), "--name", "tiny", "--out", str(again)], check=True)
    assert again.read_bytes() == good.read_bytes()


def test_a_form_that_loses_too_much_is_not_written(made: Path, tmp_path: Path) -> None:
    result = convert(made, "loud", tmp_path / "loud.tflite")
    assert result.exit_code == 3
    said = one_line(result)
    assert "points of top-1" in said
    assert "--force" in said
    assert "recall jeans" in result.stdout
    assert left_in(tmp_path) == []


def test_what_was_there_before_is_kept_when_the_gate_fails(made: Path, good: Path, tmp_path: Path) -> None:
    out = Path(shutil.copy(good, tmp_path / "loud.tflite"))
    assert convert(made, "loud", out).exit_code == 3
    assert out.read_bytes() == good.read_bytes()


def test_force_writes_it_with_the_failure_in_the_manifest(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "loud.tflite"
    assert convert(made, "loud", out, "--force").exit_code == 0
    manifest = read_bundle(out).manifest
    assert manifest.gate is not None
    assert any("top-1" in failure for failure in manifest.gate.failures)
    assert manifest.forced.startswith("exported with --force although it loses ")
    shown = invoke("inspect", out)
    assert "--force" in shown.stdout


def test_a_larger_allowance_lets_it_pass(made: Path, tmp_path: Path) -> None:
    assert convert(made, "loud", tmp_path / "loud.tflite", "--max-drop", "100").exit_code == 0


def test_all_writes_every_form_and_compares_them_in_one_table(made: Path, tmp_path: Path) -> None:
    result = convert(made, "loud", tmp_path / "tiny.tflite", "--quantize", "all")
    assert result.exit_code == 3
    assert "int8 loses" in one_line(result)
    assert left_in(tmp_path) == ["tiny-dynamic.tflite", "tiny-float16.tflite", "tiny-float32.tflite"]
    for row in ("size, MB", "top-1", "macro-F1", "same label", "recall jeans", "ECE", "AUROC", "1 thread", "2 threads"):
        assert row in result.stdout
    assert "peak memory" in result.stdout


def test_all_as_json_is_one_object_a_form(made: Path, tmp_path: Path) -> None:
    result = convert(made, "good", tmp_path / "tiny.tflite", "--quantize", "all", "--json")
    assert result.exit_code == 0, result.output
    forms = json.loads(result.stdout)
    assert [form["manifest"]["quantisation"] for form in forms] == ["float32", "float16", "dynamic", "int8"]
    assert all(form["written"] and Path(form["path"]).is_file() for form in forms)
    for form in forms:
        assert [cost["threads"] for cost in form["costs"]] == [1, 2]
        assert all(cost["peak_mb"] > 10 and cost["latency_ms"]["p50"] >= 0 for cost in form["costs"])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda run: (run / "run.json").unlink(), "not a run folder"),
        (lambda run: (run / "model.keras").unlink(), "model.keras"),
        (lambda run: (run / "model.keras").write_bytes(b"no model"), "model.keras"),
        (lambda run: (run / "run.json").write_bytes(b"{}"), "run.json"),
        (lambda run: change(run, format_version=99), "format 99"),
        (lambda run: change(run, format_version=99, labels="something else"), "format 99"),
    ],
    ids=["no card", "no model", "damaged model", "empty card", "newer run", "newer run with other fields"],
)
def test_a_run_that_cannot_be_used_is_refused_in_one_line(
    made: Path, tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    run = Path(shutil.copytree(made / "good", tmp_path / "run"))
    spoil(run)
    (tmp_path / "out").mkdir()
    result = convert(made, run, tmp_path / "out" / "x.tflite")
    assert result.exit_code == 3
    assert said in one_line(result)
    assert left_in(tmp_path / "out") == []


def change(run: Path, **fields: object) -> None:
    card = msgspec.json.decode((run / "run.json").read_bytes())
    (run / "run.json").write_bytes(msgspec.json.encode({**card, **fields}))


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (("jeans", "other", "sarees"), "no photo of 'trousers'"),
        ((*LABELS, "kurta"), "'kurta' is none of the model's"),
        (("other",), "no photo of 'jeans'"),
    ],
)
def test_calibration_photos_must_have_the_models_classes(
    made: Path, tmp_path: Path, labels: Sequence[str], said: str
) -> None:
    photos = write_photos(tmp_path / "photos", labels=tuple(labels), count=2)
    (tmp_path / "out").mkdir()
    result = convert(made, "good", tmp_path / "out" / "x.tflite", "--calibrate", photos)
    assert result.exit_code == 3
    assert said in one_line(result)
    assert left_in(tmp_path / "out") == []


def test_test_photos_without_a_garment_say_nothing_about_accuracy(made: Path, tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "photos", labels=("other",), count=2)
    result = convert(made, "good", tmp_path / "x.tflite", "--test", photos)
    assert result.exit_code == 3
    assert "no photo" in one_line(result)


@pytest.mark.parametrize("out", ["/proc/x.tflite", "none/x.tflite", "."])
def test_a_target_that_cannot_be_written_is_refused_before_the_work(made: Path, out: str, tmp_path: Path) -> None:
    result = convert(made, "good", tmp_path / out)
    assert result.exit_code == 3
    assert "cannot write" in one_line(result) or "is a folder" in one_line(result)
    assert left_in(tmp_path) == []


def test_a_full_disk_leaves_nothing_half_written(made: Path, tmp_path: Path) -> None:
    command = ["convert", str(made / "good"), "--calibrate", str(made / "train"), "--test", str(made / "test")]
    # A limit on the size of files stands for the disk: the kernel refuses the same write in the same way.
    script = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)); sys.argv[0] = 'export'\n"
    script += "from export.cli import main; main()"
    command = [sys.executable, "-c", script, *command, "--out", str(tmp_path / "x.tflite")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert left_in(tmp_path) == []
