"""Periods as people and schedules write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cxreports.clock import Period
from cxreports.errors import BadTime
from cxreports.language import speaking
from cxreports.reports.reported import Reported

NOW = datetime(2026, 11, 28, 23, 30, tzinfo=UTC)  # a Saturday


@pytest.mark.parametrize(
    ("asked", "start", "end", "slug"),
    [
        ("2026-10", "2026-10-01", "2026-11-01", "2026-10"),
        ("2028-02", "2028-02-01", "2028-03-01", "2028-02"),
        ("2026-W53", "2026-12-28", "2027-01-04", "2026-W53"),
        ("2026-10-05", "2026-10-05", "2026-10-06", "2026-10-05"),
        ("2026", "2026-01-01", "2027-01-01", "2026"),
        ("last-month", "2026-10-01", "2026-11-01", "2026-10"),
        ("last-week", "2026-11-16", "2026-11-23", "2026-W47"),
        ("this-week", "2026-11-23", "2026-11-30", "2026-W48"),
        ("yesterday", "2026-11-27", "2026-11-28", "2026-11-27"),
        ("last-year", "2025-01-01", "2026-01-01", "2025"),
        ("2026-10-01/2026-10-08", "2026-10-01", "2026-10-08", "2026-10-01_2026-10-08"),
        ("2026-10-05/2026-10-12", "2026-10-05", "2026-10-12", "2026-W41"),
        ("24h", "2026-11-27T23:30", "2026-11-28T23:30", "2026-11-27T2330_2026-11-28T2330"),
    ],
)
def test_a_period_is_read_and_named(asked: str, start: str, end: str, slug: str) -> None:
    read = Reported.of(asked, NOW)
    assert (read.period, read.slug) == (Period.of(start, end), slug)
    assert Reported.of(read.text, NOW) == read


@pytest.mark.parametrize(
    "asked", ["", "2026-13", "2026-W60", "last-fortnight", "2026-10-08/2026-10-08", "october"]
)
def test_what_is_no_period_is_refused(asked: str) -> None:
    with pytest.raises(BadTime):
        Reported.of(asked, NOW)


def test_titles_are_in_the_readers_language() -> None:
    october = Reported.of("2026-10", NOW)
    assert (october.title, october.kind) == ("October 2026", "Monthly report")
    assert october.sentence(is_compared=True) == (
        "1 Oct 2026, 00:00 \N{EN DASH} 1 Nov 2026, 00:00 UTC · 31 days · compared with the 31 days before"
    )
    with speaking("de"):
        assert october.title == "Oktober 2026"
    with speaking("ja"):
        assert october.title == "2026年10月"
