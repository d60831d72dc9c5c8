"""What goes wrong on a page: said there under an id, logged with its traceback, survived by the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import nbformat
import pytest
from driving import PATIENCE_S, let_in, portal_of, settled, until, visit
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from driving import Portal
    from playwright.sync_api import Browser, BrowserContext, Page

    from cxreports import Lake

pytestmark = pytest.mark.browser

FAILING = """
from cxreports.pages.dashboard import Dashboard

class Failing(Dashboard):
    def _show(self):
        if self.view.period == "7d":
            raise RuntimeError("a week is too much")
        super()._show()

Failing()
"""

BARE = """
from cxreports.widgets import TopBar
TopBar()
"""

MOST = 4


def notebook(path: Path, *cells: str) -> Path:
    nbformat.write(nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells))), path)
    return path


def logged(portal: Portal, code: str) -> str:
    """Give what the log says from an id on."""
    text = "".join(portal.log)
    assert code in text
    return text[text.index(code) :]


def test_failing_callback_is_said_and_logged_and_the_page_goes_on(
    browser: Browser, lake: Lake, tmp_path: Path
) -> None:
    page_of = notebook(tmp_path / "failing.ipynb", FAILING)
    with portal_of(lake.home, notebook=page_of, warm=0) as portal, visit(browser, portal.address) as page:
        attempts = page.locator("[data-figure=attempts] .cx-v").inner_text()
        page.get_by_role("button", name="7 d", exact=True).click()
        panel = page.get_by_role("alert")
        panel.wait_for()
        code = panel.locator("code").inner_text()
        assert re.fullmatch(r"[0-9a-f]{8}", code)
        assert "a week is too much" not in panel.inner_text(), "what happened is the operator's to read"
        until(lambda: "a week is too much" in "".join(portal.log), "the failure is logged")
        told = logged(portal, code)
        assert "Traceback (most recent call last)" in told
        assert "RuntimeError: a week is too much" in told
        assert page.locator("[data-figure=attempts] .cx-v").inner_text() == attempts
        page.get_by_role("button", name="24 h", exact=True).click()
        expect(panel).to_have_count(0)
        settled(page)
        page.get_by_role("tab", name="Daily").click()
        page.locator(".cx-grid [role=columnheader]", has_text="Day (UTC)").wait_for()


def test_failing_cell_is_said_and_logged_and_leaves_no_kernel(
    browser: Browser, lake: Lake, tmp_path: Path
) -> None:
    page_of = notebook(tmp_path / "broken.ipynb", "1 / 0", "'never shown'")
    with portal_of(lake.home, notebook=page_of, warm=0) as portal:
        with visit(browser, portal.address, wait=False) as page:
            panel = page.get_by_role("alert")
            panel.wait_for()
            (code,) = re.findall(r"under ([0-9a-f]{8})\.", panel.inner_text())
            assert "ZeroDivisionError" not in page.locator("body").inner_text()
            assert "ZeroDivisionError: division by zero" in logged(portal, code)
            page.get_by_role("link", name="Reload").click()
            page.get_by_text(re.compile(f"under (?!{code})[0-9a-f]{{8}}")).wait_for()
        with visit(browser, f"{portal.address}/cdr", wait=False) as page:
            page.locator(".cx-grid[data-drawn]").wait_for()
            page.wait_for_url("**zone=**")
            settled(page)


def test_the_rest_of_the_page_lives_on_beside_a_failing_cell(
    browser: Browser, lake: Lake, tmp_path: Path
) -> None:
    page_of = notebook(
        tmp_path / "half.ipynb",
        "1 / 0",
        "from cxreports.pages.dashboard import Dashboard\nDashboard()",
        "raise ValueError('afterwards')",
    )
    with portal_of(lake.home, notebook=page_of, warm=0) as portal, visit(browser, portal.address) as page:
        assert "Part of the page failed." in page.get_by_role("alert").inner_text()
        assert "afterwards" in "".join(portal.log)
        page.get_by_role("button", name="7 d", exact=True).click()
        page.wait_for_url("**period=7d**")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_S * 1000)
    yield context
    context.close()


def opened(context: BrowserContext, portal: Portal, tabs: int) -> list[Page]:
    """Open tabs at once; each has its skeleton, not yet its kernel."""
    let_in(context, portal)
    pages = [context.new_page() for _ in range(tabs)]
    for page in pages:
        page.goto(portal.address, wait_until="commit")
    return pages


@pytest.mark.parametrize("tabs", [2 * MOST, pytest.param(50, marks=pytest.mark.slow)])
def test_many_tabs_leave_no_kernel_behind(context: BrowserContext, tmp_path: Path, tabs: int) -> None:
    page_of = notebook(tmp_path / "bare.ipynb", BARE)
    with portal_of(tmp_path, notebook=page_of, kernels={"most": MOST}) as portal:
        until(lambda: len(portal.kernels()) == 1, "a kernel waits for its visitor")
        seen: set[int] = set()
        left = tabs
        while left:
            pages = opened(context, portal, min(MOST, left))
            left -= len(pages)
            # The last ones are closed while their kernels are being started.
            for page in pages if left else []:
                page.locator("html[data-ready]").wait_for()
            seen.update(portal.kernels())
            for page in pages:
                page.close(run_before_unload=True)
            until(lambda: len(portal.kernels()) <= 1, "the tabs' kernels have ended")
        assert len(seen) >= tabs - MOST


def test_one_tab_too_many_is_told_so_and_gets_its_page_later(context: BrowserContext, tmp_path: Path) -> None:
    page_of = notebook(tmp_path / "bare.ipynb", BARE)
    with portal_of(tmp_path, notebook=page_of, kernels={"most": 2}) as portal:
        pages = opened(context, portal, 2)
        for page in pages:
            page.locator("html[data-ready]").wait_for()
        (late,) = opened(context, portal, 1)
        late.get_by_role("alert").get_by_text("Too many pages are open").wait_for()
        assert len(portal.kernels()) <= 3, "those of two pages, and the one that waits"
        pages[0].close(run_before_unload=True)
        until(lambda: len(portal.kernels()) <= 2, "the closed tab's kernel has ended")
        late.get_by_role("link", name="Reload").click()
        late.locator("html[data-ready]").wait_for()
