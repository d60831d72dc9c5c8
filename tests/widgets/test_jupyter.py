"""JupyterLab and Notebook 7: keys of the grid, graphs without a network, look of the dashboard."""

# ruff: noqa: RUF001 (the status bar writes a multiplication sign)

from __future__ import annotations

import json
import shutil
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import polars as pl
import pytest
from grid_page import PATIENCE_S, ROOT, GridPage, fetch, free_port, notebook, running
from playwright.sync_api import expect

import cxreports as cx
from cxreports.traffic.days import Traffic
from cxreports.traffic.vendor_files import write_connexcs_api

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page, Route

pytest.importorskip("jupyterlab", reason="JupyterLab is installed for development only")
pytest.importorskip("notebook", reason="Notebook is installed for development only")

pytestmark = pytest.mark.browser

ADDRESSES = {"jupyterlab": "lab/tree/hours.ipynb", "notebook": "notebooks/hours.ipynb"}

SETTINGS = {
    # Cells out of sight would not be in the document.
    "notebook-extension/tracker": '{"windowingMode": "none"}',
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}

LAB = """
import sys
sys.modules["rfc3987_syntax"] = None  # a grammar of addresses, which takes two seconds
from jupyterlab.labapp import main
main()
"""

PATIENCE_MS = 1000 * PATIENCE_S

LIGHT, DARK = "rgb(244, 246, 248)", "rgb(15, 21, 27)"
"""Colours of a page, as the mock-up has them."""


