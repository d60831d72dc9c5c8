"""The grid under a finger: a tap, a swipe, holding, and the mark at the selection's end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from grid_page import GridPage, let_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

HOLD_S = 0.35
"""So long a finger rests until it holds (``HOLD_MS`` of ``grid/touch.ts``)."""

SCROLLED = "document.querySelector('.slick-viewport-top.slick-viewport-left').scrollTop + scrollY"

STANDS_STILL = f"""() => new Promise((done) => {{
  let [at, frames] = [NaN, 0];
  requestAnimationFrame(function look() {{
    const now = {SCROLLED};
    [at, frames] = [now, now === at ? frames + 1 : 0];
    if (frames < 20) requestAnimationFrame(look);
    else done();
  }});
}})"""


class Finger:
    """A finger on the page."""

    def __init__(self, page: GridPage) -> None:
        self.page = page
        self._client = page.page.context.new_cdp_session(page.page)

    def _tell(self, kind: str, *points: tuple[float, float]) -> None:
        self._client.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]},
        )

    def put(self, x: float, y: float, *, hold: bool = False) -> None:
        self._tell("touchStart", (x, y))
        self.at = (x, y)
        if hold:
            self.page.body.and_(self.page.page.locator("[data-dragging]")).wait_for()

    def move(self, dx: float, dy: float, steps: int = 6) -> None:
        x, y = self.at
        for step in range(1, steps + 1):
            self._tell("touchMove", (x + dx * step / steps, y + dy * step / steps))
        self.at = (x + dx, y + dy)

    def lift(self) -> None:
        self._tell("touchEnd")
        self.page.settled()

    def rest(self) -> None:
        """Wait until what was flung no longer scrolls."""
        self.page.page.evaluate(STANDS_STILL)


@pytest.fixture(name="phone", scope="module")
def _phone(browser: Browser, hours_portal: str) -> Iterator[GridPage]:
    context = browser.new_context(
        viewport={"width": 390, "height": 760}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    let_in(context, hours_portal)
    page.goto(hours_portal)
    yield GridPage(page).wait()
    assert wrong == []
    context.close()


@pytest.fixture(name="grid")
def _grid(phone: GridPage) -> GridPage:
    return phone.fresh()


@pytest.fixture(name="finger")
def _finger(grid: GridPage) -> Finger:
    return Finger(grid)


def middle(grid: GridPage, row: int, column: str) -> tuple[float, float]:
    box = grid.cell(row, column).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def height(grid: GridPage) -> float:
    box = grid.cell(0, "attempts").bounding_box()
    assert box
    return box["height"]


def scrolled(grid: GridPage) -> float:
    at: float = grid.page.evaluate(SCROLLED)
    return at


def test_a_tap_selects_a_cell(grid: GridPage, finger: Finger) -> None:
    finger.put(*middle(grid, 1, "attempts"))
    finger.lift()
    assert grid.extent() == "1 cell"


def test_holding_and_moving_selects_a_range_and_does_not_scroll(grid: GridPage, finger: Finger) -> None:
    before = scrolled(grid)
    finger.put(*middle(grid, 1, "attempts"), hold=True)
    finger.move(0, 3 * height(grid))
    finger.lift()
    assert grid.extent() == "4 × 1 cells"  # noqa: RUF001
    assert scrolled(grid) == before
    assert grid.page.locator(".cx-menu").count() == 0


def test_a_swipe_scrolls_and_selects_nothing(grid: GridPage, finger: Finger) -> None:
    for _try in range(5):
        before, at = scrolled(grid), time.monotonic()
        finger.put(*middle(grid, 5, "attempts"))
        finger.move(0, -4 * height(grid))
        was_at_once = time.monotonic() - at < HOLD_S / 2
        finger.lift()
        # On a machine that is busy the finger may have rested for so long that it holds.
        if was_at_once or grid.grid.locator(".cx-selected").count() == 0:
            break
        grid.page.keyboard.press("Escape")
        grid.fresh()
    grid.page.wait_for_function(f"before => ({SCROLLED}) > before", arg=before)
    finger.rest()
    assert grid.grid.locator(".cx-selected").count() == 0


def test_the_mark_moves_the_selections_end(grid: GridPage, finger: Finger) -> None:
    finger.put(*middle(grid, 1, "attempts"))
    finger.lift()
    if grid.page.locator(".cx-menu").count():
        grid.page.keyboard.press("Escape")  # on a machine that is busy the touch was long
    box = grid.cell(1, "attempts").bounding_box()
    assert box
    finger.put(box["x"] + box["width"] - 6, box["y"] + box["height"] - 6, hold=True)
    finger.move(0, 2 * height(grid))
    finger.lift()
    assert grid.extent() == "3 × 1 cells"  # noqa: RUF001
    assert grid.page.locator(".cx-menu").count() == 0
    box = grid.cell(3, "attempts").bounding_box()
    assert box
    finger.put(box["x"] + box["width"] - 6, box["y"] + box["height"] - 6, hold=True)
    finger.move(0, -3 * height(grid))
    finger.lift()
    assert grid.extent() == "2 × 1 cells"  # noqa: RUF001
    box = grid.cell(0, "attempts").bounding_box()
    assert box
    finger.put(box["x"] + box["width"] - 6, box["y"] + 6, hold=True)
    finger.move(0, height(grid))
    finger.lift()
    assert grid.extent() == "1 cell"


def test_holding_still_opens_the_menu_of_what_is_selected(grid: GridPage, finger: Finger) -> None:
    finger.put(*middle(grid, 1, "attempts"), hold=True)
    finger.move(0, 2 * height(grid))
    finger.lift()
    finger.put(*middle(grid, 2, "attempts"), hold=True)
    assert grid.page.locator(".cx-menu").count() == 0
    finger.lift()
    grid.page.get_by_role("menuitem", name="Copy with Headers").wait_for()
    assert grid.extent() == "3 × 1 cells"  # noqa: RUF001
    grid.page.keyboard.press("Escape")
    finger.put(*middle(grid, 5, "attempts"), hold=True)
    finger.lift()
    grid.page.get_by_role("menuitem", name="Export CSV").wait_for()
    assert grid.extent() == "1 cell"


def test_a_heading_selects_its_column(grid: GridPage, finger: Finger) -> None:
    box = grid.head("attempts").locator(".cx-grid-label").bounding_box()
    assert box
    finger.put(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    finger.lift()
    assert "× 1 cells" in grid.extent()  # noqa: RUF001
    assert grid.head("attempts").get_attribute("aria-selected") == "true"
