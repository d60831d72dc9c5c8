"""Which stretch of time the graphs read, and how finely."""

from datetime import UTC, datetime, timedelta

import pytest

from cxreports.clock import Period
from cxreports.pages.zoom import Window

DAY = Period.of("2026-03-28T20:00", "2026-03-29T20:00")
"""Clocks in Madrid go forward at 01:00 UTC on the 29th."""


def clock_ms(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000


def seen(start: str, end: str, tz: str = "UTC") -> Window:
    return Window.zoomed(DAY, [clock_ms(start), clock_ms(end)], tz)


@pytest.mark.parametrize(
    ("end", "every"), [("2026-03-29T10:20", "1m"), ("2026-03-29T13:30", "5m"), ("2026-03-30T11:00", "15m")]
)
def test_shorter_stretch_has_finer_buckets(end: str, every: str) -> None:
    assert seen("2026-03-29T10:00", end).every == every


def test_window_reaches_as_far_again_to_both_sides() -> None:
    window = seen("2026-03-29T10:00", "2026-03-29T11:00")
    assert window.period == Period.of("2026-03-29T09:00", "2026-03-29T12:00")


def test_window_stays_in_the_period() -> None:
    assert seen("2026-03-29T18:30", "2026-03-29T19:30").period.end == DAY.end
    assert seen("2026-04-02T10:00", "2026-04-02T11:00") == Window.whole(DAY)


def test_clocks_are_the_zones() -> None:
    window = seen("2026-03-29T10:00", "2026-03-29T11:00", "Europe/Madrid")
    assert window.period == Period.of("2026-03-29T07:00", "2026-03-29T10:00")
    before = seen("2026-03-29T00:10", "2026-03-29T00:40", "Europe/Madrid")
    assert before.period == Period.of("2026-03-28T22:40", "2026-03-29T00:10")


def test_previous_period_is_read_as_finely() -> None:
    window = seen("2026-03-29T10:00", "2026-03-29T11:00")
    earlier = window.earlier(timedelta(days=1))
    assert (earlier.every, earlier.period.start) == (window.every, window.period.start - timedelta(days=1))


def test_a_moment_is_read_as_some_minutes() -> None:
    window = seen("2026-03-29T10:00", "2026-03-29T10:00")
    assert window == Window(Period.of("2026-03-29T09:55", "2026-03-29T10:05"), "1m")
