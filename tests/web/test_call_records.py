"""The page of call records in a real browser."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from driving import ARTIFACTS, on_paper, settled, visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from driving import Portal
    from playwright.sync_api import Browser, Page

    from cxreports import Lake

pytestmark = pytest.mark.browser

MADRID = ZoneInfo("Europe/Madrid")
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


def shown(page: Page) -> None:
    """Wait until the page shows its calls in the zone of its browser."""
    page.locator(".cx-grid[data-drawn]").wait_for()
    page.wait_for_url("**zone=**")
    settled(page)


@pytest.fixture(name="page", scope="module")
def _page(browser: Browser, portal: Portal) -> Iterator[Page]:
    with visit(browser, f"{portal.address}/cdr?customer=acme&period=7d", wait=False) as page:
        shown(page)
        yield page


@pytest.fixture(autouse=True)
def _unfiltered(page: Page) -> None:
    clear = page.get_by_role("button", name="Clear filter")
    if clear.is_visible():
        clear.click()
        settled(page)


@pytest.fixture
def calls(page: Page, lake: Lake) -> list[dict[str, Any]]:
    """The calls of the week that the page shows, newest first."""
    total = count(page)
    frame = lake.cdrs("acme").sort("call_time", "record_key", descending=True)
    # The week ends with the last call, so that it is the newest calls that are shown.
    assert frame.height > total > 500
    return frame.head(total).to_dicts()


def count(page: Page) -> int:
    said = page.locator(".cx-cdr-range").inner_text()
    return int(re.search(r"([\d,]+) calls", said)[1].replace(",", ""))  # type: ignore[index]


def column(page: Page, name: str) -> list[str]:
    """Give the texts of a column's cells that are in sight."""
    heads = page.locator(".slick-header-column").evaluate_all("all => all.map(each => each.dataset.id)")
    return page.locator(".slick-row").evaluate_all(
        f"rows => rows.sort((a, b) => a.dataset.row - b.dataset.row)"
        f".map(row => row.querySelector('.l{heads.index(name)}').innerText)"
    )


def fill(page: Page, label: str, text: str) -> None:
    page.locator(".cx-cdr-filter").get_by_label(label, exact=True).fill(text)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    settled(page)


def wall(time: datetime, zone: ZoneInfo = MADRID) -> str:
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def test_newest_calls_are_shown_in_the_browsers_zone(page: Page, calls: list[dict[str, Any]]) -> None:
    times = column(page, "call_time")
    assert len(times) > 15
    assert times == [wall(call["call_time"]) for call in calls[: len(times)]]
    assert column(page, "destination") == [call["destination"] for call in calls[: len(times)]]


def test_number_finds_sources_and_destinations(page: Page, calls: list[dict[str, Any]]) -> None:
    fill(page, "Number", "+44")
    expected = [c for c in calls if c["source"].startswith("44") or c["destination"].startswith("44")]
    assert count(page) == len(expected) > 0
    assert column(page, "destination")[0] == expected[0]["destination"]
    assert "number=%2B44" in page.url


def test_code_direction_and_connected_narrow_the_calls(page: Page, calls: list[dict[str, Any]]) -> None:
    fill(page, "SIP code", "4xx")
    assert count(page) == sum(400 <= c["sip_code"] < 500 for c in calls)
    fill(page, "SIP code", "486")
    assert count(page) == sum(c["sip_code"] == 486 for c in calls)
    assert set(column(page, "sip_code")) == {"486"}
    fill(page, "SIP code", "busy")
    page.get_by_text("A code such as 486").wait_for()
    fill(page, "SIP code", "")
    page.get_by_label("connected only").check()
    settled(page)
    assert count(page) == sum(c["connected"] for c in calls)
    page.locator(".cx-cdr-filter").get_by_label("Direction").select_option("inbound")
    settled(page)
    assert page.locator(".cx-cdr-range").inner_text() == "No calls" or count(page) == sum(
        c["connected"] and c["direction"] == "inbound" for c in calls
    )


def test_sort_is_of_all_calls_not_of_the_page(page: Page, calls: list[dict[str, Any]]) -> None:
    page.get_by_role("button", name="Sort by Charge").click(force=True)
    settled(page)
    dearest = sorted((c["charge"] for c in calls), reverse=True)
    seen = [Decimal(text) for text in column(page, "charge")]
    assert seen == dearest[: len(seen)]
    assert "sort=charge" in page.url
    page.get_by_role("button", name="Sort by Charge").click(force=True)
    settled(page)
    assert Decimal(column(page, "charge")[0]) == dearest[-1]
    page.get_by_role("button", name="Sort by Charge").click(force=True)
    settled(page)
    assert column(page, "call_time")[0] == wall(calls[0]["call_time"])


def test_pages_follow_each_other(page: Page, calls: list[dict[str, Any]]) -> None:
    page.get_by_role("button", name="Next page").click()
    settled(page)
    assert column(page, "call_time")[0] == wall(calls[100]["call_time"])
    assert page.locator(".slick-row .l0").first.inner_text() == "101"
    page.get_by_role("button", name="Last page").click()
    settled(page)
    first = (len(calls) - 1) // 100 * 100
    assert column(page, "call_time")[0] == wall(calls[first]["call_time"])
    assert page.get_by_role("button", name="Next page").is_disabled()
    page.get_by_role("spinbutton", name="Page").fill("3")
    page.keyboard.press("Enter")
    settled(page)
    assert column(page, "call_time")[0] == wall(calls[200]["call_time"])
    page.get_by_role("button", name="First page").click()
    settled(page)


