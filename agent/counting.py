"""Events counted by label, hour and day of the store's own time. Pure: fed events and times, it never reads a clock."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from agent.errors import ConfigError

_STEP_BACK = timedelta(hours=1)  # of a clock that is set right: under it the running hour goes on


@dataclass(frozen=True, slots=True)
class Period:
    """What happened since `start`, which carries the store's offset from UTC: events by label, zeros too."""

    start: datetime
    counts: Mapping[str, int]

    def with_one_more(self, label: str) -> "Period":
        """The same with one more event of `label`."""
        return replace(self, counts={**self.counts, label: self.counts.get(label, 0) + 1})


@dataclass(frozen=True, slots=True)
class Counts:
    """The running hour and the running day."""

    hour: Period
    day: Period


class Tally:
    """Counts one zone's events; goes on from `kept` where that is of the running hour or day."""

    def __init__(self, labels: Sequence[str], zone: tzinfo, kept: Counts | None = None) -> None:
        self._labels, self._zone, self._counts = labels, zone, kept

    def add(self, label: str, at: datetime) -> Counts:
        """One more event of `label`, which began at `at` (aware)."""
        counts = self.at(at)
        self._counts = Counts(counts.hour.with_one_more(label), counts.day.with_one_more(label))
        return self._counts

    def at(self, now: datetime) -> Counts:
        """The counts of the hour and day that `now` (aware) is in."""
        hour, day = _hour_of(now.astimezone(self._zone)), _day_of(now.astimezone(self._zone))
        kept = self._counts
        if kept is None or not hour <= kept.hour.start <= hour + _STEP_BACK:
            same_day = kept is not None and kept.day.start.date() == day.date()
            kept = Counts(self._none_since(hour), kept.day if kept and same_day else self._none_since(day))
        self._counts = kept
        return kept

    def _none_since(self, start: datetime) -> Period:
        return Period(start, dict.fromkeys(self._labels, 0))


def time_zone(name: str | None, localtime: Path = Path("/etc/localtime")) -> tzinfo:
    """The time zone of that name (`Asia/Kolkata`), or without one the system's own; UTC where it has none.

    Raises:
        ConfigError: there is no such zone here.
    """
    if name is None:
        _, found, name = str(localtime.resolve()).rpartition("zoneinfo/")
        if not found:
            return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "for example 'Asia/Kolkata'"
        raise ConfigError(
            f"time_zone: {name!r} is not known; {hint if known else 'this system knows none: install tzdata'}"
        ) from None


def _hour_of(local: datetime) -> datetime:
    # With a fixed offset: in the hour that summer time repeats, comparing times of one zone would ignore which it is.
    return local.replace(minute=0, second=0, microsecond=0, fold=0, tzinfo=timezone(local.utcoffset() or timedelta()))


def _day_of(local: datetime) -> datetime:
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return midnight.replace(tzinfo=timezone(midnight.utcoffset() or timedelta()))
