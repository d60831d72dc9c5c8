"""From a figure to its calls, from a call to its panel, and what a dashboard is narrowed to, in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from driving import ARTIFACTS, settled, visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driving import Portal
    from playwright.sync_api import Browser, Page

    from cxreports import Lake

pytestmark = pytest.mark.browser

DASHBOARD = "?customer=acme&period=7d&widgets=figures,asr,sip_codes,summary&zone=Europe/Madrid"
CALLS = "cdr?customer=acme&period=7d&zone=Europe/Madrid"


def shown(page: Page) -> None:
    page.locator(".cx-grid[data-drawn]").wait_for()
    for plot in page.locator(".cx-plot").all():
        plot.and_(page.locator("[data-drawn]")).wait_for()
    settled(page)


@pytest.fixture(name="page", scope="module")
def _page(browser: Browser, portal: Portal) -> Iterator[Page]:
    with visit(browser, f"{portal.address}/{DASHBOARD}", wait=False) as page:
        yield page


@pytest.fixture(autouse=True)
def _at_the_dashboard(page: Page, portal: Portal) -> None:
    if "/cdr" in page.url:
        page.goto(f"{portal.address}/{DASHBOARD}")
    shown(page)


def listed(page: Page) -> int:
    """Wait for the page of call records; how many calls it has in all."""
    page.wait_for_url(re.compile(r"/cdr\?"))
    shown(page)
    said = page.locator(".cx-cdr-range").inner_text()
    return int(re.search(r"([\d,]+) calls?$", said)[1].replace(",", ""))  # type: ignore[index]


def test_a_point_opens_its_calls_and_the_chip_leads_back(page: Page, lake: Lake) -> None:
    plot = page.locator("[data-part=asr] .cx-plot")
    box = plot.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5)
    count = listed(page)
    chosen = dict(pair.split("=") for pair in page.url.split("?")[1].split("&"))
    hour = lake.totals("acme", start=chosen["from"].replace("%2B", "+"), end=chosen["to"].replace("%2B", "+"))
    assert count == hour["attempts"].item() > 0
    chip = page.locator(".cx-origin")
    assert chip.inner_text().startswith("From the graph “ASR”:")
    page.screenshot(path=ARTIFACTS / "calls-behind-1440.png", full_page=True)
    chip.get_by_role("button", name="Show the whole period again").click()
    settled(page)
    assert listed(page) > count
    assert "period=7d" in page.url
    assert not chip.is_visible()


def test_enter_opens_the_calls_that_the_crosshair_tells(page: Page) -> None:
    plot = page.locator("[data-part=asr] .cx-plot")
    plot.focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    told = re.search(r"ASR [^;]*?([\d,]+) of ([\d,]+) calls?", plot.get_attribute("aria-valuetext") or "")
    assert told
    page.keyboard.press("Enter")
    assert listed(page) == int(told[2].replace(",", ""))


def test_a_bar_opens_its_calls(page: Page) -> None:
    plot = page.locator("[data-part=sip_codes] .cx-plot")
    figures = plot.locator("text").filter(has_text="·").first.text_content()
    box = plot.bounding_box()
    assert figures
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 14)
    assert listed(page) == int(figures.split(" · ")[0].replace(",", ""))


def test_enter_on_a_cell_opens_its_calls_and_a_click_only_selects(page: Page) -> None:
    # At some times of the day there is an hour without a connected call.
    cell = page.locator("[data-part=summary] .slick-row .l3", has_text=re.compile(r"[1-9]")).first
    cell.click()
    assert "/cdr" not in page.url
    connected = int(cell.inner_text().replace(",", ""))
    page.keyboard.press("Enter")
    assert listed(page) == connected > 0
    assert page.locator(".cx-origin").inner_text().startswith("From the summary, Connected:")
    assert page.get_by_label("connected only").is_checked()


def test_a_figure_opens_its_calls(page: Page) -> None:
    figure = page.locator("[data-figure=attempts]").get_by_role("link")
    attempts = int(figure.inner_text().replace(",", ""))
    figure.focus()
    page.keyboard.press("Enter")
    assert listed(page) == attempts > 0
    assert page.locator(".cx-origin").inner_text().startswith("From the figure “Attempts”:")
    assert page.locator("[data-figure=channels] a").count() == 0


def test_a_total_opens_its_calls_by_a_click_and_by_keyboard(page: Page, portal: Portal) -> None:
    total = page.locator("[data-part=summary] .slick-footerrow-column.l3 a")
    connected = int(total.inner_text().replace(",", ""))
    total.click()
    assert listed(page) == connected > 0
    page.goto(f"{portal.address}/{DASHBOARD}")
    shown(page)
    page.locator("[data-part=summary] .slick-row[data-row='3'] .l3").click()
    page.keyboard.press("Control+Space")
    page.keyboard.press("Enter")
    assert listed(page) == connected


def test_a_dashboard_is_narrowed_and_widened_again(page: Page, lake: Lake) -> None:
    attempts = page.locator("[data-figure=attempts] .cx-v")
    whole = attempts.inner_text()
    page.get_by_role("button", name="Narrow", exact=True).click()
    form = page.get_by_role("dialog", name="Narrow")
    form.get_by_label("SIP code").fill("nonsense")
    form.get_by_role("button", name="Show").click()
    form.get_by_text("A code such as 486").wait_for()
    form.get_by_label("SIP code").fill("486")
    form.get_by_role("button", name="Show").click()
    page.wait_for_url("**sip=486**")
    settled(page)
    busy = lake.cdrs("acme", sip="486", columns=["sip_code"]).height
    assert 0 < int(attempts.inner_text().replace(",", "")) <= busy
    chip = page.locator(".cx-chip").filter(has_text="SIP code: 486")
    page.screenshot(path=ARTIFACTS / "narrowed-1440.png", full_page=True)
    chip.get_by_role("button", name="SIP code: show all again").click()
    page.wait_for_url(lambda url: "sip=" not in url)
    settled(page)
    assert attempts.inner_text() == whole


def test_a_call_opens_beside_the_list_and_is_walked_by_keyboard(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.address}/{CALLS}")
    listed(page)
    panel = page.locator(".cx-call")
    page.locator(".slick-row[data-row='1'] .l1").click()
    panel.get_by_text(re.compile(r"^2 of ")).wait_for()
    page.wait_for_url("**call=**")
    first = page.url
    assert panel.get_by_role("heading", name="Timeline").is_visible()
    page.screenshot(path=ARTIFACTS / "call-panel-1440.png", full_page=True)
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    panel.get_by_text(re.compile(r"^3 of ")).wait_for()
    page.wait_for_function("url => location.href !== url", arg=first)
    page.go_back()
    panel.get_by_text(re.compile(r"^2 of ")).wait_for()
    panel.locator("h2").focus()
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.className").startswith("cx-grid-body")
    page.wait_for_url(lambda url: "call=" not in url)


def test_the_panel_covers_a_phone(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.address}/{CALLS}")
    listed(page)
    page.set_viewport_size({"width": 390, "height": 800})
    try:
        page.locator(".slick-row[data-row='1'] .l1").click()
        panel = page.locator(".cx-call")
        panel.get_by_text(re.compile(r"^2 of ")).wait_for()
        box = panel.bounding_box()
        assert box
        assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 800)
        assert page.evaluate("document.activeElement.tagName") == "H2"
        page.screenshot(path=ARTIFACTS / "call-panel-390.png")
        panel.get_by_role("button", name="Close").click()
        panel.wait_for(state="hidden")
    finally:
        page.set_viewport_size({"width": 1440, "height": 1200})


def test_the_page_is_a_notebook_and_a_figure_is_python(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("[data-figure=asr]").get_by_role("button").click()
    page.get_by_role("menuitem", name="Copy as Python").click()
    page.locator("[data-figure=asr]").get_by_text("Copied as Python.").wait_for(state="attached")
    assert "lake.totals(" in page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("button", name="More", exact=True).click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="Open as notebook").click()
    assert saved.value.suggested_filename == "dashboard-acme.ipynb"
