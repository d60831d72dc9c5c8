"""Which stretch of time the graphs read, and how finely."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cxreports.clock import Period
from cxreports.pages.view import View, zoomed
from cxreports.pages.zoom import Window

MADRID = "Europe/Madrid"
"""Clocks go forward at 01:00 UTC on 29 March 2026 and back at 01:00 UTC on 25 October."""


def seen(start: str, end: str, tz: str = "UTC") -> Window:
    return Window.zoomed(Period.of(start, end), tz)


@pytest.mark.parametrize(
    ("end", "every"), [("2026-03-29T10:20", "1m"), ("2026-03-29T13:30", "5m"), ("2026-03-30T11:00", "15m")]
)
def test_shorter_stretch_has_finer_buckets(end: str, every: str) -> None:
    assert seen("2026-03-29T10:00", end).every == every


def test_window_has_the_buckets_that_the_stretch_touches() -> None:
    window = seen("2026-03-29T09:02", "2026-03-29T13:31")
    assert window == Window(Period.of("2026-03-29T09:00", "2026-03-29T13:35"), "5m")
    assert seen("2026-03-01T10:00", "2026-03-07T10:01").period == Period.of(
        "2026-03-01T10:00", "2026-03-07T11:00"
    )


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_a_day_has_all_its_quarters_in_the_zone(day: str, hours: int) -> None:
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(MADRID))
    period = Period.of(midnight, (midnight + timedelta(days=1)).replace(tzinfo=ZoneInfo(MADRID)))
    window = Window.zoomed(period, MADRID)
    begun = period.start.timestamp()
    expected = [int(begun + 900 * at) * 1_000_000 for at in range(4 * hours + 1)]
    assert window.edges(MADRID).tolist() == expected


def test_the_hour_that_clocks_show_twice_can_be_zoomed_to_either_time() -> None:
    for start, end in [("00:00", "01:00"), ("01:00", "02:00")]:
        window = seen(f"2026-10-25T{start}", f"2026-10-25T{end}", MADRID)
        assert window == Window(Period.of(f"2026-10-25T{start}", f"2026-10-25T{end}"), "1m")


def test_previous_period_is_read_as_finely() -> None:
    window = seen("2026-03-29T10:00", "2026-03-29T11:00")
    earlier = window.earlier(timedelta(days=1))
    assert (earlier.every, earlier.period.start) == (window.every, window.period.start - timedelta(days=1))


def test_a_moment_is_read_as_some_minutes() -> None:
    window = seen("2026-03-29T10:00", "2026-03-29T10:01")
    assert window == Window(Period.of("2026-03-29T10:00", "2026-03-29T10:05"), "1m")


ZOOM = "2026-11-29T08:00Z/2026-11-29T10:30Z"


def test_a_zoom_is_in_the_address_as_instants() -> None:
    view = View("acme", MADRID).chosen({"zoom": "2026-11-29T09:00+01:00/2026-11-29T10:30:40Z"})
    assert view.zoom == ZOOM
    assert zoomed(view.zoom) == Period.of("2026-11-29T08:00", "2026-11-29T10:30")
    assert View().asked(view.address()) == view
    assert view.chosen({"zone": "Asia/Tokyo", "customer": "other"}).zoom == ZOOM


@pytest.mark.parametrize(
    "nonsense",
    ["x", "/", ZOOM[:17], f"{ZOOM}/{ZOOM}", "2026-11-29T10:30Z/2026-11-29T08:00Z",
     "2026-11-29T10:30Z/2026-11-29T10:30Z", "2026-11-29T10:30:10Z/2026-11-29T10:30:50Z",
     "0001-01-01T00:00Z/2026-11-29T08:00Z"],
)  # fmt: skip
def test_what_is_no_stretch_is_no_zoom(nonsense: str) -> None:
    assert View().asked({"zoom": nonsense}).zoom == ""


def test_another_period_is_seen_whole() -> None:
    view = View("acme", zoom=ZOOM)
    assert view.chosen({**view.choices(), "period": "7d"}).zoom == ""
    assert view.chosen({**view.choices(), "compare": "0"}).zoom == ZOOM
    custom = {"period": "custom", "from": "2026-11-29T00:00", "to": "2026-11-30T00:00"}
    assert view.chosen({**view.choices(), **custom}).zoom == ""
    both = View().chosen({**custom, "zoom": ZOOM})
    assert (both.period, both.zoom) == ("custom", ZOOM)
    assert both.chosen({**both.choices(), "zoom": ""}).zoom == ""


def test_ends_of_a_period_may_have_their_offset() -> None:
    ends = {"period": "custom", "from": "2026-10-25T02:30+02:00", "to": "2026-10-25T02:30+01:00"}
    view = View(zone=MADRID).chosen(ends)
    assert view.span(datetime(2026, 11, 1, tzinfo=UTC)) == Period.of("2026-10-25T00:30", "2026-10-25T01:30")
