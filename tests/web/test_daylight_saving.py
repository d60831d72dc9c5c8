"""Days of 23 and 25 hours on the graphs of the page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from driving import portal_of, visit

from cxreports import Lake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driving import Portal
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

MADRID = ZoneInfo("Europe/Madrid")
QUARTER = timedelta(minutes=15)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)

ROWS = """
plots => {
    const view = plots.find((plot) => plot.ariaLabel.startsWith("ASR")).cxView;
    const sources = Object.values(view.getState({data: (name) => /^rows/.test(name)}).data);
    return sources.sort((a, b) => b.length - a.length)[0].map((row) => [Number(row.start), row.value]);
}
"""


def quarters(day: date) -> list[datetime]:
    """Give the quarters of an hour that begin on a day in Madrid."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    all_of_them = [midnight + at * QUARTER for at in range(-12, 108)]
    return [each for each in all_of_them if each.astimezone(MADRID).date() == day]


def asr_pct(quarter: datetime) -> int:
    """Answer every third quarter's only call."""
    return 100 if quarter.timestamp() // QUARTER.total_seconds() % 3 == 0 else 0


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    home = tmp_path_factory.mktemp("home")
    lines = ["Call ID,Call Time,Duration,SIP Code,PDD,Charge,customer_id,Currency"]
    for quarter in [*quarters(SPRING), *quarters(AUTUMN)]:
        code, seconds = (200, 60) if asr_pct(quarter) else (486, 0)
        lines.append(f"{quarter:%d%H%M},{quarter:%Y-%m-%d %H:%M:%S},{seconds},{code},0,0,acme,EUR")
    file = home / "calls.csv"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    (report,) = Lake(home).load(file)
    assert report.loaded == 92 + 100
    with portal_of(home, warm=0) as running:
        yield running


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_each_quarter_stands_where_the_zones_clocks_show_it(
    browser: Browser, portal: Portal, day: date, hours: int
) -> None:
    period = f"period=custom&from={day}T00:00&to={day + timedelta(days=1)}T00:00"
    with visit(browser, f"{portal.address}/?customer=acme&compare=0&{period}") as page:
        drawn: list[list[Any]] = page.locator(".cx-plot").evaluate_all(ROWS)
    expected = [
        [each.astimezone(MADRID).replace(tzinfo=UTC).timestamp() * 1000, asr_pct(each)]
        for each in quarters(day)
    ]
    assert len(expected) == 4 * hours
    assert drawn == expected


def test_calls_of_an_hour_that_comes_twice_are_told_apart(browser: Browser, portal: Portal) -> None:
    query = f"customer=acme&zone=Europe/Madrid&period=custom&from={AUTUMN}T01:45&to={AUTUMN}T03:15"
    with visit(browser, f"{portal.address}/cdr?{query}", wait=False) as page:
        page.locator(".cx-grid[data-drawn]").wait_for()
        times = page.locator(".slick-row .l1").all_inner_texts()
    quarters_of_two = [f"{AUTUMN} 02:{minute}:00" for minute in ("00", "15", "30", "45")]
    twice = [*(f"{each} +2" for each in quarters_of_two), *(f"{each} +1" for each in quarters_of_two)]
    assert sorted(times) == sorted([f"{AUTUMN} 01:45:00", *twice, f"{AUTUMN} 03:00:00"])
