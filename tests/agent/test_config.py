from pathlib import Path

import pytest

from agent.config import AgentConfig, read_config
from agent.errors import ConfigError


def written(folder: Path, text: str) -> Path:
    file = folder / "agent.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_an_empty_file_is_the_default_configuration(tmp_path: Path) -> None:
    assert read_config(written(tmp_path, "")) == AgentConfig()


def test_the_file_wins_over_defaults(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, 'device = "till-3"\n[[cameras]]\nname = "door"\nsource = "rtsp://c/1"\n'))
    assert (config.device, config.cameras[0].name, config.cameras[0].stall_s) == ("till-3", "door", 10.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[brokr]\n", "did you mean `broker`"),
        ("[broker]\nport = 1\n", "unknown field `port` - at `$.broker`".replace(" - at `$.broker`", "")),
        ('site = "a/b"\n', "site: 'a/b' must be"),
        ("[decision]\nwindow = 0\n", "decision.window"),
        ("[decision]\nwindow = 2\nagree = 3\n", "can never be"),
        ('health_s = "often"\n', "Expected `float`"),
        ("site = \n", "agent.toml"),
        ("cameras = []\n", "cameras"),
        ('[[cameras]]\nname = "a"\n[[cameras]]\nname = "a"\n', "a name of its own"),
        ('time_zone = "Asia/Kolkatta"\n', "did you mean 'Asia/Kolkata'"),
        ("[outbox]\nmax_mb = 0.0\n", "outbox.max_mb"),
        ("[[cameras]]\nrotate = 45\n", "rotate"),
        ("[[cameras]]\ncrop = [0.5, 0.0, 0.4, 1.0]\n", "left < right"),
        ("[[cameras]]\ncrop = [nan, 0.0, 0.4, 1.0]\n", "crop"),
        ('[[cameras]]\n[[cameras.zones]]\nname = "A"\nbox = [0, 0, 1, 1]\n', "cameras.zones.name: 'A' must be"),
        ('[[cameras]]\nzones = [{name = "a", box = [0, 0, 1, 2]}]\n', "zones"),
        ('[[cameras]]\nzones = [{name = "a", bx = [0, 0, 1, 1]}]\n', "did you mean `box`"),
    ],
)
def test_a_mistake_is_named_with_file_and_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(written(tmp_path, text))
    assert said in caught.value.message
    assert "agent.toml" in caught.value.message
    assert caught.value.exit_code == 2


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        read_config(tmp_path / "none.toml")
