import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from agent.adapters.litert_classifier import LiteRtClassifier
from agent.bundle import Bundle, Gate, Golden, read_bundle, write_bundle
from agent.errors import BundleError
from tests.models import LABELS, flatbuffer, golden, manifest, picture_of, tiny_bundle, write_tiny_bundle


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny.tflite")


def test_what_was_written_is_read(whole: Path) -> None:
    bundle = read_bundle(whole)
    assert bundle.manifest == manifest()
    assert bundle.flatbuffer == flatbuffer()
    assert np.array_equal(bundle.golden.outputs, golden().outputs)


def test_a_bundle_is_a_tflite_model_and_a_zip(whole: Path) -> None:
    Interpreter(model_path=str(whole)).allocate_tensors()
    with zipfile.ZipFile(whole) as archive:
        assert archive.namelist() == ["vastra.json", "labels.txt", "golden.npz"]
        assert archive.read("labels.txt").decode().split() == list(LABELS)


def test_the_same_content_gives_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    assert write_tiny_bundle(tmp_path / "again.tflite").read_bytes() == whole.read_bytes()


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot write"):
        write_bundle(tmp_path / "none" / "x.tflite", manifest(), flatbuffer(), golden())
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_bundle_and_nothing_beside_it(whole: Path, tmp_path: Path) -> None:
    there = Path(shutil.copy(whole, tmp_path / "there.tflite"))
    # A limit on the size of files stands for the disk: the kernel refuses the same write in the same way.
    script = """
import resource, sys, pathlib, agent.bundle as b
path = pathlib.Path(sys.argv[1])
bundle = b.read_bundle(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
try:
    b.write_bundle(path, bundle.manifest, bundle.flatbuffer, bundle.golden)
except b.BundleError as error:
    print(error.message)
"""
    done = subprocess.run([sys.executable, "-c", script, str(there)], capture_output=True, text=True, check=True)
    assert "cannot write the bundle: File too large" in done.stdout
    assert there.read_bytes() == whole.read_bytes()
    assert list(tmp_path.iterdir()) == [there]


def test_a_forced_bundle_says_what_it_lost() -> None:
    forced = msgspec.structs.replace(manifest(), gate=Gate(max_drop=1.0, failures=("loses 3.0 points of top-1",)))
    assert forced.forced == "exported with --force although it loses 3.0 points of top-1"
    assert manifest().forced == ""


def test_a_bundle_cut_off_anywhere_is_refused(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    for keep in {0, 3, 8, 100, len(content) // 2, len(flatbuffer()), len(content) - 30, len(content) - 1}:
        cut = tmp_path / "cut.tflite"
        cut.write_bytes(content[:keep])
        with pytest.raises(BundleError, match=r"cut\.tflite"):
            read_bundle(cut)


def test_a_changed_byte_of_the_model_is_noticed(whole: Path, tmp_path: Path) -> None:
    content = bytearray(whole.read_bytes())
    content[len(flatbuffer()) // 2] ^= 1
    changed = tmp_path / "changed.tflite"
    changed.write_bytes(content)
    with pytest.raises(BundleError, match="checksum"):
        read_bundle(changed)


@pytest.mark.parametrize(
    ("content", "said"), [(b"just some text, no model at all", "not a TFLite model"), (b"", "not a TFLite model")]
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "text.tflite"
    file.write_bytes(content)
    with pytest.raises(BundleError, match=said) as caught:
        read_bundle(file)
    assert caught.value.exit_code == 3


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="No such file"):
        read_bundle(tmp_path / "none.tflite")


def test_a_plain_tflite_model_is_told_from_a_bundle(tmp_path: Path) -> None:
    plain = tmp_path / "plain.tflite"
    plain.write_bytes(flatbuffer())
    with pytest.raises(BundleError, match="no manifest"):
        read_bundle(plain)


@pytest.mark.parametrize("label", ["a/b", "a+b", "a#", " ", "a\nb"])
def test_labels_that_break_topics_or_folders_are_refused(tmp_path: Path, label: str) -> None:
    bad = msgspec.structs.replace(manifest(), labels=(label, "other", "sarees", "trousers"))
    write_bundle(tmp_path / "bad.tflite", bad, flatbuffer(), golden())
    with pytest.raises(BundleError, match="label"):
        read_bundle(tmp_path / "bad.tflite")


def test_a_newer_format_asks_for_a_newer_agent(tmp_path: Path) -> None:
    newer = msgspec.structs.replace(manifest(), format_version=99)
    write_bundle(tmp_path / "newer.tflite", newer, flatbuffer(), golden())
    with pytest.raises(BundleError, match="update the agent"):
        read_bundle(tmp_path / "newer.tflite")


def test_the_classifier_names_the_label_of_a_picture_of_any_size() -> None:
    classifier = LiteRtClassifier(tiny_bundle())
    for label in LABELS:
        scores = classifier.classify(picture_of(label, 100, 33)).scores
        assert max(scores, key=lambda scored: scored.score).label == label
        assert abs(sum(scored.score for scored in scores) - 1) < 1e-6


def test_a_runtime_that_computes_something_else_fails_the_golden_test() -> None:
    bundle = tiny_bundle()
    LiteRtClassifier(bundle).self_test(bundle)
    wrong = Bundle(bundle.manifest, bundle.flatbuffer, Golden(bundle.golden.inputs, 1 - bundle.golden.outputs))
    with pytest.raises(BundleError, match="golden test failed"):
        LiteRtClassifier(wrong).self_test(wrong)


def test_a_model_that_does_not_fit_its_manifest_is_refused() -> None:
    spec = msgspec.structs.replace(manifest().input, height=64)
    with pytest.raises(BundleError, match="takes uint8"):
        LiteRtClassifier(Bundle(msgspec.structs.replace(manifest(), input=spec), flatbuffer(), golden()))


def test_a_flatbuffer_that_lies_about_itself_never_crashes(tmp_path: Path, whole: Path) -> None:
    shutil.copy(whole, tmp_path / "copy.tflite")
    garbage = flatbuffer()[:8] + bytes(200)
    with pytest.raises(BundleError, match="refuses"):
        LiteRtClassifier(Bundle(manifest(), garbage, golden()))
