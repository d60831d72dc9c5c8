"""Copied Python, run against the lake: it gives the very figures that the page shows."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

import nbformat
import polars as pl
import pytest

from cxreports import Lake
from cxreports.pages.call_records import CdrViewer
from cxreports.pages.call_records_view import CallRecordsView
from cxreports.pages.dashboard import Dashboard
from cxreports.pages.view import BREAKDOWNS, GRAPHS, WIDGETS, View
from cxreports.wording import ABSENT, minutes, money, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

VIEWS = {
    "plain": View("acme", "Asia/Kolkata", "7d", widgets=WIDGETS, tab="daily"),
    "narrowed": View("all", "Europe/Madrid", widgets=WIDGETS, sip="2xx", direction="outbound"),
}


@pytest.fixture(name="lake", scope="module")
def _lake(tmp_path_factory: pytest.TempPathFactory, small_demo: Callable[[Path], None]) -> Iterator[Lake]:
    home = tmp_path_factory.mktemp("home")
    small_demo(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXREPORTS_HOME", str(home))
        yield Lake(home)


@pytest.fixture(name="page", scope="module", params=list(VIEWS))
def _page(lake: Lake, request: pytest.FixtureRequest) -> Dashboard:
    page = Dashboard(lake, VIEWS[request.param])
    assert page.page.notice == {}
    return page


def run(code: str, names: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
    """Value of the last expression, as a notebook shows it, and all that was assigned."""
    *before, last = ast.parse(code).body
    assert isinstance(last, ast.Expr)
    names = {} if names is None else names
    exec(compile(ast.Module(before, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names), names


def test_every_graph(page: Dashboard) -> None:
    for name in GRAPHS:
        chart, names = run(page.charts[name].python)
        shown, found = page.charts[name].table, names[name]
        assert chart.to_dict()["layer"], name
        # The page leaves out buckets to come, and the ratio of the bucket that is not over.
        over = shown.height - 1
        assert over > 40
        assert found.select(shown.columns).head(over).equals(shown.head(over)), name


def test_every_breakdown(page: Dashboard) -> None:
    for name in BREAKDOWNS:
        chart, names = run(page.charts[name].python)
        assert names[name].height > 0
        assert names[name].equals(page.charts[name].table)
        assert chart.to_dict()["layer"]


def test_the_summary(page: Dashboard) -> None:
    found, _ = run(page.summary.python)
    assert page.summary.sheet is not None
    shown = page.summary.sheet.frame
    assert found["attempts"].sum() > 0
    assert found.equals(shown.select(found.columns))


def test_every_tile(page: Dashboard) -> None:
    shown = {each["key"]: each for each in page.figures.figures}
    assert len(shown) == 6
    write = {
        "channels": number,
        "asr": lambda value: number(value, 1),
        "dtmf": lambda value: number(value, 1),
        "acd": minutes,
        "attempts": number,
        "charge": lambda value: money(value, "USD"),
    }
    # A quarter of an hour after the last call nobody knows how many channels are in use.
    if shown["channels"]["value"] == ABSENT:
        assert shown.pop("channels")["python"] == ""
    for key, each in shown.items():
        value, _ = run(each["python"])
        assert write[key](value) == each["value"], key


def test_the_page_as_a_notebook(page: Dashboard) -> None:
    notebook = nbformat.reads(page.notebook().decode(), as_version=4)
    nbformat.validate(notebook)
    code = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    headings = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    assert len(code) == len(headings) == 1 + len(WIDGETS)
    names: dict[str, Any] = {}
    exec(compile(code[0], "head", "exec"), names)
    values = [run(each, names)[0] for each in code[1:]]
    assert isinstance(values[-1], pl.DataFrame)
    assert values[0]["attempts"].item() == page.charts["sip_codes"].table["attempts"].sum()


def test_the_list_of_calls(lake: Lake) -> None:
    view = CallRecordsView(View("acme", "Europe/Madrid", sip="2xx", number="1"), connected=True, size=500)
    viewer = CdrViewer(lake, view)
    found, _ = run(viewer.grid.python)
    assert viewer.grid.sheet is not None
    shown = viewer.grid.sheet.frame
    assert 0 < shown.height == found.height < 500
    assert found["call_id"].sort().equals(shown["call_id"].sort())


@pytest.mark.parametrize("text", ['"', "\\", "'; import os #", "\n", "{x}", "☎", "\u2028", "Côte d'Ivoire"])
def test_whatever_a_page_is_narrowed_to_is_one_text(lake: Lake, text: str) -> None:
    page = Dashboard(lake, View("acme", destination=text, widgets=("summary",)))
    (call,) = [
        each
        for each in ast.walk(ast.parse(page.summary.python))
        if isinstance(each, ast.keyword) and each.arg == "destination"
    ]
    assert ast.literal_eval(call.value) == text
    assert json.loads(page.notebook())["nbformat"] == 4
