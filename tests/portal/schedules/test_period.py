"""The period that a report is about, seen from its due time."""

from datetime import UTC, datetime

import pytest

from cxreports.errors import BadField
from cxreports.portal.schedules.period import LABELS, dates, last_day, period_before, period_of


@pytest.mark.parametrize(
    ("name", "due_at", "zone", "start", "end"),
    [
        # Monday 30 November, 07:00 in Madrid.
        ("last-week", "2026-11-30T06:00", "Europe/Madrid", "2026-11-23", "2026-11-30"),
        ("yesterday", "2026-11-30T06:00", "Europe/Madrid", "2026-11-29", "2026-11-30"),
        # 1 December, 00:15 in Madrid, when it is still November in UTC.
        ("last-month", "2026-11-30T23:15", "Europe/Madrid", "2026-11-01", "2026-12-01"),
        # 30 November, 22:00 in New York, when it is December in UTC.
        ("last-month", "2026-12-01T03:00", "America/New_York", "2026-10-01", "2026-11-01"),
        ("last-month", "2027-01-01T05:00", "Europe/Madrid", "2026-12-01", "2027-01-01"),
        ("last-month", "2028-03-01T05:00", "UTC", "2028-02-01", "2028-03-01"),
        ("last-7-days", "2026-11-29T06:00", "UTC", "2026-11-22", "2026-11-29"),
        ("last-30-days", "2026-03-15T06:00", "UTC", "2026-02-13", "2026-03-15"),
        # On a Monday the week before ends that day; on a Sunday it ended six days ago.
        ("last-week", "2026-11-29T06:00", "UTC", "2026-11-16", "2026-11-23"),
    ],
)
def test_periods(name: str, due_at: str, zone: str, start: str, end: str) -> None:
    found = period_before(name, datetime.fromisoformat(due_at).replace(tzinfo=UTC), zone)
    assert (f"{found.start:%Y-%m-%dT%H:%M}", f"{found.end:%Y-%m-%dT%H:%M}") == (
        f"{start}T00:00",
        f"{end}T00:00",
    )


def test_an_unknown_period_is_refused() -> None:
    with pytest.raises(BadField, match="last-week"):
        period_before("next-week", datetime(2026, 11, 30, tzinfo=UTC), "UTC")


def test_every_period_has_a_label() -> None:
    for name in LABELS:
        period_before(name, datetime(2026, 11, 30, tzinfo=UTC), "UTC")


@pytest.mark.parametrize(
    ("name", "at", "zone", "start", "end"),
    [
        ("this-month", "2026-11-30T12:00", "UTC", "2026-11-01", "2026-12-01"),
        ("this-month", "2026-11-30T23:30", "Europe/Madrid", "2026-12-01", "2026-12-02"),
        ("2026-02-27/2026-03-02", "2026-11-30T12:00", "Europe/Madrid", "2026-02-27", "2026-03-02"),
        ("last-month", "2026-11-30T12:00", "UTC", "2026-10-01", "2026-11-01"),
    ],
)
def test_periods_of_reports_that_are_made_once(name: str, at: str, zone: str, start: str, end: str) -> None:
    found = period_of(name, datetime.fromisoformat(at).replace(tzinfo=UTC), zone)
    assert (f"{found.start:%Y-%m-%d}", f"{found.end:%Y-%m-%d}") == (start, end)


def test_no_schedule_has_such_a_period() -> None:
    for name in ("this-month", "2026-02-27/2026-03-02"):
        with pytest.raises(BadField):
            period_before(name, datetime(2026, 11, 30, tzinfo=UTC), "UTC")


def test_a_date_that_is_not_typed_is_asked_for() -> None:
    with pytest.raises(BadField, match="This is needed") as refused:
        dates("", "")
    assert [*refused.value.faults] == ["first", "last"]


def test_both_dates_that_are_typed_belong_to_the_period() -> None:
    assert dates("2024-02-28", "2024-02-28") == "2024-02-28/2024-02-29"
    assert last_day("2024-03-01") == "2024-02-29"
    assert dates("2024-01-01", "2024-12-31") == "2024-01-01/2025-01-01"


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("2026-01-02", "2026-01-01", "last"),
        ("2025-01-01", "2026-01-02", "last"),
        ("2026-02-30", "2026-03-01", "first"),
        ("1.2.2026", "2026-03-01", "first"),
        ("2026-01-01", "", "last"),
        ("2026-01-01", "9999-12-31", "last"),
    ],
)
def test_dates_that_are_no_period_are_refused(first: str, last: str, field: str) -> None:
    with pytest.raises(BadField) as refused:
        dates(first, last)
    assert [*refused.value.faults] == [field]
