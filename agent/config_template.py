"""A commented configuration to start from: every key with its default and its reason, as they stand in config.py."""

import inspect
import json
import os
import re
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from agent.config import AgentConfig, CameraConfig
from agent.errors import ConfigError

_ALWAYS = frozenset({"site", "device", "name", "source", "url"})  # what a new device has to look at
_REASON = re.compile(r"^    (\w+): .*?  # (.+)$", re.MULTILINE)
_HEAD = """# The configuration of vastra-agent. What begins with # is the default; remove the # to change it.
# `vastra-agent check --config THIS_FILE` looks at everything that is named here.
"""
_ZONES = """
# Zones are classified each on its own: [left, top, right, bottom], as shares of the picture.
#[[cameras.zones]]
#name = "rack"
#box = [0.0, 0.0, 0.5, 1.0]
"""


def template(config: AgentConfig) -> str:
    """The configuration as commented TOML, which reads back as the same."""
    lines = [_HEAD, *_keys(config)]
    for camera in config.cameras:
        lines += ["", *_title(camera, "[[cameras]]"), *_keys(camera), _ZONES.rstrip()]
    for field in msgspec.structs.fields(AgentConfig):
        section = getattr(config, field.name)
        if isinstance(section, msgspec.Struct):
            lines += ["", *_title(section, f"[{field.name}]"), *_keys(section)]
    return "\n".join(lines) + "\n"


def write_template(path: Path, config: AgentConfig) -> None:
    """Writes the commented configuration to a new file, readable by its owner and group: an address may hold a password.

    Raises:
        ConfigError: there is something of that name, or it cannot be written.
    """
    if path.exists():
        raise ConfigError(f"{path}: there is one already; name another with --out, or move it away")
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=path.name, delete=False, encoding="utf-8"
        ) as file:
            file.write(template(config))
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).chmod(0o640)
        Path(file.name).rename(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error


@cache
def reasons(section: type[msgspec.Struct]) -> dict[str, str]:
    """What stands beside each key of a section in its source."""
    return dict(_REASON.findall(inspect.getsource(section)))


def _title(section: msgspec.Struct, header: str) -> list[str]:
    sentence = (type(section).__doc__ or "").partition("\n")[0]
    return [f"# {sentence}", header]


def _keys(section: msgspec.Struct) -> Iterator[str]:
    why = reasons(type(section))
    defaults = {field.name: field.default for field in msgspec.structs.fields(type(section))}
    for name in section.__struct_fields__:
        value = getattr(section, name)
        if isinstance(value, msgspec.Struct) or (isinstance(value, tuple) and _holds_tables(type(section), name)):
            continue  # a table of its own
        mark = "" if name in _ALWAYS or value != defaults[name] else "#"
        reason = why.get(name, "").replace("None: ", "without it: ")
        yield f"{mark}{name} = {_literal(value)}".ljust(32) + f"  # {reason}".rstrip(" #")


def _holds_tables(section: type[msgspec.Struct], name: str) -> bool:
    return (section, name) in {(AgentConfig, "cameras"), (CameraConfig, "zones")}


def _literal(value: object) -> str:
    if value is None:
        return ""  # TOML has no word for it
    if isinstance(value, tuple):
        return f"[{', '.join(map(_literal, value))}]"
    # Of strings, numbers and booleans, JSON's are TOML's, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
