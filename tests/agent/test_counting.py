from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.counting import Counts, Tally, time_zone
from agent.errors import ConfigError

LABELS = ("jeans", "sarees")
BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")


def local(zone: ZoneInfo, *moment: int, fold: int = 0) -> datetime:
    return datetime(*moment, tzinfo=zone, fold=fold).astimezone(UTC)  # type: ignore[arg-type] # year, month, day...


def test_events_are_counted_by_label_in_the_stores_own_hour_and_day() -> None:
    tally = Tally(LABELS, KOLKATA)
    tally.add("jeans", local(KOLKATA, 2026, 11, 24, 0, 10))
    tally.add("jeans", local(KOLKATA, 2026, 11, 24, 18, 5))
    counts = tally.add("sarees", local(KOLKATA, 2026, 11, 24, 18, 59))
    assert (counts.hour.counts, counts.day.counts) == ({"jeans": 1, "sarees": 1}, {"jeans": 2, "sarees": 1})
    assert counts.hour.start.isoformat() == "2026-11-24T18:00:00+05:30"
    assert counts.day.start.isoformat() == "2026-11-24T00:00:00+05:30"


def test_a_new_hour_and_a_new_day_begin_at_zero_without_any_event() -> None:
    tally = Tally(LABELS, KOLKATA)
    tally.add("jeans", local(KOLKATA, 2026, 11, 24, 22, 30))
    later = tally.at(local(KOLKATA, 2026, 11, 24, 23, 0))
    assert (later.hour.counts["jeans"], later.day.counts["jeans"]) == (0, 1)
    assert tally.at(local(KOLKATA, 2026, 11, 25, 0, 0)).day.counts == {"jeans": 0, "sarees": 0}


def test_the_hour_that_summer_time_repeats_is_counted_twice() -> None:
    tally = Tally(LABELS, BERLIN)
    first = tally.add("jeans", local(BERLIN, 2026, 10, 25, 2, 30))
    second = tally.add("jeans", local(BERLIN, 2026, 10, 25, 2, 30, fold=1))
    assert first.hour.start.isoformat() == "2026-10-25T02:00:00+02:00"
    assert second.hour.start.isoformat() == "2026-10-25T02:00:00+01:00"
    assert (second.hour.counts["jeans"], second.day.counts["jeans"]) == (1, 2)


def test_the_day_that_summer_time_shortens_has_the_hours_it_has() -> None:
    tally = Tally(LABELS, BERLIN)
    starts = {
        tally.add("jeans", datetime(2026, 3, 28, 23, 30, tzinfo=UTC) + timedelta(hours=hour)).hour.start
        for hour in range(23)
    }
    counts = tally.at(local(BERLIN, 2026, 3, 29, 23, 59))
    assert len(starts) == 23
    assert counts.day.counts["jeans"] == 23
    assert counts.day.start.isoformat() == "2026-03-29T00:00:00+01:00"


def test_counts_go_on_after_a_restart_in_the_same_hour_and_day() -> None:
    at = local(BERLIN, 2026, 11, 24, 10, 0)
    kept = msgspec.json.decode(msgspec.json.encode(Tally(LABELS, BERLIN).add("jeans", at)), type=Counts)
    assert Tally(LABELS, BERLIN, kept).add("jeans", at + timedelta(minutes=59)).hour.counts["jeans"] == 2
    same_day = Tally(LABELS, BERLIN, kept).add("jeans", at + timedelta(hours=5))
    assert (same_day.hour.counts["jeans"], same_day.day.counts["jeans"]) == (1, 2)
    assert Tally(LABELS, BERLIN, kept).at(at + timedelta(days=1)).day.counts["jeans"] == 0


def test_a_clock_that_is_set_back_a_little_does_not_lose_the_hour() -> None:
    tally, at = Tally(LABELS, UTC), datetime(2026, 11, 24, 10, 0, 5, tzinfo=UTC)
    tally.add("jeans", at)
    assert tally.add("jeans", at - timedelta(seconds=10)).hour.counts["jeans"] == 2


def test_a_clock_that_was_wrong_by_years_begins_anew_once_it_is_right() -> None:
    for wrong in (1970, 2090):
        tally = Tally(LABELS, UTC)
        tally.add("jeans", datetime(wrong, 1, 1, tzinfo=UTC))
        right = tally.add("jeans", datetime(2026, 11, 24, 10, tzinfo=UTC))
        assert (right.hour.counts["jeans"], right.day.counts["jeans"]) == (1, 1)
        assert right.day.start.year == 2026


ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]


@given(
    st.sampled_from(ZONES),
    st.sampled_from(
        [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 4, 4, tzinfo=UTC)]
    ),
    st.lists(st.tuples(st.sampled_from(LABELS), st.integers(0, 7200)), min_size=1, max_size=40),
)
def test_every_event_is_in_exactly_one_hour_and_in_its_local_day(
    name: str, start: datetime, steps: list[tuple[str, int]]
) -> None:
    zone, at = ZoneInfo(name), start
    tally, by_hour, by_day = Tally(LABELS, zone), {}, {}
    for label, gap_s in steps:
        at += timedelta(seconds=gap_s)
        counts = tally.add(label, at)
        assert timedelta(0) <= at - counts.hour.start < timedelta(hours=2)
        by_hour[counts.hour.start] = sum(counts.hour.counts.values())
        by_day[at.astimezone(zone).date()] = sum(counts.day.counts.values())
    assert sum(by_hour.values()) == sum(by_day.values()) == len(steps)


def test_a_zone_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'Asia/Kolkata'"):
        time_zone("Asia/Kolkatta")
    with pytest.raises(ConfigError, match="time_zone"):
        time_zone("../../etc/passwd")


def test_without_a_name_the_systems_zone_is_taken(tmp_path: Path) -> None:
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/Asia/Kolkata")
    assert str(time_zone(None, link)) in ("Asia/Kolkata", "Asia/Calcutta", "UTC")
    assert time_zone(None, tmp_path / "none") is UTC
