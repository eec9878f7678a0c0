import re
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from agent.cli import main
from agent.config import AgentConfig, BrokerConfig, CameraConfig, MotionConfig, read_config
from agent.config_template import reasons, template, write_template
from agent.errors import ConfigError


def read_back(text: str) -> AgentConfig:
    return msgspec.toml.decode(text, type=AgentConfig)


def sections(config: msgspec.Struct) -> list[msgspec.Struct]:
    inner = [getattr(config, name) for name in config.__struct_fields__]
    return [config, *(each for each in inner if isinstance(each, msgspec.Struct)), CameraConfig()]


def test_the_file_reads_back_as_the_default() -> None:
    assert read_back(template(AgentConfig())) == AgentConfig()


def test_every_key_is_there_with_a_reason() -> None:
    text = template(AgentConfig())
    for section in sections(AgentConfig()):
        for name in section.__struct_fields__:
            value = getattr(section, name)
            if isinstance(value, msgspec.Struct) or name in ("cameras", "zones"):
                continue
            assert re.search(rf"^#?{name} = .*  # \w", text, re.MULTILINE), name
            assert reasons(type(section))[name]


def test_what_is_commented_out_is_the_default() -> None:
    """A key with no default in TOML's words stays commented."""
    uncommented = re.sub(r"^#(\w+ = [^ ].*)$", r"\1", template(AgentConfig()), flags=re.MULTILINE)
    uncommented = uncommented.replace("#[[cameras.zones]]", "[[cameras.zones]]")
    config = read_back(uncommented)
    assert config.cameras[0].zones[0].name == "rack"
    assert msgspec.structs.replace(config, cameras=AgentConfig().cameras) == AgentConfig()


def test_what_differs_from_the_default_is_not_commented_out() -> None:
    config = AgentConfig(motion=MotionConfig(recheck_s=9.0), time_zone="Asia/Kolkata")
    assert read_back(template(config)) == config


@given(st.text(), st.text())
def test_any_address_is_written_so_that_it_reads_back(source: str, broker: str) -> None:
    config = AgentConfig(cameras=(CameraConfig(source=source),), broker=BrokerConfig(url=broker))
    assert read_back(template(config)) == config


def test_init_writes_a_file_for_its_owner_and_refuses_to_write_over_one(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    arguments = ["init", "--out", str(file), "--site", "pune-1", "--source", "rtsp://a:s3cret@camera/live"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0
    assert "s3cret" not in done.stderr
    assert (read_config(file).site, read_config(file).cameras[0].source) == ("pune-1", "rtsp://a:s3cret@camera/live")
    assert file.stat().st_mode & 0o777 == 0o640
    again = CliRunner().invoke(main, arguments)
    assert again.exit_code == 2
    assert "there is one already" in again.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["agent.toml"]


@pytest.mark.parametrize("wrong", [["--site", "Pune 1"], ["--source", ""], ["--broker", "http://broker"]])
def test_init_refuses_what_run_would_refuse(tmp_path: Path, wrong: list[str]) -> None:
    done = CliRunner().invoke(main, ["init", "--out", str(tmp_path / "agent.toml"), *wrong])
    assert done.exit_code == 2
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none/agent\.toml: cannot be written: No such file"):
        write_template(tmp_path / "none/agent.toml", AgentConfig())
