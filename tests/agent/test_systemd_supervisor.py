"""Datagrams to a real Unix socket, as systemd opens one."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.adapters.systemd_supervisor import SystemdSupervisor
from tests.brokers import Mosquitto
from tests.models import picture_of, write_tiny_bundle
from tests.running import Stand, config_for, running_agent
from tests.waiting import DEADLINE_S, wait_until


@pytest.fixture(params=["in the file system", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """The socket, and its name as $NOTIFY_SOCKET has it."""
    abstract = request.param == "abstract"
    name = f"@vastra-test-{os.getpid()}-{tmp_path.name}" if abstract else str(tmp_path / "notify")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listener:
        listener.settimeout(DEADLINE_S)
        listener.bind(name.replace("@", "\0") if abstract else name)
        yield listener, name


def test_what_is_told_arrives_in_one_datagram(systemd: tuple[socket.socket, str]) -> None:
    listener, name = systemd
    SystemdSupervisor({"NOTIFY_SOCKET": name}).tell("READY=1", "STATUS=door: pictures come")
    assert listener.recv(1000) == b"READY=1\nSTATUS=door: pictures come"


@pytest.mark.parametrize("name", ["", "vsock:2:1", "relative"])
def test_without_a_unix_socket_nothing_is_told_and_nobody_watches(name: str) -> None:
    supervisor = SystemdSupervisor({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "1000000"})
    supervisor.tell("READY=1")
    assert supervisor.within_s is None


@pytest.mark.parametrize(
    ("environ", "within_s"),
    [
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 60.0),
        ({"WATCHDOG_USEC": "500000"}, 0.5),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_how_often_it_wants_to_hear_is_what_the_environment_says(
    environ: dict[str, str], within_s: float | None
) -> None:
    assert SystemdSupervisor({"NOTIFY_SOCKET": "/run/notify", **environ}).within_s == within_s


def test_a_socket_that_is_gone_stops_nothing_and_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    supervisor = SystemdSupervisor({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    supervisor.tell("READY=1")
    supervisor.tell("WATCHDOG=1")
    assert [record.getMessage() for record in caplog.records] == [
        "systemd does not hear how we are doing: No such file or directory"
    ]


def test_the_running_agent_tells_of_its_whole_life(systemd: tuple[socket.socket, str], tmp_path: Path) -> None:
    listener, name = systemd
    heard: list[str] = []

    def hears(line: str) -> bool:
        heard.extend(listener.recv(1000).decode().splitlines())
        return any(told.startswith(line) for told in heard)

    environ = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "400000"}
    with Mosquitto(tmp_path) as mosquitto:
        config = config_for(mosquitto, write_tiny_bundle(tmp_path / "tiny.tflite"))
        with running_agent(config, Stand(picture_of("jeans")), environ):
            wait_until(lambda: hears("READY=1"), what="being ready")
            wait_until(lambda: hears("STATUS=door: pictures come; broker: connected"), what="the status")
            heard.clear()
            wait_until(lambda: hears("WATCHDOG=1"), what="being fed")
        wait_until(lambda: hears("STOPPING=1"), what="the end")
