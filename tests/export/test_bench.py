"""Bundles on runtimes. Only what is installed with vastra runs here; the others are refused in the ways they fail."""

from pathlib import Path

import numpy as np
import pytest

from export import runtime_worker
from export.benchmark import Result
from export.pareto import pareto_front, plot, standing
from export.runtimes import OURS, RUNTIMES, Runtime, RuntimeFailure, Workshop
from tests.export.conftest import invoke, one_line
from tests.models import LABELS, SPEC, picture_of, write_tiny_bundle

FRAMES = [picture_of(label, SPEC.height, SPEC.width) for label in LABELS]


def result(runtime: str, p50_ms: float, top1: float, bundle: str = "a.tflite", threads: int = 1) -> Result:
    return Result(bundle=bundle, runtime=runtime, threads=threads, version="1", p50_ms=p50_ms, p95_ms=1.0, top1=top1)


def test_our_runtime_is_timed_frame_by_frame_in_a_process_of_its_own(tmp_path: Path) -> None:
    model = write_tiny_bundle(tmp_path / "tiny.tflite")
    timed, outputs = Workshop(tmp_path / "cache").time(Runtime(OURS), model, 1, FRAMES)
    assert len(timed.seconds) == len(FRAMES)
    assert timed.version[0].isdigit()
    assert outputs.argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_a_runtime_that_refuses_the_model_says_why(tmp_path: Path) -> None:
    (tmp_path / "text.tflite").write_text("no model")
    with pytest.raises(RuntimeFailure, match=r"(?i)model"):
        Workshop(tmp_path / "cache").time(Runtime(OURS), tmp_path / "text.tflite", 1, FRAMES)


def test_a_runtime_without_a_python_that_it_runs_on_says_so(tmp_path: Path) -> None:
    with pytest.raises(RuntimeFailure, match=r"needs one of python2\.2"):
        Workshop(tmp_path / "cache").python(Runtime("old", packages=("old",), pythons=("python2.2",)))


def test_a_package_that_cannot_be_installed_leaves_a_reason_and_is_tried_again(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path / "cache")
    nowhere = Runtime("none", packages=("--no-index", "no-such-runtime"))
    for _ in range(2):
        with pytest.raises(RuntimeFailure, match="no-such-runtime"):
            workshop.python(nowhere)


def test_the_front_is_what_nothing_beats_in_both() -> None:
    fast, middle, slow = result("x", 1, 0.8), result("x", 2, 0.9), result("x", 3, 0.95)
    beaten = [result("x", 2.5, 0.85), result("x", 3, 0.94), result("x", 1, 0.7)]
    assert pareto_front([slow, *beaten, fast, middle]) == [fast, middle, slow]


def test_standing_says_whether_ours_is_first_and_else_by_how_much_it_is_behind() -> None:
    sentences = standing(
        [
            result(OURS, 10, 0.9),
            result("x", 20, 0.9),
            result(OURS, 12, 0.9, "b.tflite"),
            result("x", 10, 0.9, "b.tflite"),
        ]
    )
    assert sentences == [
        f"a.tflite, 1 thread: {OURS} is first (10.0 ms)",
        f"b.tflite, 1 thread: {OURS} takes 20% longer than x (12.0 ms)",
    ]


def test_a_runtime_that_did_not_run_is_neither_on_the_front_nor_in_the_plot(tmp_path: Path) -> None:
    failed = Result(bundle="a.tflite", runtime="x", threads=1, why_not="cannot")
    assert pareto_front([failed]) == []
    plot([result(OURS, 10, 0.9), failed], tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_the_worker_knows_every_runtime() -> None:
    assert {runtime.name for runtime in RUNTIMES} == set(runtime_worker.RUNTIMES)


def test_bench_of_a_missing_bundle_or_an_unwritable_cache_is_one_line(made: Path, tmp_path: Path) -> None:
    missing = invoke("bench", tmp_path / "none.tflite", "--photos", made / "test")
    assert (missing.exit_code, "No such file" in one_line(missing)) == (3, True)
    model = write_tiny_bundle(tmp_path / "tiny.tflite")
    unwritable = invoke("bench", model, "--photos", made / "test", "--cache", "/proc/cache")
    assert (unwritable.exit_code, "cannot keep the runtimes" in one_line(unwritable)) == (3, True)


def test_outputs_are_those_of_the_frames_in_order(tmp_path: Path) -> None:
    model = write_tiny_bundle(tmp_path / "tiny.tflite")
    workshop = Workshop(tmp_path / "cache")
    _, forwards = workshop.time(Runtime(OURS), model, 1, FRAMES)
    _, backwards = workshop.time(Runtime(OURS), model, 2, FRAMES[::-1])
    assert np.array_equal(forwards, backwards[::-1])
