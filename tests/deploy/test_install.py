import shutil
import subprocess
from pathlib import Path, PurePosixPath

import pytest
from click.testing import CliRunner

from agent.config import read_config
from deploy.cli import main
from deploy.install import CONFIG_PATH, UNIT_PATH, plan
from deploy.unit import Unit, render
from tests.conftest import skip_or_fail


def test_the_dry_run_prints_the_unit_and_writes_nothing(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["install", "--dry-run", "--root", str(tmp_path), "--program", "/opt/v/vastra-agent"]
    )
    assert result.exit_code == 0
    assert f"ExecStart=/opt/v/vastra-agent run --config {CONFIG_PATH}" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_installing_twice_changes_nothing_and_keeps_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / CONFIG_PATH.relative_to("/")
    assert "wrote" in CliRunner().invoke(main, ["install", "--root", str(tmp_path)]).stdout
    config.write_text('site = "mine"\n')
    assert "nothing to do" in CliRunner().invoke(main, ["install", "--root", str(tmp_path)]).stdout
    assert config.read_text() == 'site = "mine"\n'


def test_the_first_configuration_is_one_that_the_agent_reads(tmp_path: Path) -> None:
    CliRunner().invoke(main, ["install", "--root", str(tmp_path)])
    assert read_config(tmp_path / CONFIG_PATH.relative_to("/")).cameras[0].source == "0"


def test_systemd_finds_no_fault_with_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        skip_or_fail("needs systemd-analyze: apt-get install systemd")
    unit = tmp_path / UNIT_PATH.name
    unit.write_text(render(Unit(program=PurePosixPath("/bin/true"), config=CONFIG_PATH, user="root")))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert [line for line in done.stderr.splitlines() if unit.name in line and "RestartSteps" not in line
            and "RestartMaxDelaySec" not in line] == []  # fmt: skip


def test_a_folder_that_cannot_be_written_is_one_line_and_exit_4(tmp_path: Path) -> None:
    (tmp_path / "etc").write_text("a file where a folder should be")
    result = CliRunner().invoke(main, ["install", "--root", str(tmp_path)])
    assert result.exit_code == 4
    assert "cannot be written" in result.stderr


@pytest.mark.parametrize("program", ["vastra-agent", "/opt/my programs/vastra-agent"])
def test_a_program_path_that_systemd_cannot_take_is_refused(program: str) -> None:
    assert CliRunner().invoke(main, ["install", "--dry-run", "--program", program]).exit_code == 2


def test_the_plan_keeps_what_a_person_wrote() -> None:
    kept = {file.path: file.keep_present for file in plan(PurePosixPath("/usr/bin/vastra-agent"))}
    assert kept == {CONFIG_PATH: True, UNIT_PATH: False}


def test_the_unit_waits_for_the_agents_word_and_ends_one_that_hangs() -> None:
    unit = render(Unit(program=PurePosixPath("/bin/true"), config=CONFIG_PATH)).splitlines()
    service = dict(line.split("=", 1) for line in unit if "=" in line and not line.startswith("#"))
    assert (service["Type"], service["NotifyAccess"]) == ("notify", "main")
    assert "AF_UNIX" in service["RestrictAddressFamilies"].split()  # or its word could not be heard
    assert int(service["TimeoutStartSec"]) > 30 + 60  # that long the agent may wait for a picture, after loading
    assert int(service["WatchdogSec"]) >= 2 * 20  # the vigil's patience with the default stall_s
