"""How the device is doing: pictures, delays, and memory and temperature where the kernel tells."""

from dataclasses import dataclass
from pathlib import Path

from agent.messages import Percentiles


@dataclass(frozen=True, slots=True)
class Health:
    """The agent's own figures: `frames` looked at and `dropped` since the start, `fps` since the last report.

    `gate_skips` counts the zones of these frames that were not classified, because nothing had moved in them.
    """

    uptime_s: float
    frames: int
    fps: float
    dropped: int
    gate_skips: int
    latency_ms: dict[str, Percentiles]
    rss_mb: float
    temperature_c: float | None


def resident_mb(proc: Path = Path("/proc")) -> float:
    """Resident memory of this process in MB (10^6 bytes); 0.0 where the system does not tell."""
    try:
        lines = (proc / "self" / "status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    kilobytes = next((line.split()[1] for line in lines if line.startswith("VmRSS:")), "0")
    return round(int(kilobytes) * 1.024 / 1000, 1)


def temperature_c(sys: Path = Path("/sys")) -> float | None:
    """The hottest thermal zone in degrees Celsius; None where there is none (most virtual machines)."""
    readings = []
    for zone in sorted(sys.glob("class/thermal/thermal_zone*/temp")):
        try:
            readings.append(int(zone.read_text(encoding="ascii")) / 1000)
        except (OSError, ValueError):
            continue  # a zone that is switched off cannot be read
    return max(readings, default=None)
