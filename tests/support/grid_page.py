"""Shows a grid in the real portal, JupyterLab or Notebook, and works it with a real browser."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import nbformat
from driving import login_cookie, operator_session, portal_of
from driving import settled as kernel_settled
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Locator, Page

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PATIENCE_S = 180
"""Longest wait for a server on a machine that is busy with other tests."""

_SESSIONS: dict[str, str] = {}
"""Session of an operator, by the address of a running portal."""

GRID = """
import sys
sys.path.insert(0, {here!r})
import grid_sheets
from cxreports.widgets import Grid
Grid(grid_sheets.{sheet}(), title="Summary", note="24-hour UTC", {options})
"""


def notebook(folder: Path, sheet: str, options: str = "") -> Path:
    """Write a notebook that shows one of `grid_sheets`."""
    code = GRID.format(here=str(HERE), sheet=sheet, options=options)
    cells = [nbformat.v4.new_code_cell(code), nbformat.v4.new_code_cell("1 + 1")]
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    path = folder / f"{sheet}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=spec), path)
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], address: str) -> Iterator[str]:
    """Run a server until the block is left."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + PATIENCE_S
        while not answers(address):
            assert process.poll() is None, f"{command} ended"
            assert time.monotonic() < until, f"{address} does not answer"
            time.sleep(0.1)
        yield address
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)
    finally:
        process.kill()
        process.wait()


def answers(address: str) -> bool:
    port = int(re.search(r":(\d+)", address[7:])[1])  # type: ignore[index]
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def portal(path: Path, home: Path) -> Iterator[str]:
    with portal_of(home, notebook=path, warm=0) as running:
        address = f"{running.address}/"
        _SESSIONS[address] = operator_session(home)
        yield address


def let_in(context: BrowserContext, address: str) -> None:
    """Log a browser in to a portal, as its operator."""
    context.add_cookies([login_cookie(address, _SESSIONS[address])])


class GridPage:
    """A grid in a page, as a person sees and works it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.grid = page.locator(".cx-grid[data-drawn]")
        self.body = self.grid.locator("[role=grid]")
        self.status = self.grid.locator("[role=status]").first

    def wait(self) -> GridPage:
        self.grid.wait_for(timeout=PATIENCE_S * 1000)
        self.body.locator(".slick-row").first.wait_for()
        kernel_settled(self.page)  # a page that is shown as it was drawn before is made anew meanwhile
        return self

    def fresh(self) -> GridPage:
        """Start with nothing selected, at the top."""
        if self.page.locator(".cx-menu").count():
            self.page.keyboard.press("Escape")
        self.body.focus()
        self.page.keyboard.press("Control+Home")
        self.page.keyboard.press("Escape")
        expect(self.grid.locator(".cx-selected")).to_have_count(0)
        return self

    def cell(self, row: int, column: str) -> Locator:
        at = self.head(column).get_attribute("aria-colindex")
        return self.body.locator(f".slick-row[aria-rowindex='{row + 2}'] [aria-colindex='{at}']")

    def gutter(self, row: int) -> Locator:
        return self.body.locator(f".slick-row[aria-rowindex='{row + 2}'] [role=rowheader]")

    def head(self, column: str) -> Locator:
        return self.body.locator(f"[role=columnheader][data-id='{column}']")

    def drag(self, start: tuple[int, str], end: tuple[int, str], *, key: str | None = None) -> None:
        first, last = (self.cell(*each).bounding_box() for each in (start, end))
        assert first
        assert last
        if key:
            self.page.keyboard.down(key)
        self.page.mouse.move(first["x"] + 9, first["y"] + 9)
        self.page.mouse.down()
        self.page.mouse.move(last["x"] + 9, last["y"] + 9, steps=5)
        self.page.mouse.up()
        if key:
            self.page.keyboard.up(key)
        self.settled()

    def settled(self) -> None:
        """Wait for the frame in which the selection is drawn."""
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def extent(self) -> str:
        self.settled()
        return self.status.locator(".cx-grid-extent").inner_text()

    def figures(self, column: str) -> dict[str, str]:
        """What the status bar says of a column: ``{"sum": "1,234", …}``."""
        self.settled()
        found = self.status.locator(f"[data-column='{column}'] [data-figure]").evaluate_all(
            "all => all.map(each => [each.dataset.figure, each.querySelector('b').textContent])"
        )
        return dict(found)

    def choose(self, item: str) -> None:
        self.page.locator(
            ".cx-menu [role=menuitem]", has_text=re.compile(rf"^{re.escape(item)}")
        ).first.click()

    def copied(self) -> str:
        return str(self.page.evaluate("navigator.clipboard.readText()"))


def fetch(address: str) -> Any:
    with urlopen(address) as answer:
        return answer.read()
