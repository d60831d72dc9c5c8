"""The truth about now: as of when, like compared with like, channels with their source."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pages_lake import OneSnapshot, ago

from cxreports.figures.live_channels import LiveChannels
from cxreports.figures.overview import overview
from cxreports.figures.summary import totals
from cxreports.pages.bar import channels_note
from cxreports.pages.call_records import CdrViewer
from cxreports.pages.dashboard import Dashboard
from cxreports.pages.reading import Reading
from cxreports.pages.view import View
from cxreports.pages.zoom import Window
from cxreports.sheets.files import to_csv
from cxreports.sheets.selection import Selection

Made = Callable[..., Any]

DAY = timedelta(days=1)
HOUR = datetime(2026, 3, 12, 13, tzinfo=UTC)
"""An hour that changes."""


def call(time: datetime, seconds: float = 1, **given: Any) -> dict[str, Any]:
    return {"call_time": time, "end_time": time + timedelta(seconds=seconds), **given}


def figure(page: Dashboard, key: str) -> dict[str, str]:
    return next(each for each in page.figures.figures if each["key"] == key)


@pytest.fixture(name="calls", scope="module")
def _calls() -> list[dict[str, Any]]:
    """Calls of three days around the hour, none of them at its very beginning."""
    chance = random.Random(4)
    seconds = sorted(chance.sample(range(1, 3 * 86_400), 90))
    near = (-90, -5, 5, 90)
    times = [HOUR - 2 * DAY + timedelta(seconds=each) for each in seconds]
    times += [HOUR - days * DAY + timedelta(seconds=each) for days in (0, 1, 2) for each in near]
    return [call(each, 0, connected=nth % 3 > 0) for nth, each in enumerate(sorted(times))]


def test_a_period_changes_by_the_calls_that_come_and_go_and_by_no_hour(
    made: Made, calls: list[dict[str, Any]]
) -> None:
    snapshot, times = made(calls), [each["call_time"] for each in calls]

    def count(start: datetime, end: datetime) -> int:
        return sum(start <= time < end for time in times)

    before = None
    for seconds in (-100, -10, -3, 0, 3, 10, 100):
        now = HOUR + timedelta(seconds=seconds)
        period = View().span(now)
        attempts = [
            totals(snapshot, "acme", start=each.start, end=each.end)["attempts"].item()
            for each in (period, period.previous())
        ]
        assert attempts == [count(now - DAY, now), count(now - 2 * DAY, now - DAY)]
        row = overview(snapshot, period, None).row(0, named=True)
        assert [row["attempts"], row["before_attempts"]] == attempts
        if before is not None:
            then, attempts_then = before
            assert attempts[0] - attempts_then == count(then, now) - count(then - DAY, now - DAY)
        before = now, attempts[0]


def test_the_page_compares_with_the_same_part_of_the_day_before(made: Made, tmp_path: Path) -> None:
    last = HOUR.replace(hour=12, minute=41, second=8)
    today = [last - timedelta(hours=each) for each in range(8)]
    the_day_before = [each - DAY for each in today[:4]]
    # Within the same hour as the end of the period before, but after it.
    later = [last - DAY + timedelta(minutes=each) for each in (3, 12, 18)]
    lake = OneSnapshot(made([call(each, 0) for each in today + the_day_before + later]), tmp_path)
    page = Dashboard(lake, View("acme"))
    assert figure(page, "attempts")["value"] == str(8 + 3)
    assert (figure(page, "attempts")["detail"], figure(page, "attempts")["trend"]) == ("175 %", "up")
    assert page.controls.view["to"] == "2026-03-12T12:41"


def test_the_line_of_the_period_before_is_cut_where_this_one_is(made: Made) -> None:
    last = HOUR.replace(hour=12, minute=41)
    before = [last - DAY + timedelta(minutes=each) for each in (-2, -1, 2)]
    reading, view = Reading(made([call(each, 0) for each in [last, *before]])), View("acme")
    period = view.span(reading.until)
    window = Window.whole(view.plotted(period)).earlier(period.length)
    frame = reading.graphs("acme", ["attempts"], window, "UTC")["attempts"]
    assert frame.select("start", "value").row(-1) == (last.replace(minute=30) - DAY, 2)


def test_as_of_is_how_far_the_calls_reach(made: Made, tmp_path: Path) -> None:
    end = ago(minutes=4)
    lake = OneSnapshot(made([call(end - timedelta(minutes=20), 20 * 60)]), tmp_path)
    for page, shown in ((Dashboard(lake, View("acme")), "controls"), (CdrViewer(lake), "page")):
        assert getattr(page, shown).as_of.startswith(f"as of {end:%H:%M}")


def test_as_of_another_year_has_its_date(made: Made, tmp_path: Path) -> None:
    lake = OneSnapshot(made([call(HOUR.replace(year=2025), 60)]), tmp_path)
    page = Dashboard(lake, View("acme", zone="Europe/Madrid"))
    assert page.controls.as_of == "as of 12 Mar 2025, 14:01 · new calls show by themselves"


def test_channels_say_as_of_when(made: Made, tmp_path: Path) -> None:
    begun = ago(minutes=5)
    lake = OneSnapshot(made([call(begun - timedelta(hours=1), 3620), call(begun, 60)]), tmp_path)
    for page in (Dashboard(lake, View("acme", zone="Asia/Kolkata")), CdrViewer(lake)):
        assert (page.top_bar.channels, page.top_bar.channels_source) == (2, "cdr")
    page = Dashboard(lake, View("acme"))
    assert page.top_bar.channels_note.startswith("as of the last call, ")
    assert figure(page, "channels")["value"] == page.charts["channels"].now == "2"


def test_channels_of_long_ago_are_unknown_and_not_none(made: Made, tmp_path: Path) -> None:
    lake = OneSnapshot(made([call(ago(minutes=50), 60)]), tmp_path)
    page = Dashboard(lake, View("acme"))
    assert page.top_bar.channels is None
    assert page.top_bar.channels_note.startswith("unknown since ")
    assert figure(page, "channels")["value"] == page.charts["channels"].now == "\N{EN DASH}"
    assert figure(page, "channels")["detail"].startswith("peak 1 at ")


@pytest.mark.parametrize(
    ("channels", "note"),
    [
        (LiveChannels(2, "cdr", HOUR), "as of the last call, 14:00"),
        (LiveChannels(None, "cdr", HOUR - DAY), "unknown since 11 Mar, 14:00"),
        (LiveChannels(), "no calls yet"),
        (LiveChannels(2, "switch", HOUR, "kamailio"), "now, kamailio"),
        (LiveChannels(0, "switch", HOUR, "kamailio"), "now, kamailio"),
        (LiveChannels(None, "switch", HOUR, "kamailio"), "unknown since 14:00"),
    ],
)
def test_a_source_is_worded_on_the_zones_clocks(channels: LiveChannels, note: str) -> None:
    assert channels_note(channels, "Europe/Madrid", HOUR) == note


def test_the_headline_of_a_past_period_is_that_periods(made: Made, tmp_path: Path) -> None:
    past = [call(HOUR + timedelta(seconds=each), 60) for each in range(3)]
    lake = OneSnapshot(made([*past, call(ago(minutes=3), 60)]), tmp_path)
    ends = {"custom_from": "2026-03-12T12:00", "custom_to": "2026-03-12T15:00"}
    page = Dashboard(lake, View("acme", period="custom", **ends))
    shown = figure(page, "channels")
    assert (shown["label"], shown["value"]) == ("Most channels", "3")
    assert shown["detail"] == "at Thu 12 Mar, 13:00"
    assert page.charts["channels"].now == "3 at most"
    assert page.top_bar.channels == 1, "the bar speaks of now"


def test_a_period_that_is_not_over_says_so_in_its_row_and_in_files(made: Made, tmp_path: Path) -> None:
    last = HOUR.replace(hour=11, minute=41)
    lake = OneSnapshot(made([call(last - timedelta(hours=1), 0), call(last, 0)]), tmp_path)
    page = Dashboard(lake, View("acme", zone="Europe/Madrid"))
    for tab, notes in (
        ("live", ["so far, to 11:41", *[None] * 23, "from 11:41"]),
        ("daily", ["so far, to 11:41"]),
        ("monthly", ["so far, to 12 Mar, 11:41"]),
    ):
        page.summary.tab = tab
        sheet = page.summary.sheet
        assert sheet is not None
        assert sheet.frame["note"].to_list() == notes
    page.summary.tab = "live"
    sheet = page.summary.sheet
    assert sheet is not None
    lines = to_csv(Selection.of(sheet, [0, 1], ["start", "attempts"])).decode("utf-8-sig").splitlines()
    assert lines == [
        "Hour (UTC),Note,Attempts",
        '2026-03-12T11:00Z,"so far, to 11:41",1',
        "2026-03-12T10:00Z,,1",
    ]
    assert to_csv(Selection.of(sheet, [1], ["start"])).decode("utf-8-sig").splitlines()[0] == "Hour (UTC)"
