"""Range control, Back, zoom and crosshair in a real browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from driving import ARTIFACTS, settled, until, visit, widths, zoom_in, zooms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driving import Portal
    from playwright.sync_api import Browser, Locator, Page

    from cxreports import Lake

pytestmark = pytest.mark.browser

MADRID = ZoneInfo("Europe/Madrid")


@pytest.fixture(name="page", scope="module")
def _page(browser: Browser, portal: Portal) -> Iterator[Page]:
    """One visit that the tests of this module share; each starts by choosing what it needs."""
    with visit(browser, f"{portal.address}/?customer=acme") as page:
        yield page


def asked(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def choose(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).first.click()
    settled(page)


def today(page: Page) -> datetime:
    """Midnight in Madrid, as the browser's clock has it."""
    now = datetime.fromtimestamp(page.evaluate("Date.now()") / 1000, UTC).astimezone(MADRID)
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def open_panel(page: Page) -> Locator:
    page.locator(".cx-range-btn").click()
    return page.get_by_role("dialog", name="Period")


def value(page: Page, label: str) -> str:
    return page.get_by_label(label, exact=True).input_value()


def test_presets_say_their_dates_and_the_button_what_is_shown(page: Page) -> None:
    choose(page, "24 h")
    panel = open_panel(page)
    assert "Europe/Madrid" in page.locator(".cx-range-btn").inner_text()
    day = today(page)
    yesterday = f"{day - timedelta(days=1):%-d %b}"
    assert panel.locator("[data-preset=yesterday] small").inner_text() == yesterday
    assert panel.locator("[data-preset=today] small").inner_text() == f"{day:%-d %b} – now"  # noqa: RUF001
    panel.locator("[data-preset=yesterday]").click()
    settled(page)
    assert page.locator(".cx-range-dates").inner_text() == yesterday
    assert asked(page)["period"] == "yesterday"


def test_arrows_step_by_the_length_and_no_further_than_now(page: Page) -> None:
    choose(page, "24 h")
    back, forward = (page.get_by_role("button", name=f"The period {name}") for name in ("before", "after"))
    assert forward.is_disabled()
    back.click()
    settled(page)
    shown = asked(page)
    assert shown["period"] == "custom"
    begin, end = (datetime.fromisoformat(shown[name]).replace(tzinfo=MADRID) for name in ("from", "to"))
    assert end.astimezone(UTC) - begin.astimezone(UTC) == timedelta(days=1)
    forward.click()
    until(lambda: asked(page)["period"] == "24h", "the day that ends now is back")
    open_panel(page).locator("[data-preset=today]").click()
    until(lambda: asked(page)["period"] == "today", "today is shown")
    back.click()
    until(lambda: asked(page)["period"] == "yesterday", "the day before today is yesterday")
    settled(page)


def test_a_range_is_chosen_with_the_keyboard_alone(page: Page) -> None:
    choose(page, "24 h")
    page.locator(".cx-range-btn").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.preset") == "7d"
    for _ in range(2):
        page.keyboard.press("Tab")
    focused = "document.activeElement.dataset.day"
    assert page.evaluate(focused) is not None or page.keyboard.press("Tab") is None
    start = page.evaluate(focused)
    page.keyboard.press("ArrowUp")
    week_before = page.evaluate(focused)
    assert datetime.fromisoformat(start) - datetime.fromisoformat(week_before) == timedelta(days=7)
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert value(page, "From, time, 24 hours") == "00:00"
    assert value(page, "To, time, 24 hours") == "24:00"
    page.get_by_label("To", exact=True).focus()
    page.keyboard.press("Enter")
    settled(page)
    assert asked(page)["from"] == f"{week_before}T00:00"
    last = datetime.fromisoformat(week_before) + timedelta(days=2)
    assert asked(page)["to"] == f"{last:%Y-%m-%dT00:00}"
    open_panel(page)
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className").endswith("cx-range-btn")


