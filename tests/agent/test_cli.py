import json
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner, Result

from agent.bundled import model_file
from agent.cli import main
from tests.models import picture_of, write_tiny_bundle


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_bundle(tmp_path_factory.mktemp("cli") / "tiny.tflite")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for label in ("jeans", "other"):
        cv2.imwrite(str(tmp_path / f"{label}.png"), cv2.cvtColor(picture_of(label), cv2.COLOR_RGB2BGR))
    return tmp_path


BUNDLED_MODEL = model_file(None)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def one_line(result: Result) -> str:
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_classify_answers_one_json_object_a_picture(tiny: Path, photos: Path) -> None:
    result = run("classify", "--json", "--model", tiny, photos)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [(Path(answer["path"]).stem, answer["decision"]) for answer in answers] == [
        ("jeans", "confirmed"),
        ("other", "unknown"),
    ]
    assert answers[0]["label"] == "jeans"
    assert answers[0]["top_k"][0] == {"label": "jeans", "score": answers[0]["score"]}


def test_a_corrupt_picture_is_named_skipped_and_counted(tiny: Path, photos: Path) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8 no more")
    result = run("classify", "--model", tiny, photos)
    assert result.exit_code == 0
    assert "broken.jpg" in result.stderr
    assert "2 classified, 1 skipped" in result.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), (b"a text file", "not a TFLite model"), (BUNDLED_MODEL, "cut off")],
)
def test_a_bad_model_is_refused_with_one_line_and_exit_3(
    photos: Path, tmp_path: Path, content: bytes | Path | None, said: str
) -> None:
    model = tmp_path / "model.tflite"
    if content is not None:
        model.write_bytes(content if isinstance(content, bytes) else content.read_bytes()[:1_000_000])
    for command in (("classify", photos), ("run", "--source", "demo")):
        result = run(command[0], "--model", model, *command[1:])
        assert result.exit_code == 3
        assert said in one_line(result)


def test_an_unknown_configuration_key_is_exit_2(tmp_path: Path) -> None:
    config = tmp_path / "agent.toml"
    config.write_text("[brokr]\n")
    result = run("run", "--config", config)
    assert result.exit_code == 2
    assert "did you mean `broker`" in one_line(result)


def test_a_broker_url_that_is_none_is_exit_2(tiny: Path) -> None:
    result = run("run", "--model", tiny, "--source", "demo", "--broker", "http://nowhere")
    assert result.exit_code == 2
    assert "expected mqtt://" in one_line(result)


def test_a_folder_without_pictures_says_so(tiny: Path, tmp_path: Path) -> None:
    result = run("classify", "--model", tiny, tmp_path)
    assert result.exit_code == 3
    assert "no pictures in this folder" in one_line(result)


def test_check_names_what_is_wrong_and_how_to_mend_it() -> None:
    result = run(
        "check", "--json", "--source", "/dev/video-none", "--broker", "mqtt://127.0.0.1:9", "--model", BUNDLED_MODEL
    )
    findings = {finding["what"]: finding for finding in map(json.loads, result.stdout.splitlines())}
    assert findings["model"]["good"]
    assert not findings["camera camera-1"]["good"]
    assert not findings["broker"]["good"]
    assert "plug" in findings["camera camera-1"]["fix"]
    assert result.exit_code == 4


def test_every_command_shows_an_example() -> None:
    for command in ("run", "init", "classify", "check", "watch", "demo", "draw", "bench"):
        result = run(command, "--help")
        assert result.exit_code == 0
        assert f"vastra-agent {command}" in result.stdout.partition("Example")[2]


def test_the_demo_knows_what_was_drawn() -> None:
    result = run("demo", "--json", "--seconds", "12")
    summary = json.loads(result.stdout)
    assert result.exit_code == 0
    assert summary["accuracy"] >= 0.9
    assert summary["passages"] >= 2
    assert summary["messages"] >= summary["decisions"] + summary["events"] > 3