def test_times_follow_the_chosen_zone(page: Page, calls: list[dict[str, Any]]) -> None:
    for words, zone in (("kolkata", ZoneInfo("Asia/Kolkata")), ("Madrid", MADRID)):
        page.get_by_role("button", name=re.compile("^Time zone: ")).click()
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        settled(page)
        assert column(page, "call_time")[0] == wall(calls[0]["call_time"], zone)
        assert f"times in {zone.key}" in page.locator(".cx-grid").inner_text()


@pytest.mark.parametrize("form", ["CSV", "Parquet"])
def test_download_is_the_lake_in_utc(
    page: Page, calls: list[dict[str, Any]], tmp_path: Path, form: str
) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name=form, exact=True).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    day = r"\d{4}-\d\d-\d\dT\d{4}"
    assert re.fullmatch(rf"acme-calls-{day}_{day}\.{form.lower()}", path.name)
    expected = list(reversed(calls))
    if form == "Parquet":
        frame = pl.read_parquet(path)
        assert frame.to_dicts() == [{name: call[name] for name in frame.columns} for call in expected]
        return
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [datetime.fromisoformat(row["call_time"]) for row in rows] == [c["call_time"] for c in expected]
    assert all(row["call_time"].endswith("Z") for row in rows)
    assert sum(Decimal(row["charge"]) for row in rows) == sum(c["charge"] for c in expected)
    assert [row["destination"] for row in rows] == [c["destination"] for c in expected]
    page.get_by_text(f"Saved {path.name}").wait_for()


def test_chosen_columns_are_shown_and_downloaded(page: Page, tmp_path: Path) -> None:
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("Call id").check()
    page.keyboard.press("Escape")
    settled(page)
    page.get_by_role("button", name="CSV", exact=True).wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    download.value.save_as(tmp_path / "calls.csv")
    header = (tmp_path / "calls.csv").read_text("utf-8-sig").splitlines()[0].split(",")
    assert header[0] == "call_time"
    assert "call_id" in header
    assert "source_ip" not in header


def test_dashboard_and_calls_lead_to_each_other(browser: Browser, portal: Portal) -> None:
    with visit(browser, f"{portal.address}/?customer=acme&period=7d") as page:
        page.get_by_role("link", name="Call records").click()
        shown(page)
        assert "/cdr?" in page.url
        assert "customer=acme&period=7d" in page.url
        page.get_by_role("link", name="Dashboard").click()
        page.locator(".cx-plot[data-drawn]").nth(3).wait_for()
        settled(page)
        assert "/cdr" not in page.url
        assert "customer=acme&period=7d" in page.url


def test_address_brings_the_same_calls_back(browser: Browser, portal: Portal) -> None:
    query = "customer=acme&period=30d&zone=Asia/Tokyo&tab=live&number=%2B44&sip=2xx&sort=charge&page=2"
    with visit(browser, f"{portal.address}/cdr?{query}", wait=False) as page:
        shown(page)
        assert page.url.endswith(query)
        assert page.get_by_label("Number", exact=True).input_value() == "+44"
        assert page.locator(".cx-cdr-range").inner_text().startswith("101")


def test_page_is_never_wider_than_the_window(browser: Browser, portal: Portal) -> None:
    """Loaded on the narrowest screen, and on the others once it has followed their width and look."""
    ARTIFACTS.mkdir(exist_ok=True)
    with visit(browser, f"{portal.address}/cdr?customer=acme", width=360, height=900, wait=False) as page:
        shown(page)
        for width in (360, 390, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                settled(page)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                page.screenshot(path=ARTIFACTS / f"cdr-{scheme}-{width}.png", full_page=True)


def test_every_sheet_of_paper_says_whose_calls_these_are_and_as_of_when(
    page: Page, calls: list[dict[str, Any]]
) -> None:
    sheets = on_paper(page)
    assert len(sheets) > 1, "a hundred calls do not fit on one"
    for number, text in enumerate(sheets, 1):
        assert "Acme Telecom · Call records" in text
        assert re.search(r"as of \d+ \w+ \d{4}, \d\d:\d\d Europe/Madrid · snapshot \d+", text)
        assert f"{number} / {len(sheets)}" in text
        assert "Clear filter" not in text
        assert "Refresh" not in text
    first = calls[0]["call_time"].astimezone(MADRID), calls[99]["call_time"].astimezone(MADRID)
    assert f"Europe/Madrid, 1\N{EN DASH}100 of {len(calls):,} calls" in sheets[0]
    for moment, text in zip(first, (sheets[0], sheets[-1]), strict=True):
        assert f"{moment:%H:%M:%S}" in text
    times = [time for text in sheets for time in re.findall(r"\d\d:\d\d:\d\d", text)]
    assert len(times) >= 100, "of all calls of the page"
