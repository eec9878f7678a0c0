"""The systemd unit that keeps the agent running on a device. Pure: a value in, its text out."""

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Unit:
    """What differs between devices; every path is absolute on the device."""

    program: PurePosixPath
    config: PurePosixPath
    user: str = "vastra"

    def __post_init__(self) -> None:
        for path in (self.program, self.config):
            if not path.is_absolute() or any(character.isspace() for character in str(path)):
                raise ValueError(f"systemd needs an absolute path without spaces, not {str(path)!r}")


def render(unit: Unit) -> str:
    """The text of `vastra-agent.service`."""
    return f"""\
[Unit]
Description=vastra: says which garment the store camera sees
Documentation=man:systemd.service(5)
# Wants, not Requires: the agent starts without a network and keeps its events until there is one.
Wants=network-online.target
After=network-online.target

[Service]
# The agent says when it is ready: after the first picture and attempt to reach the broker, and after 30 s at the latest.
Type=notify
NotifyAccess=main
# Loading a model from a slow card takes its time, too.
TimeoutStartSec=120
# The agent says that it gets on every 15 s or more often; one that hangs is killed, and started again.
WatchdogSec=60
# Being killed for that, it would leave a file as large as its memory on the card.
LimitCORE=0
ExecStart={unit.program} run --config {unit.config}
User={unit.user}
# The camera's device node belongs to this group on Debian and Raspberry Pi OS.
SupplementaryGroups=video
StateDirectory=vastra
ConfigurationDirectory=vastra

Restart=always
# From 2 s up to 2 min in steps: a broken device is tried for ever without burning its card.
RestartSec=2
RestartSteps=6
RestartMaxDelaySec=120
# Exit 2 is a mistake in the configuration: trying again cannot mend it.
RestartPreventExitStatus=2
TimeoutStopSec=15

NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
CapabilityBoundingSet=
AmbientCapabilities=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
DevicePolicy=closed
DeviceAllow=char-video4linux rw
UMask=0027

[Install]
WantedBy=multi-user.target
"""
