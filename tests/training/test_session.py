import json
import re
from pathlib import Path

import pytest
import tensorflow as tf

from tests.training.drawn import CountedProgress, dataset, photo, recipe, save
from training.errors import LeakError
from training.recipe import read_recipe
from training.run import RunCard, read_card, read_model
from training.session import Request, train


def request_of(folder: Path, **changes: object) -> Request:
    values: dict[str, object] = {
        "datasets": (dataset(folder / "train"),),
        "test": dataset(folder / "test", sites=range(7, 9)),
        "backbone": "vgg16",
        "recipe": read_recipe(str(recipe(folder))),
        "weights": "none",
        "out": folder / "run",
        "cache": folder / "cache",
    }
    return Request(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    request = request_of(tmp_path_factory.mktemp("session"))
    train(request, CountedProgress())
    return request.out


@pytest.fixture(scope="module")
def card(run: Path) -> RunCard:
    return read_card(run)


def test_a_run_holds_a_model_that_answers_in_its_labels_order(run: Path, card: RunCard) -> None:
    assert card.labels == ("jeans", "other", "sarees", "trousers")
    assert read_model(run).output_shape == (None, 4)


def test_run_json_says_where_photos_came_from_and_what_made_the_model(card: RunCard) -> None:
    assert card.photos == {"jeans": 12, "other": 12, "sarees": 12, "trousers": 12}
    assert card.sites["shop-1"] == {"jeans": 4, "other": 4, "sarees": 4, "trousers": 4}
    assert {"python", "keras", "tensorflow", "numpy"} <= card.versions.keys()
    assert card.recipe.schedule.seed == 3
    assert card.seconds > 0


def test_run_json_holds_intervals_calibration_and_the_scores_of_the_unknown(card: RunCard) -> None:
    assert card.test is not None
    detail, metrics = card.test.detail, card.test.metrics
    assert detail is not None
    assert detail.top1.n == 24
    assert detail.top1.share == pytest.approx(metrics.top1)
    assert detail.top1.low < metrics.top1 < detail.top1.high or metrics.top1 in {0.0, 1.0}
    assert detail.after.ece == pytest.approx(metrics.ece)
    assert sum(one.n for one in detail.before.bins) == 24
    assert set(detail.unknown) == {"maximum softmax", "1 - p(other)", "energy", "Mahalanobis"}
    assert detail.unknown["maximum softmax"].auroc == pytest.approx(metrics.auroc_other)
    assert set(detail.sites) == {"shop-7", "shop-8"}


def test_validation_has_softmax_alone_so_it_compares_what_that_can_tell(card: RunCard) -> None:
    assert card.validation is not None
    assert card.validation.detail is not None
    assert set(card.validation.detail.unknown) == {"maximum softmax", "1 - p(other)"}


def test_the_report_is_one_file_that_asks_for_no_other(run: Path) -> None:
    page = (run / "report.html").read_text(encoding="utf-8")
    sources = re.findall(r"(?:src|href)=['\"]([^'\"]*)", page)
    assert sources
    assert all(source.startswith(("data:", "#")) for source in sources)
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert not list(run.glob("*.png"))
    anchors = [source[1:] for source in sources if source.startswith("#")]
    assert all(f"<section id={anchor}>" in page for anchor in anchors)


def test_the_report_shows_photos_numbers_and_the_whole_recipe(run: Path, card: RunCard) -> None:
    page = (run / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg") > 6
    assert "shop-7" in page
    assert card.photos_hash in page
    for key in ("boundary", "learning_rate", "folds", "perspective"):
        assert f"<dt>{key}</dt>" in page


def test_the_history_is_there_for_tensorboard(run: Path) -> None:
    found: dict[str, list[float]] = {}
    for file in (run / "tensorboard").rglob("events.*"):
        for record in tf.data.TFRecordDataset(str(file)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name == "scalars"
                found.setdefault(value.tag, []).append(float(tf.make_ndarray(value.tensor)))
    rows = (run / "history.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "stage,epoch,loss,accuracy,val_loss,val_accuracy"
    losses = sorted(float(row.split(",")[2]) for row in rows[1:])
    assert sorted(found["loss"]) == pytest.approx(losses, rel=1e-5)


def test_a_test_photo_that_was_trained_on_is_refused_by_name(tmp_path: Path) -> None:
    request = request_of(tmp_path)
    assert request.test is not None
    save(request.test / "images" / "jeans" / "leak.jpg", photo("jeans", 2, site=1))
    with (request.test / "manifest.jsonl").open("a", encoding="utf-8") as manifest:
        manifest.write(json.dumps({"path": "images/jeans/leak.jpg", "label": "jeans", "site": "shop-7"}) + "\n")
    with pytest.raises(LeakError, match=r"share 1 photos.*1-2\.png and .*leak\.jpg.*--allow-near-duplicates") as caught:
        train(request, CountedProgress())
    assert caught.value.exit_code == 3
    assert not request.out.exists()
