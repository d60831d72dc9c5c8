"""What a browser sends to a widget that no page would send: the widget goes on, the log says it."""

from __future__ import annotations

import logging
from typing import Any

import polars as pl
import pytest

from cxreports.errors import BadSelection
from cxreports.sheets.columns import Column
from cxreports.sheets.selection import MOST_AREAS, MOST_CELLS, Area, Selection, Sheet
from cxreports.web.kernels.allowance import Allowance
from cxreports.widgets import Grid, TopBar
from cxreports.widgets.part import LONGEST_VALUE

MADRID = {"zone": "Europe/Madrid"}


class Shell:
    """Stands for IPython's, whose tracebacks go to the browser."""

    def __init__(self) -> None:
        self.shown: list[Any] = []

    def showtraceback(self, *shown: Any, **_options: Any) -> None:
        self.shown.append(shown)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    from ipywidgets.widgets import widget

    standing = Shell()
    monkeypatch.setattr(widget, "get_ipython", lambda: standing)
    return standing


def sent(data: Any) -> dict[str, Any]:
    return {"content": {"comm_id": "a", "data": data}, "buffers": []}


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"method": "rm"},
        {"method": "update"},
        {"method": "update", "state": []},
        {"method": "update", "state": {"view": 7}},
        {"method": "update", "state": {"view": {"zone": 7}}},
        {"method": "update", "state": {"customers": "x"}},
        {"method": "update", "state": {"view": {"zone": {"x": ["y"] * 99}}}},
        {"method": "update", "state": {"view": {"zone": "x" * (LONGEST_VALUE + 1)}}},
    ],
)
def test_no_message_leaves_a_trace_in_a_widget_or_a_traceback_with_the_browser(
    shell: Shell, caplog: pytest.LogCaptureFixture, data: Any
) -> None:
    bar = TopBar()
    before = bar.get_state()
    with caplog.at_level(logging.WARNING):
        bar._handle_msg(sent(data))
    assert bar.get_state() == before
    assert shell.shown == []
    assert len(caplog.records) == 1


def test_what_fails_in_a_callback_is_logged_and_not_shown(
    shell: Shell, caplog: pytest.LogCaptureFixture
) -> None:
    bar = TopBar()

    def fail(*_sent: Any) -> None:
        raise ZeroDivisionError("a secret of the server")

    bar.on_msg(fail)
    bar.observe(fail, "view")
    bar._handle_msg(sent({"method": "custom", "content": {"hello": {}}}))
    bar._handle_msg(sent({"method": "update", "state": {"view": MADRID}}))
    assert shell.shown == []
    assert caplog.text.count("ZeroDivisionError: a secret of the server") == 2


def test_what_a_page_sends_is_done(shell: Shell) -> None:
    bar, heard = TopBar(), []
    bar.on_msg(lambda _widget, content, _buffers: heard.append(content))
    bar._handle_msg(sent({"method": "update", "state": {"view": MADRID}, "buffer_paths": []}))
    bar._handle_msg(sent({"method": "custom", "content": {"hello": {"period": "7d"}}}))
    bar._handle_msg(sent({"method": "request_state"}))
    assert (bar.view, heard, shell.shown) == (MADRID, [{"hello": {"period": "7d"}}], [])


SHEET = Sheet(
    pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}), (Column("a", "A", "number"), Column("b", "B"))
)


@pytest.mark.parametrize(
    ("rows", "columns", "areas", "says"),
    [
        ([0, 1, 2, 0], ["a"], [Area(0, 0, 4, 1)], "twice"),
        ([0], ["a", "a"], [Area(0, 0, 1, 2)], "twice"),
        ([0], ["a"], [Area(0, 0, 1, 1)] * (MOST_AREAS + 1), "areas"),
    ],
)
def test_no_selection_is_larger_than_its_table(
    rows: list[int], columns: list[str], areas: list[Area], says: str
) -> None:
    with pytest.raises(BadSelection, match=says):
        Selection.of(SHEET, rows, columns, areas)


def test_no_selection_has_more_cells_than_a_page_shows() -> None:
    wide = {
        f"c{number}": pl.Series([0], dtype=pl.Int8).new_from_index(0, MOST_CELLS // 20 + 1)
        for number in range(20)
    }
    sheet = Sheet(pl.DataFrame(wide), tuple(Column(name, name, "number") for name in wide))
    with pytest.raises(BadSelection, match="2,500,000 cells"):
        Selection.of(sheet)


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({}, b"\0\0\0\0"),
        ({"columns": ["a"], "areas": 7}, b"\0\0\0\0"),
        ({"columns": ["a"], "areas": [[0, 0, 1]]}, b"\0\0\0\0"),
        ({"columns": ["a"], "areas": [["0", None, 1, 1]]}, b"\0\0\0\0"),
        ({"columns": ["a"], "areas": [[0, 0, 1, 1]]}, b"\0\0\0"),
        ({"columns": ["a"], "areas": [[0, 0, 10**30, 1]]}, b"\0\0\0\0"),
    ],
)
def test_an_export_that_names_no_cells_is_refused_in_words(asked: dict[str, Any], rows: bytes) -> None:
    with pytest.raises(BadSelection):
        Grid(SHEET).selection(asked, rows)


def test_an_allowance_is_used_up_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:

    clock = [100.0]
    monkeypatch.setattr("cxreports.web.kernels.allowance.time.monotonic", lambda: clock[0])
    allowance = Allowance(per_s=2, at_once=10)
    assert [allowance.take(5) for _ in range(3)] == [True, True, False]
    clock[0] += 4  # 8 gained: 3 left
    assert [allowance.take(3), allowance.take(1)] == [True, False]
    clock[0] += 1000
    assert [allowance.take(10), allowance.take(1)] == [True, False]
