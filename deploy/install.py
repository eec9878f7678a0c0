"""Lays the agent's files on a device: the unit and a first configuration. What is there already is left alone."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deploy.errors import InstallError
from deploy.unit import Unit, render

UNIT_PATH = PurePosixPath("/etc/systemd/system/vastra-agent.service")
CONFIG_PATH = PurePosixPath("/etc/vastra/agent.toml")

_FIRST_CONFIG = """\
# The agent of this device. `vastra-agent check --config {config}` tells what is missing.
site = "shop"            # a-z, 0-9 and -: the shop's name in every topic
device = "camera"        # likewise; no two devices of a shop may share it

[[cameras]]
name = "camera-1"
source = "0"             # the first camera; also /dev/v4l/by-id/..., rtsp://... or http://...

[broker]
url = "mqtt://localhost:1883"
"""


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file to be written: where on the device, what, with which mode, and whether to leave a present one alone."""

    path: PurePosixPath
    content: str
    mode: int
    keep_present: bool


def plan(program: PurePosixPath) -> list[PlannedFile]:
    """The files of an installation, in the order in which they are written."""
    unit = Unit(program=program, config=CONFIG_PATH)
    return [
        PlannedFile(CONFIG_PATH, _FIRST_CONFIG.format(config=CONFIG_PATH), 0o644, keep_present=True),
        PlannedFile(UNIT_PATH, render(unit), 0o644, keep_present=False),
    ]


def apply(files: list[PlannedFile], root: Path) -> list[Path]:
    """Writes the files under `root` (the device's `/`, or an image of it) and returns those that changed.

    Raises:
        InstallError: a file or its folder cannot be written.
    """
    changed = []
    for file in files:
        target = root / file.path.relative_to("/")
        if target.exists() and (file.keep_present or target.read_text(encoding="utf-8") == file.content):
            continue
        try:
            _write_whole(target, file)
        except OSError as error:
            hint = "; run it with sudo" if isinstance(error, PermissionError) else ""
            raise InstallError(f"{target}: cannot be written: {error.strerror}{hint}") from error
        changed.append(target)
    return changed


def _write_whole(target: Path, file: PlannedFile) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=target.parent, prefix=f".{target.name}.", delete=False) as beside:
        beside.write(file.content)
        beside.flush()
        os.fsync(beside.fileno())
    Path(beside.name).chmod(file.mode)
    Path(beside.name).replace(target)
