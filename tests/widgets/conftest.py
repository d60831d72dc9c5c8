"""Grids in a real portal, each shown once and used by many tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from grid_page import GridPage, let_in, notebook, portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def hours_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hours")
    with portal(notebook(folder, "hours", "height=300"), folder) as address:
        yield address


@pytest.fixture(scope="session")
def calls_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("calls")
    with portal(notebook(folder, "calls"), folder) as address:
        yield address


@pytest.fixture(scope="module")
def shown_hours(browser: Browser, hours_portal: str) -> Iterator[GridPage]:
    context = browser.new_context(viewport={"width": 1440, "height": 700}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    let_in(context, hours_portal)
    page.goto(hours_portal)
    yield GridPage(page).wait()
    assert wrong == []
    context.close()


@pytest.fixture
def hours_grid(shown_hours: GridPage) -> GridPage:
    return shown_hours.fresh()


@pytest.fixture(scope="module")
def shown_calls(browser: Browser, calls_portal: str) -> Iterator[GridPage]:
    context = browser.new_context(viewport={"width": 1440, "height": 700}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.add_init_script(
        "new MutationObserver(() => { if (document.querySelector('.cx-grid[data-drawn]'))"
        " window.cxDrawn ??= performance.now(); }).observe(document, {subtree: true, childList: true,"
        " attributes: true})"
    )
    let_in(context, calls_portal)
    page.goto(calls_portal)
    yield GridPage(page).wait()
    context.close()


@pytest.fixture
def calls_grid(shown_calls: GridPage) -> GridPage:
    return shown_calls.fresh()
