import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from agent.adapters.litert_classifier import LiteRtClassifier
from agent.bundle import read_bundle
from export.activations import OpenedModel
from export.difference import Difference, compare
from tests.export.conftest import invoke, one_line
from training.progress import Bars


def difference(a: Path, b: Path, photos: Path | None = None) -> Difference:
    return compare(a, b, photos, Bars())


def test_a_bundle_does_not_differ_from_its_copy(forms: Path, tmp_path: Path) -> None:
    found = difference(forms / "good-int8.tflite", Path(shutil.copy(forms / "good-int8.tflite", tmp_path)))
    assert found.same_bytes
    assert found.changed == {}


def test_every_fact_that_differs_is_named_with_both_values(forms: Path) -> None:
    found = difference(forms / "good-float32.tflite", forms / "loud-int8.tflite")
    assert found.changed["name"] == ("good", "loud")
    assert found.changed["quantisation"] == ("float32", "int8")
    assert found.changed["metrics.quantised.top1"][0] == 1.0
    assert found.changed["gate.failures"][0] == ()
    assert "input.height" not in found.changed
    assert found.file_bytes[0] > 0


def test_with_photos_it_tells_how_often_both_answer_alike(forms: Path, made: Path) -> None:
    alike = difference(forms / "good-float32.tflite", forms / "good-int8.tflite", made / "test").answers
    assert alike is not None
    assert (alike.n, alike.same_decision, alike.right) == (32, 1.0, (1.0, 1.0))
    broken = difference(forms / "good-float32.tflite", forms / "loud-int8.tflite", made / "test").answers
    assert broken is not None
    assert broken.right[1] < 1.0
    assert broken.differing[0][1:] != broken.differing[0][2:]


def test_diff_prints_a_table_or_one_object(forms: Path, made: Path) -> None:
    pair = (forms / "good-float32.tflite", forms / "good-int8.tflite")
    shown = invoke("diff", *pair, "--photos", made / "test")
    assert shown.exit_code == 0
    assert "quantisation" in shown.stdout
    assert "on 32 photos" in shown.stdout
    said = json.loads(invoke("diff", *pair, "--json").stdout)
    assert said["changed"]["quantisation"] == ["float32", "int8"]
    assert said["answers"] is None


def test_diff_of_a_file_that_is_no_bundle_is_one_line(forms: Path, tmp_path: Path) -> None:
    (tmp_path / "text.tflite").write_text("no model")
    result = invoke("diff", forms / "good-int8.tflite", tmp_path / "text.tflite")
    assert result.exit_code == 3
    assert "not a TFLite model" in one_line(result)


def test_layers_finds_the_layer_that_int8_breaks(forms: Path, made: Path) -> None:
    pair = (forms / "loud-float32.tflite", forms / "loud-int8.tflite")
    lines = invoke("layers", *pair, "--photos", made / "test", "--json").stdout.splitlines()
    layers = {line["layer"]: line for line in map(json.loads, lines)}
    assert list(layers) == ["mixed", "average", "logits"]
    assert layers["logits"]["error"] > 0.2
    assert layers["mixed"]["weights"] < 0.01
    good = invoke("layers", forms / "good-float32.tflite", forms / "good-int8.tflite", "--photos", made / "test")
    assert good.exit_code == 0
    assert "logits" in good.stdout


def test_layers_wants_the_float_and_the_int8_form(forms: Path, made: Path) -> None:
    result = invoke("layers", forms / "good-int8.tflite", forms / "good-int8.tflite", "--photos", made / "test")
    assert result.exit_code == 3
    assert "share no layer" in one_line(result)


@pytest.mark.parametrize("form", ["float32", "int8"])
def test_an_opened_model_computes_what_the_agents_classifier_does(forms: Path, form: str) -> None:
    bundle = read_bundle(forms / f"good-{form}.tflite")
    opened, classifier = OpenedModel(bundle), LiteRtClassifier(bundle)
    for picture in bundle.golden.inputs:
        opened.run(picture)
        logits = opened.output("logits_1")[0]
        softmax = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
        assert np.abs(softmax - classifier.softmax(picture)).max() < 0.01