def test_days_to_come_are_off(page: Page) -> None:
    choose(page, "24 h")
    panel = open_panel(page)
    off = panel.locator("[role=gridcell][aria-disabled=true]").evaluate_all(
        "all => all.map(d => d.dataset.day)"
    )
    assert all(day > f"{today(page):%Y-%m-%d}" for day in off)
    on = panel.locator("[role=gridcell]:not([aria-disabled])").evaluate_all(
        "all => all.map(d => d.dataset.day)"
    )
    assert max(on) == f"{today(page):%Y-%m-%d}"
    assert panel.get_by_role("columnheader").first.inner_text() == "Mon"
    page.keyboard.press("Escape")


@pytest.mark.parametrize(
    ("fields", "wrong", "text"),
    [
        ({"From": "13 Nov 2025", "To": "12 Nov 2025"}, "To", "“To” must be later than “From”."),
        (
            {
                "From": "13 Nov 2025",
                "To": "13 Nov 2025",
                "From, time, 24 hours": "09:00",
                "To, time, 24 hours": "09:00",
            },
            "To, time, 24 hours",
            "“To” must be later than “From”.",
        ),
        ({"From": ""}, "From", "Give both times."),
        ({"From": "soon"}, "From", "Write a date such as"),
        ({"To, time, 24 hours": "25:00"}, "To, time, 24 hours", "Write a time such as 14:30."),
        ({"To": "1 Jan 2190"}, "To", "This day is still to come."),
    ],
)
def test_what_is_no_range_is_refused_at_its_field(
    page: Page, fields: dict[str, str], wrong: str, text: str
) -> None:
    choose(page, "24 h")
    before = page.url
    panel = open_panel(page)
    for label, typed in fields.items():
        page.get_by_label(label, exact=True).fill(typed)
    panel.get_by_role("button", name="Show", exact=True).click()
    assert text in panel.get_by_role("alert").inner_text()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == wrong
    assert page.get_by_label(wrong, exact=True).get_attribute("aria-invalid") == "true"
    assert page.url == before
    page.keyboard.press("Escape")


def test_a_day_of_a_clock_change_says_its_hours(page: Page) -> None:
    choose(page, "24 h")
    panel = open_panel(page)
    for day, hours in {"26 Oct 2025": "25 hours: the clocks go back", "30 Mar 2025": "23 hours"}.items():
        for label in ("From", "To"):
            page.get_by_label(label, exact=True).fill(day)
        page.get_by_label("From, time, 24 hours").fill("0:00")
        page.get_by_label("To, time, 24 hours").fill("24:00")
        assert hours in panel.locator("[role=status]").inner_text()
    page.keyboard.press("Escape")


def test_back_undoes_range_and_zoom_step_by_step(page: Page) -> None:
    choose(page, "24 h")
    choose(page, "7 d")
    until(lambda: widths(page) == [60] * 4, "seven days have buckets of an hour")
    whole = zooms(page)
    zoom_in(page)
    until(lambda: widths(page) != [60] * 4, "the graphs are zoomed")
    settled(page)
    zoomed, link = zooms(page), page.url
    assert len(set(map(tuple, zoomed))) == 1
    assert re.fullmatch(r"\S+Z/\S+Z", asked(page)["zoom"])
    page.go_back()
    until(lambda: zooms(page) == whole, "Back undoes the zoom")
    assert "zoom" not in asked(page)
    page.go_back()
    until(lambda: widths(page) == [15] * 4, "Back undoes the range")
    assert asked(page)["period"] == "24h"
    for _ in range(2):
        page.go_forward()
        settled(page)
    until(lambda: zooms(page) == zoomed, "Forward goes there again")
    page.goto(link)
    page.locator(".cx-plot[data-drawn]").nth(3).wait_for()
    until(lambda: zooms(page) == zoomed, "a link shows the same")
    settled(page)
    choose(page, "24 h")


