"""What becomes of a page's kernel, and of a page without one."""

from __future__ import annotations

import os
import signal
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
from callers import Someone, introduce, session_of
from driving import (
    PATIENCE_S,
    free_port,
    login_cookie,
    portal_of,
    settled,
    until,
    visit,
    widths,
    zoom_in,
    zooms,
)

from cxreports import Lake
from cxreports.pages.live import POLL_S
from cxreports.widgets.bundle import manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from driving import Portal
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


def test_closed_page_leaves_no_kernel(browser: Browser, portal: Portal) -> None:
    with visit(browser, portal.address):
        during = set(portal.kernels())
    until(lambda: len(set(portal.kernels()) & during) < len(during), "the page's kernel has ended")


def test_dead_kernel_shows_a_banner_within_ten_seconds(browser: Browser, portal: Portal) -> None:
    with visit(browser, portal.address) as page:
        settled(page)
        until(lambda: len(portal.kernels()) >= 2, "the next kernel is warm")
        kernel = page.evaluate("document.documentElement.dataset.kernel")
        victim = portal.kernel(kernel)
        assert victim
        os.kill(victim, signal.SIGKILL)
        page.get_by_text("session has ended").wait_for(timeout=10_000)
        page.get_by_role("button", name="Reload").click()
        page.locator(".cx-plot[data-drawn]").nth(3).wait_for()
        settled(page)
    assert not [line for line in portal.log if "could not be warmed" in line]


def be_seen(page: Page, state: str, *, told: bool = True) -> None:
    """Let a page believe that its tab is before or behind another one: without a window all are before."""
    page.evaluate(
        """([state, told]) => {
            Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
            if (told) document.dispatchEvent(new Event("visibilitychange"));
        }""",
        [state, told],
    )


def load_day_of(home: Path, vendor: str) -> None:
    """Load a day of the same operator in another vendor's format: the same calls, other records."""
    examples = sorted((home / "demo" / "formats").iterdir())
    example = next(each for each in examples if vendor in each.name)
    (report,) = Lake(home).load(example, customer="acme")
    assert report.loaded > 0


def test_calls_that_are_loaded_show_by_themselves(
    browser: Browser, tmp_path: Path, small_demo: Callable[[Path], None]
) -> None:
    small_demo(tmp_path)
    with (
        portal_of(tmp_path, warm=0) as portal,
        visit(browser, f"{portal.address}/?customer=all") as page,
    ):
        before = page.locator("[data-figure=attempts] .cx-v").inner_text()
        zoom_in(page)
        until(lambda: widths(page) == [1] * 4, "the graphs are zoomed")
        settled(page)
        zoomed = zooms(page)
        line = page.locator(".cx-view svg").first.element_handle()
        attempts = page.locator("[data-figure=attempts] .cx-v")
        load_day_of(tmp_path, "asterisk")
        until(lambda: attempts.inner_text() != before, "the new calls are shown")
        settled(page)
        before = attempts.inner_text()
        be_seen(page, "hidden")
        settled(page)
        load_day_of(tmp_path, "freeswitch")
        time.sleep(2 * POLL_S)
        assert attempts.inner_text() == before, "nobody sees the page"
        be_seen(page, "visible")
        until(lambda: attempts.inner_text() != before, "whoever comes back sees them")
        assert line is not None
        assert line.evaluate("svg => svg.isConnected"), "the graph was drawn anew"
        assert zooms(page) == zoomed
        assert widths(page) == [1] * 4


def test_a_page_out_of_sight_gives_its_kernel_back_and_goes_on_at_a_click(
    browser: Browser, tmp_path: Path, small_demo: Callable[[Path], None]
) -> None:
    small_demo(tmp_path)
    with portal_of(tmp_path, kernels={"sleeps_after_s": 1}, warm=0) as portal:
        with visit(browser, f"{portal.address}/?customer=acme&period=24h") as page:
            settled(page)
            attempts = page.locator("[data-figure=attempts] .cx-v")
            before = attempts.inner_text()
            line = page.locator(".cx-view svg").first.element_handle()
            assert line is not None
            page.locator(".slick-row [aria-colindex='3']").first.click()
            (first,) = portal.kernels()
            be_seen(page, "hidden")
            until(lambda: portal.kernels() == [], "the kernel has ended")
            assert attempts.inner_text() == before
            assert line.evaluate("svg => svg.isConnected")
            # The first click brings it back, and is followed.
            be_seen(page, "visible", told=False)
            page.get_by_role("button", name="7 d", exact=True).click()
            until(lambda: attempts.inner_text() != before, "the click is followed")
            assert "period=7d" in page.url
            settled(page)
            (second,) = portal.kernels()
            assert second != first
            assert page.locator("html[data-asleep]").count() == 0
            # So does coming back to it; what is as it was is not drawn again, what was added is. This is ASR:
            # channels are drawn with their limit where they come near it, which goes by the weekday.
            line = page.locator(".cx-view svg").nth(1).element_handle()
            be_seen(page, "hidden")
            until(lambda: portal.kernels() == [], "the second kernel has ended")
            before = attempts.inner_text()
            load_day_of(tmp_path, "asterisk")
            be_seen(page, "visible")
            until(lambda: attempts.inner_text() != before, "the new calls are shown")
            assert line is not None
            assert line.evaluate("svg => svg.isConnected"), "the graph was drawn anew"
            assert len(portal.kernels()) == 1
            settled(page)
            # Asleep it has nothing to end when it goes.
            be_seen(page, "hidden")
            until(lambda: portal.kernels() == [], "the third kernel has ended")
        assert [line for line in portal.log if "WARN" in line or "ERROR" in line] == []


