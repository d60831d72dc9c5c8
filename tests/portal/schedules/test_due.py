"""Due times beside tables written by hand, in four zones, around the clock changes of 2026 and 2027."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cxreports.errors import BadField
from cxreports.language import speaking
from cxreports.portal.schedules.due import Exceptional, Timing

MADRID, NEW_YORK, LORD_HOWE = "Europe/Madrid", "America/New_York", "Australia/Lord_Howe"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(timing: Timing, after: str, count: int) -> list[str]:
    found = timing.after(at(after))
    return [f"{next(found):%Y-%m-%d %H:%M}" for _ in range(count)]


# Madrid: 29 Mar 2026 02:00 +1 becomes 03:00 +2; 25 Oct 2026 03:00 +2 becomes 02:00 +1.
# New York: 8 Mar 2026 02:00 -5 becomes 03:00 -4; 1 Nov 2026 02:00 -4 becomes 01:00 -5.
# Lord Howe: 5 Apr 2026 02:00 +11 becomes 01:30 +10:30; 4 Oct 2026 02:00 +10:30 becomes 02:30 +11.
@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        # 02:30 that does not exist is due when the clock has jumped, and the next day at its time.
        (
            "30 2 * * *",
            MADRID,
            "2026-03-28 00:00",
            ["2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"],
        ),
        # 02:30 that comes twice is due at the first.
        (
            "30 2 * * *",
            MADRID,
            "2026-10-24 00:00",
            ["2026-10-24 00:30", "2026-10-25 00:30", "2026-10-26 01:30"],
        ),
        # A weekly 07:00 is 07:00 in winter and in summer.
        (
            "0 7 * * 1",
            MADRID,
            "2026-10-19 12:00",
            ["2026-10-26 06:00", "2026-11-02 06:00", "2026-11-09 06:00"],
        ),
        ("0 7 * * 1", MADRID, "2026-03-22 12:00", ["2026-03-23 06:00", "2026-03-30 05:00"]),
        (
            "30 2 * * *",
            NEW_YORK,
            "2026-03-07 00:00",
            ["2026-03-07 07:30", "2026-03-08 07:00", "2026-03-09 06:30"],
        ),
        (
            "30 1 * * *",
            NEW_YORK,
            "2026-10-31 00:00",
            ["2026-10-31 05:30", "2026-11-01 05:30", "2026-11-02 06:30"],
        ),
        # Half an hour: 02:15 does not exist on 4 October, and is due at 02:30 (+11), 15:30 UTC.
        (
            "15 2 * * *",
            LORD_HOWE,
            "2026-10-02 12:00",
            ["2026-10-02 15:45", "2026-10-03 15:30", "2026-10-04 15:15"],
        ),
        # 01:45 comes twice on 5 April: at 14:45 (+11) and at 15:15 (+10:30).
        (
            "45 1 * * *",
            LORD_HOWE,
            "2026-04-03 12:00",
            ["2026-04-03 14:45", "2026-04-04 14:45", "2026-04-05 15:15"],
        ),
        ("30 2 * * *", "UTC", "2026-03-28 12:00", ["2026-03-29 02:30", "2026-03-30 02:30"]),
        # Every hour follows the hours as they pass: none is left out, none comes twice.
        (
            "0 * * * *",
            MADRID,
            "2026-10-24 23:30",
            ["2026-10-25 00:00", "2026-10-25 01:00", "2026-10-25 02:00", "2026-10-25 03:00"],
        ),
        (
            "0 * * * *",
            MADRID,
            "2026-03-28 23:30",
            ["2026-03-29 00:00", "2026-03-29 01:00", "2026-03-29 02:00"],
        ),
        # Two times of which one is missing are due once when they fall together.
        ("0 2,3 * * *", MADRID, "2026-03-28 12:00", ["2026-03-29 01:00", "2026-03-30 00:00"]),
        # Months of every length, a leap day among them.
        (
            "0 6 L * *",
            MADRID,
            "2028-01-15 00:00",
            ["2028-01-31 05:00", "2028-02-29 05:00", "2028-03-31 04:00"],
        ),
        ("0 6 1 * *", NEW_YORK, "2026-12-15 00:00", ["2027-01-01 11:00", "2027-02-01 11:00"]),
    ],
)
def test_due_times(cron: str, zone: str, after: str, expected: list[str]) -> None:
    assert due(Timing(cron, zone), after, len(expected)) == expected


@pytest.mark.parametrize("zone", [MADRID, NEW_YORK, LORD_HOWE, "UTC"])
@pytest.mark.parametrize("cron", ["30 2 * * *", "45 1 * * *", "0 * * * *", "15,30 2 * * *"])
def test_whoever_asks_in_between_gets_the_same_times(cron: str, zone: str) -> None:
    """A worker asks again and again for the next one; the times do not depend on when it asks."""
    timing = Timing(cron, zone)
    for start in ("2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31"):
        begin = at(f"{start} 00:00")
        at_once = timing.between(begin, begin + timedelta(days=3))
        step_by_step, moment = [], begin
        while (found := timing.next_after(moment)) and found <= begin + timedelta(days=3):
            step_by_step.append(found)
            moment = found
        asked_each_minute = {timing.next_after(begin + timedelta(minutes=7 * n)) for n in range(620)}
        assert at_once == step_by_step
        assert set(at_once) <= asked_each_minute
        assert {each for each in asked_each_minute if each and each <= at_once[-1]} == set(at_once)


def test_a_daily_time_comes_once_a_day_all_year() -> None:
    for zone in (MADRID, NEW_YORK, LORD_HOWE, "UTC"):
        for time in ("00:00", "01:45", "02:00", "02:15", "02:30", "03:00", "23:59"):
            found = Timing.daily(time, zone).between(at("2025-12-31 12:00"), at("2026-12-31 12:00"))
            assert len(found) == 365, (zone, time)


def test_shapes_are_crons_and_are_read_back() -> None:
    weekly = Timing.weekly(["fri", "mon"], "7:00", MADRID)
    assert (weekly.cron, weekly.shape, weekly.weekdays, weekly.at) == (
        "0 7 * * 1,5",
        "weekly",
        ["mon", "fri"],
        "07:00",
    )
    assert Timing.monthly("L", "06:00", "UTC").shape == "monthly"
    assert Timing("0 7 * * 1-5", "UTC").shape == "cron"
    assert Timing("0 7 1 * 1", "UTC").shape == "cron"
    assert Timing("0 7 * * 0,6", "UTC").weekdays == ["sun", "sat"]


def test_the_sentence_is_computed() -> None:
    assert Timing("0 7 * * 1", MADRID).sentence() == "every Monday, 07:00"
    assert Timing("0 7 * * 1,2,5", MADRID).sentence() == "every Monday, Tuesday, and Friday, 07:00"
    assert Timing("15 0 * * *", "UTC").sentence() == "every day, 00:15"
    assert Timing("0 6 1 * *", MADRID).sentence() == "on day 1 of the month, 06:00"
    assert Timing("0 6 L * *", MADRID).sentence() == "on the last day of the month, 06:00"
    assert Timing("0 7 * * 1-5", MADRID).sentence() == "cron 0 7 * * 1-5"
    with speaking("de"):
        assert "Montag" in Timing("0 7 * * 1", MADRID).sentence()


def test_days_of_clock_changes_are_foreseen() -> None:
    found = Timing("30 2 * * *", MADRID).exceptional(at("2026-01-01 00:00"))
    assert found == [
        Exceptional(at("2026-03-29 01:00"), is_missing=True),
        Exceptional(at("2026-10-25 00:30"), is_missing=False),
    ]
    assert Timing("0 7 * * *", MADRID).exceptional(at("2026-01-01 00:00")) == []


@pytest.mark.parametrize(
    ("cron", "zone", "field"),
    [
        ("", "UTC", "cron"),
        ("0 7 * *", "UTC", "cron"),
        ("0 0 7 * * 1", "UTC", "cron"),
        ("0 25 * * *", "UTC", "cron"),
        ("0 7 31 2 *", "UTC", "cron"),
        ("* * * * *", "UTC", "cron"),
        ("0,5 7 * * *", "UTC", "cron"),
        ("L/2 7 * * *", "UTC", "cron"),
        ("0 7 * * MON-", "UTC", "cron"),
        ("0 7 * * 1", "Europe/Atlantis", "zone"),
    ],
)
def test_what_is_no_time_is_refused(cron: str, zone: str, field: str) -> None:
    with pytest.raises(BadField) as caught:
        Timing(cron, zone)
    assert caught.value.field == field


@pytest.mark.parametrize("typed", ["", "7", "24:00", "07:60", "07:00:00", "seven"])
def test_a_time_of_day_is_hours_and_minutes(typed: str) -> None:
    with pytest.raises(BadField) as caught:
        Timing.daily(typed, "UTC")
    assert caught.value.field == "at"


@pytest.mark.parametrize("day", ["0", "29", "31", "01", "x", ""])
def test_a_day_of_the_month_is_one_that_every_month_has(day: str) -> None:
    with pytest.raises(BadField):
        Timing.monthly(day, "07:00", "UTC")