def test_keys_move_the_crosshair_and_zoom(page: Page) -> None:
    choose(page, "24 h")
    until(lambda: widths(page) == [15] * 4, "a day has buckets of 15 minutes")
    day = zooms(page)
    plot = page.locator(".cx-plot").nth(1)
    plot.focus()
    for key in ("Home", "Home", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert plot.get_attribute("aria-valuenow") == "2"
    assert re.search(r"ASR .* calls", plot.get_attribute("aria-valuetext") or "")
    assert page.locator(".cx-cross:visible").count() == 4
    page.keyboard.press("+")
    until(lambda: zooms(page) != day, "plus zooms in")
    settled(page)
    until(lambda: widths(page) == [5] * 4, "half a day has buckets of 5 minutes")
    page.keyboard.press("-")
    until(lambda: zooms(page) == day, "minus shows all again")
    zoom_in(page)
    until(lambda: widths(page) == [1] * 4, "the graphs are zoomed")
    settled(page)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    assert page.locator(".cx-cross:visible").count() == 0
    assert "zoom" in asked(page), "the first Escape hides the crosshair alone"
    page.keyboard.press("Escape")
    until(lambda: zooms(page) == day, "Escape goes back")
    settled(page)


def edges(page: Page) -> list[Any]:
    """Left and right end of the value axis' lines of each graph."""
    found: list[Any] = page.locator(".cx-plot").evaluate_all(
        """plots => plots.map((plot) => {
            const line = plot.querySelector(".role-axis-grid line").getBoundingClientRect();
            const { left } = plot.getBoundingClientRect();
            return [line.left - left, line.right - left];
        })"""
    )
    return found


def test_plots_stand_below_each_other_to_the_pixel(page: Page) -> None:
    for label in ("24 h", "30 d"):
        choose(page, label)
        assert len({tuple(ends) for ends in edges(page)}) == 1


def test_a_move_of_the_pointer_asks_nobody(page: Page) -> None:
    choose(page, "24 h")
    sent: list[Any] = []
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    client.on("Network.webSocketFrameSent", sent.append)
    box = page.locator(".cx-plot").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 80, box["y"] + 50)
    page.mouse.move(box["x"] + 480, box["y"] + 90, steps=40)
    assert page.locator(".cx-cross:visible").count() == 4
    tip = page.locator(".cx-crosshair-tip")
    right = page.locator(".cx-plot").nth(1).bounding_box()
    assert right is not None
    page.mouse.move(right["x"] + right["width"] - 4, right["y"] + 60)
    edge, cross = tip.bounding_box(), page.locator(".cx-cross").nth(1).bounding_box()
    assert edge is not None
    assert cross is not None
    assert edge["x"] + edge["width"] < cross["x"], "near the edge it turns to the other side"
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    assert sent == []
    client.detach()
    page.mouse.move(2, 2)


def test_call_records_have_the_same_range_control(browser: Browser, portal: Portal, lake: Lake) -> None:
    query = "customer=acme&zone=Europe/Madrid&period=yesterday"
    with visit(browser, f"{portal.address}/cdr?{query}", wait=False) as page:
        page.locator(".cx-grid[data-drawn]").wait_for()
        settled(page)
        day = today(page)
        count = lake.totals("acme", start=day - timedelta(days=1), end=day)["attempts"][0]
        assert f"of {count:,} call" in page.locator(".cx-cdr-range").inner_text()
        page.get_by_role("button", name="The period before").click()
        until(lambda: asked(page)["period"] == "custom", "the day before is shown")
        page.go_back()
        until(lambda: asked(page)["period"] == "yesterday", "Back shows yesterday again")
        settled(page)
        assert f"of {count:,} call" in page.locator(".cx-cdr-range").inner_text()


def test_a_finger_points_and_zooms(browser: Browser, portal: Portal) -> None:
    with visit(browser, f"{portal.address}/?customer=acme", width=390, height=844) as page:
        client = page.context.new_cdp_session(page)
        plot = page.locator(".cx-plot").nth(1)
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        assert box is not None
        y = box["y"] + 60

        def touch(kind: str, x: float | None = None) -> None:
            points = [] if x is None else [{"x": box["x"] + x, "y": y}]
            client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", 150)
        touch("touchEnd")
        page.locator(".cx-crosshair-tip:visible").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / "crosshair-390.png")
        touch("touchStart", 150)
        for x in (160, 170, 180):
            touch("touchMove", x)
        touch("touchEnd")
        until(lambda: "zoom" in asked(page), "a drag zooms")
        settled(page)