def test_a_page_goes_on_when_the_portal_was_started_again(
    browser: Browser, tmp_path: Path, small_demo: Callable[[Path], None]
) -> None:
    small_demo(tmp_path)
    port = free_port()
    with (
        portal_of(tmp_path, warm=0, port=port) as portal,
        visit(browser, f"{portal.address}/?customer=acme&period=24h", refuses=True) as page,
    ):
        settled(page)
        before = page.locator("[data-figure=attempts] .cx-v").inner_text()
        line = page.locator(".cx-view svg").first.element_handle()
        portal.process.send_signal(signal.SIGINT)
        portal.process.wait(PATIENCE_S)
        page.get_by_text("The connection to the server is lost").wait_for()
        page.get_by_role("button", name="7 d", exact=True).click()
        with portal_of(tmp_path, warm=0, port=port):
            page.locator(".cx-banner").wait_for(state="detached")
            until(
                lambda: page.locator("[data-figure=attempts] .cx-v").inner_text() != before,
                "what was clicked meanwhile is followed",
            )
            assert line is not None
            assert line.evaluate("svg => svg.isConnected"), "the page was loaded again"
            settled(page)


def test_a_page_that_sleeps_says_so_when_its_session_is_over(
    browser: Browser, tmp_path: Path, small_demo: Callable[[Path], None]
) -> None:
    small_demo(tmp_path)
    with (
        portal_of(tmp_path, kernels={"sleeps_after_s": 1}, warm=0) as portal,
        visit(browser, f"{portal.address}/?customer=acme") as page,
    ):
        settled(page)
        be_seen(page, "hidden")
        page.locator("html[data-asleep]").wait_for(state="attached")
        page.context.clear_cookies()
        be_seen(page, "visible")
        page.get_by_text("Your session is over").wait_for()


def test_a_page_that_sleeps_is_loaded_anew_where_somebody_else_has_logged_in(
    browser: Browser, tmp_path: Path, small_demo: Callable[[Path], None]
) -> None:
    small_demo(tmp_path)
    introduce(tmp_path, Someone("ben@acme.example", "acme"))
    with (
        portal_of(tmp_path, kernels={"sleeps_after_s": 1}, warm=0) as portal,
        visit(browser, f"{portal.address}/?customer=acme") as page,
    ):
        settled(page)
        page.evaluate("globalThis.isOlgas = true")
        be_seen(page, "hidden")
        page.locator("html[data-asleep]").wait_for(state="attached")
        session = session_of(tmp_path, "ben@acme.example")
        page.context.add_cookies([login_cookie(portal.address, session)])
        with page.expect_navigation():
            be_seen(page, "visible")
        assert page.evaluate("globalThis.isOlgas === undefined")
        page.locator("html[data-ready]").wait_for(state="attached")


def test_a_page_too_many_says_so_when_it_would_wake(
    browser: Browser, tmp_path: Path, small_demo: Callable[[Path], None]
) -> None:
    small_demo(tmp_path)
    with (
        portal_of(tmp_path, kernels={"sleeps_after_s": 1, "most": 1}, warm=0) as portal,
        visit(browser, f"{portal.address}/?customer=acme") as page,
    ):
        settled(page)
        be_seen(page, "hidden")
        until(lambda: portal.kernels() == [], "the page sleeps")
        with visit(browser, f"{portal.address}/?customer=acme") as other:
            settled(other)
            be_seen(page, "visible")
            page.get_by_text("Too many pages are open").wait_for()
        until(lambda: portal.kernels() == [], "the other page is closed")
        page.get_by_role("button", name="7 d", exact=True).click()
        page.locator(".cx-banner").wait_for(state="detached")


def test_empty_lake_says_what_to_do(
    browser: Browser, tmp_path: Path, small_demo: Callable[[Path], None]
) -> None:
    small_demo(tmp_path)
    home = tmp_path / "new"
    home.mkdir()
    with (
        portal_of(home, warm=0) as portal,
        visit(browser, portal.address, wait=False) as page,
    ):
        page.get_by_text("There are no calls yet").wait_for()
        assert "cxreports demo" in page.locator(".cx-notice").inner_text()
        Lake(home).load(tmp_path / "demo" / "formats" / "connexcs.csv")
        page.locator(".cx-plot[data-drawn]").nth(3).wait_for()


def test_portal_answers_nobody_from_outside(portal: Portal) -> None:
    request = urllib.request.Request(portal.address, headers={"Host": "reports.example.org"})
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(request, timeout=PATIENCE_S)
    refused.value.close()


def test_built_files_are_compressed_and_kept(portal: Portal) -> None:
    vega = f"/static/cxreports/{manifest()['vega.js']}"
    request = urllib.request.Request(portal.address + vega, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "immutable" in answer.headers["Cache-Control"]
        assert len(answer.read()) < 400_000
