"""Presets of the range control: each against periods that were written down by hand."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cxreports.clock import Period
from cxreports.pages.spans.preset import BY_ID, PRESETS
from cxreports.pages.view import View

MADRID = "Europe/Madrid"
SUNDAY = datetime(2026, 11, 29, 11, 41, tzinfo=UTC)
"""12:41 in Madrid."""


def span(preset: str, now: datetime = SUNDAY, tz: str = MADRID) -> Period:
    return View(zone=tz, period=preset).span(now)


@pytest.mark.parametrize(
    ("preset", "start", "end"),
    [
        ("today", "2026-11-28T23:00", "2026-11-29T12:00"),
        ("yesterday", "2026-11-27T23:00", "2026-11-28T23:00"),
        ("this_month", "2026-10-31T23:00", "2026-11-29T12:00"),
        ("last_month", "2026-09-30T22:00", "2026-10-31T23:00"),
    ],
)
def test_presets_of_the_calendar_are_on_the_zones_clocks(preset: str, start: str, end: str) -> None:
    assert span(preset) == Period.of(start, end)


def test_days_of_a_clock_change_have_23_and_25_hours() -> None:
    spring, autumn = datetime(2026, 3, 30, 9, tzinfo=UTC), datetime(2026, 10, 26, 9, tzinfo=UTC)
    assert span("yesterday", spring) == Period.of("2026-03-28T23:00", "2026-03-29T22:00")
    assert span("yesterday", autumn) == Period.of("2026-10-24T22:00", "2026-10-25T23:00")
    assert span("last_month", autumn.replace(month=11)).length == timedelta(days=31, hours=1)


@pytest.mark.parametrize("tz", [MADRID, "Asia/Kolkata", "America/Havana", "Australia/Lord_Howe", "UTC"])
def test_whole_days_and_months_begin_and_end_with_those_of_the_clocks(tz: str) -> None:
    within = ZoneInfo(tz)
    now = datetime(2025, 12, 30, 6, 20, tzinfo=UTC)
    while now.year < 2027:
        shown = now.astimezone(within)
        instants = [shown.date() - timedelta(days=1), shown.date()]
        day = span("yesterday", now, tz)
        inside = [day.start, day.end - timedelta(microseconds=1)]
        assert [each.astimezone(within).date() for each in inside] == [instants[0]] * 2
        outside = [day.start - timedelta(microseconds=1), day.end]
        assert [each.astimezone(within).date() for each in outside] == [
            instants[0] - timedelta(days=1),
            instants[1],
        ]
        month = span("last_month", now, tz)
        last = (month.end - timedelta(microseconds=1)).astimezone(within)
        assert (last.year * 12 + last.month) + 1 == shown.year * 12 + shown.month
        assert month.start.astimezone(within).date() == last.date().replace(day=1)
        now += timedelta(days=5, hours=7)


def test_today_ends_no_later_than_its_midnight() -> None:
    late = datetime(2026, 11, 29, 18, 20, tzinfo=UTC)
    assert span("today", late, "Asia/Kolkata") == Period.of("2026-11-28T18:30", "2026-11-29T18:30")


@pytest.mark.parametrize(
    ("preset", "start", "end"),
    [
        ("24h", "2026-11-27T12:00", "2026-11-28T12:00"),
        ("today", "2026-11-27T23:00", "2026-11-28T12:00"),
        ("yesterday", "2026-11-26T23:00", "2026-11-27T23:00"),
        ("this_month", "2026-09-30T22:00", "2026-10-29T11:00"),
        ("last_month", "2026-08-31T22:00", "2026-09-30T22:00"),
    ],
)
def test_a_part_is_compared_with_as_long_a_part_and_a_whole_with_a_whole(
    preset: str, start: str, end: str
) -> None:
    view = View(zone=MADRID, period=preset)
    assert view.earlier(view.span(SUNDAY)) == Period.of(start, end)


def test_this_month_is_compared_with_no_more_than_the_whole_month_before() -> None:
    view = View(period="this_month")
    march = view.span(datetime(2026, 3, 31, 12, 30, tzinfo=UTC))
    assert view.earlier(march) == Period.of("2026-02-01", "2026-03-01")


def test_every_preset_may_be_what_the_page_opens_with() -> None:
    for preset in PRESETS:
        view = View().asked({"opens": preset.id})
        assert (view.opens, view.period) == (preset.id, preset.id)
        assert View().asked(view.address()) == view
    assert list(BY_ID) == ["24h", "7d", "30d", "today", "yesterday", "this_month", "last_month"]