def lake(folder: Path) -> Path:
    """Make a home with the calls of yesterday and today."""
    today = datetime.now(UTC).date()
    calls = pl.concat(Traffic(scale=0.01).day(day) for day in (today - timedelta(days=1), today))
    write_connexcs_api(calls, folder / "calls.csv")
    cx.open(folder / "home").load(folder / "calls.csv")
    return folder / "home"


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("jupyter")
    notebook(folder, "hours", "height=200")
    for name in ("explore", "dashboard"):
        shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", folder)
    for name, text in SETTINGS.items():
        settings = folder / f".settings/@jupyterlab/{name}.jupyterlab-settings"
        settings.parent.mkdir(parents=True)
        settings.write_text(text)
    port = free_port()
    command = [
        sys.executable, "-c", LAB, "--no-browser", "--allow-root", f"--port={port}",
        f"--ServerApp.root_dir={folder}", "--IdentityProvider.token=", "--ServerApp.password=",
        "--ServerApp.jpserver_extensions={'notebook': True}", "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    folders = {
        "CXREPORTS_HOME": lake(folder),
        "JUPYTER_CONFIG_DIR": folder / ".jupyter",
        "JUPYTERLAB_SETTINGS_DIR": folder / ".settings",
        "JUPYTERLAB_WORKSPACES_DIR": folder / ".workspaces",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, path in folders.items():
            patch.setenv(name, str(path))
        with running(command, f"http://localhost:{port}/") as address:
            yield address


def kernel_states(address: str) -> list[str]:
    try:
        return [each["execution_state"] for each in json.loads(fetch(f"{address}api/kernels"))]
    except HTTPError as error:  # while a kernel is being registered
        error.close()
        return []


def wait_for_kernel(address: str) -> None:
    """Wait until the kernel that the page starts is idle."""
    until = time.monotonic() + PATIENCE_S
    while "idle" not in kernel_states(address):
        assert time.monotonic() < until, "no kernel was started"
        time.sleep(0.2)


def opened(page: Page, address: str, place: str) -> GridPage:
    """Open the notebook and run its first cell."""
    page.goto(f"{address}{ADDRESSES[place]}")
    first = page.locator(".jp-CodeCell .cm-content").first
    first.wait_for()
    wait_for_kernel(address)
    first.click()
    page.keyboard.press("Shift+Enter")
    return GridPage(page).wait()


@pytest.mark.slow
@pytest.mark.parametrize("place", ADDRESSES)
def test_keys_typed_in_the_grid_leave_the_notebook_alone(browser: Browser, jupyter: str, place: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    grid = opened(page, jupyter, place)
    cells = page.locator(".jp-Notebook .jp-Cell")
    before = cells.count()
    assert before >= 2
    grid.drag((1, "attempts"), (2, "connected"))
    assert grid.extent() == "2 × 2 cells"
    expect(grid.body).to_be_focused()
    page.keyboard.type("ddabxmyz00", delay=20)
    assert cells.count() == before
    expect(page.locator(".jp-MarkdownCell")).to_have_count(0)
    expect(grid.body).to_be_focused()
    page.keyboard.press("Shift+ArrowDown")
    assert grid.extent() == "3 × 2 cells"
    page.keyboard.press("Control+c")
    expect(grid.grid.locator(".cx-grid-said")).to_have_text("Copied 3 × 2 cells.")
    assert len(grid.copied().split("\n")) == 3
    page.keyboard.press("Shift+F10")
    expect(page.locator(".cx-menu [role=menuitem]").first).to_be_focused()
    page.keyboard.type("dd", delay=20)
    assert cells.count() == before
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+F10")
    with page.expect_download() as file:
        grid.choose("Export CSV")
    assert file.value.path().read_bytes().count(b"\r\n") == 4
    grid.gutter(1).click(button="right")
    expect(page.locator(".cx-menu")).to_be_visible()
    expect(page.locator(".lm-Menu")).to_have_count(0)
    page.keyboard.press("Escape")
    page.locator(".jp-CodeCell .jp-InputPrompt").nth(1).click()
    page.keyboard.type("dd", delay=50)
    expect(cells).to_have_count(before - 1)
    context.close()


@pytest.fixture(scope="module")
def lab(browser: Browser, jupyter: str) -> Iterator[Page]:
    """JupyterLab on a dark system, loaded once: it reaches this machine alone and asks for nothing else."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    context.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []

    def elsewhere(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    context.route(lambda url: not url.startswith((jupyter, "data:", "blob:")), elsewhere)
    page = context.new_page()
    page.goto(f"{jupyter}lab")
    page.locator(".jp-Launcher").wait_for()
    yield page
    context.close()
    assert asked == []


def run_all(page: Page, name: str) -> None:
    """Open a notebook in JupyterLab, beside no other, and run all its cells."""
    page.evaluate(
        """async (path) => {
            await jupyterapp.commands.execute("docmanager:save-all");
            await jupyterapp.commands.execute("application:close-all");
            await jupyterapp.commands.execute("docmanager:open", { path });
        }""",
        f"{name}.ipynb",
    )
    # The notebook says that it is idle before it has a kernel, and what is run then is lost.
    page.locator(".jp-StatusBar-Widget", has_text="(ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def cell(page: Page, code: str) -> Locator:
    """Find the cell with a piece of code."""
    return page.locator(".jp-CodeCell", has_text=code)


def lines(page: Page, code: str) -> Locator:
    """Find the lines of a cell's graph, in view."""
    graph = cell(page, code).locator(".jp-OutputArea .vega-embed svg.marks")
    graph.scroll_into_view_if_needed()
    assert graph.bounding_box()["width"] > 700  # type: ignore[index]
    return graph.locator("g.mark-line path[d*=L]")


def test_the_analysts_graphs_are_drawn_without_a_network_or_a_warning(lab: Page, jupyter: str) -> None:
    page = lab
    run_all(page, "explore")
    done = page.locator(".jp-CodeCell .jp-InputPrompt", has_text="[9]:")
    wrong = page.locator(".jp-OutputArea [data-mime-type$=error], .jp-OutputArea [data-mime-type$=stderr]")
    done.or_(wrong).first.wait_for(state="attached")
    assert wrong.all_inner_texts() == []
    assert lines(page, "cx.charts.channels").count() == 2  # most and mean
    assert lines(page, "cx.charts.joined").count() >= 2  # a graph each
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "contents" in answer.url):
        page.keyboard.press("Control+s")
    page = lab.context.new_page()
    page.goto(f"{jupyter}notebooks/explore.ipynb")
    assert lines(page, "cx.charts.channels").count() == 2
    assert lines(page, "cx.charts.joined").count() >= 2
    page.close()


def test_the_dashboard_has_jupyterlabs_look_and_its_panels_are_whole(lab: Page) -> None:
    page = lab
    run_all(page, "dashboard")
    page.locator(".cx-plot[data-drawn]").nth(3).wait_for()
    board = page.locator(".cx-page")
    expect(board).to_have_css("background-color", LIGHT, timeout=PATIENCE_MS)
    drawn_in(page, "rgb(31, 111, 235)")
    page.evaluate("jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    expect(board).to_have_css("background-color", DARK, timeout=PATIENCE_MS)
    drawn_in(page, "rgb(91, 157, 255)")
    buttons = board.locator("button[aria-controls^=cx-pop]:visible, button[aria-haspopup=listbox]:visible")
    assert buttons.count() >= 3
    for button in buttons.all():
        button.click()
        panel = page.locator(".cx-pop:visible")
        panel.wait_for()
        assert hidden_points(panel) == []
        page.keyboard.press("Escape")
        panel.wait_for(state="hidden")
    board.locator("button.cx-more").first.click()
    assert hidden_points(page.locator(".cx-menu")) == []


def drawn_in(page: Page, colour: str) -> None:
    """Wait until the graph of channels has a line of a colour."""
    has_line = """(colour) => [...document.querySelectorAll("[data-part=channels] .cx-plot path")].some(
        (path) => getComputedStyle(path).stroke === colour,
    )"""
    page.wait_for_function(has_line, arg=colour)


def hidden_points(panel: Locator) -> list[list[float]]:
    """Find the corners and the middle of a panel that something else covers or that are out of sight."""
    points: list[list[float]] = panel.evaluate(
        """(panel) => {
            const { left, right, top, bottom } = panel.getBoundingClientRect();
            const across = [left + 12, (left + right) / 2, right - 12];
            const down = [top + 12, (top + bottom) / 2, bottom - 12];
            const points = across.flatMap((x) => down.map((y) => [x, y]));
            return points.filter(([x, y]) => !panel.contains(document.elementFromPoint(x, y)));
        }"""
    )
    return points
