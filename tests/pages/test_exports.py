"""Exports of pages in the audit log: what was written is what the log says, and nothing goes unrecorded."""

from __future__ import annotations

import asyncio
import re
import struct
from typing import TYPE_CHECKING, Any

import pytest
from callers import Someone, introduce

from cxreports import Lake, visitor
from cxreports.pages.call_records import CdrViewer
from cxreports.pages.call_records_view import CallRecordsView
from cxreports.pages.dashboard import Dashboard
from cxreports.pages.view import View
from cxreports.portal import audit
from cxreports.portal.database import Database
from cxreports.portal.people import users
from cxreports.visitor import Visitor
from cxreports.widgets.delivery import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cxreports.widgets.part import Part

ANA = "ana@acme.example"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, small_demo: Callable[[Path], None]) -> Lake:
    home = tmp_path_factory.mktemp("home")
    small_demo(home)
    introduce(home, Someone(ANA, "acme"))
    return Lake(home)


@pytest.fixture
def log(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The log of a portal whose page works for Ana."""
    database = Database.of(lake.home)
    with database.writing() as db:
        user_id = users.get(db, ANA).id
        for entry in audit.entries(db, events=[audit.Event.EXPORTED]):
            db.delete(entry)
    monkeypatch.setattr(visitor, "_bound", Visitor(user_id, ANA, "Ana", "acme", address="192.0.2.7"))
    yield database
    database.close()


def entries(database: Database) -> list[dict[str, Any]]:
    with database.reading() as db:
        return [entry.detail for entry in audit.entries(db, events=[audit.Event.EXPORTED])]


def sent(part: Part) -> list[dict[str, Any]]:
    """List what a part sends from now on."""
    found: list[dict[str, Any]] = []
    part.send = lambda content, *_: found.append(content)  # type: ignore[method-assign]
    return found


def ask(part: Part, content: dict[str, Any], *buffers: bytes) -> None:
    """Send a widget what a browser would."""
    message = {"content": {"data": {"method": "custom", "content": content}}, "buffers": list(buffers)}
    part._handle_msg(message)


def selected(viewer: CdrViewer, **changed: Any) -> dict[str, Any]:
    asked = {"key": viewer.grid.rows["key"], "form": "csv", "columns": ["source"], "areas": [[0, 0, 2, 1]]}
    return {"export": asked | changed}


ROWS = struct.pack("<3I", 4, 5, 9)


def test_a_selection_is_recorded_as_it_was_written(lake: Lake, log: Database) -> None:
    viewer = CdrViewer(lake, CallRecordsView(View(customer="acme")))
    found = sent(viewer.grid)
    ask(viewer.grid, selected(viewer, what="nothing", customer="bravo"), ROWS)
    (name,) = (message["download"] for message in found)
    assert re.fullmatch(r"acme-calls-\d{4}-\d\d-\d\dT\d{4}_\d{4}-\d\d-\d\dT\d{4}\.csv", name)
    assert entries(log) == [{"what": "call records", "form": "csv", "rows": 3, "customer": "acme"}]


@pytest.mark.parametrize("changed", [{"form": "exe"}, {"form": ["csv"]}, {"areas": []}, {"key": -1}])
def test_what_is_refused_is_no_export(lake: Lake, log: Database, changed: dict[str, Any]) -> None:
    viewer = CdrViewer(lake, CallRecordsView(View(customer="acme")))
    found = sent(viewer.grid)
    ask(viewer.grid, selected(viewer, **changed), ROWS)
    assert [message for message in found if not message.get("failed")] == []
    assert len(found) == 1
    assert entries(log) == []


@pytest.mark.parametrize("more", [{}, {"export": []}, {"export": {"form": "lie"}}, {"ask": "rows"}])
def test_a_download_is_recorded_whatever_else_the_message_says(
    lake: Lake, log: Database, more: dict[str, Any]
) -> None:
    rows = lake.cdrs("acme").height

    async def read() -> list[dict[str, Any]]:
        viewer = CdrViewer(lake, CallRecordsView(View(customer="acme", period="7d")))
        found = sent(viewer.page)
        ask(viewer.page, {"download": "csv", "key": "k"} | more)
        assert entries(log) == [{"what": "call records", "form": "csv", "rows": rows, "customer": "acme"}]
        viewer._deliveries["k"].stop()
        return found

    assert asyncio.run(read()) == []


@pytest.mark.parametrize("form", ["exe", ["csv"], {"csv": 1}, None, 7])
def test_a_download_of_no_known_form_is_refused(lake: Lake, log: Database, form: Any) -> None:
    viewer = CdrViewer(lake, CallRecordsView(View(customer="acme")))
    found = sent(viewer.page)
    ask(viewer.page, {"download": form, "key": "k", "export": []})
    # Shown where the download was asked for, or above the page.
    assert viewer.page.notice or [each["state"] for each in found] == ["failed"]
    assert (viewer._deliveries, entries(log)) == ({}, [])


def test_the_figures_of_a_graph_are_recorded(lake: Lake, log: Database) -> None:
    graph = Dashboard(lake, View(customer="acme", widgets=("attempts",))).charts["attempts"]
    found = sent(graph)
    ask(graph, {"ask": "csv", "export": []})
    assert found == [{"csv": True}]
    assert graph.table is not None
    rows = graph.table.height
    assert entries(log) == [{"what": "dashboard", "form": "csv", "rows": rows, "customer": "acme"}]


def test_without_an_entry_nothing_is_sent(lake: Lake, log: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer, graph = (
        CdrViewer(lake),
        Dashboard(lake, View(customer="acme", widgets=("attempts",))).charts["attempts"],
    )
    found = [sent(part) for part in (viewer.grid, viewer.page, graph)]

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(audit, "record", refuse)
    monkeypatch.setattr(Delivery, "__init__", refuse)
    ask(viewer.grid, selected(viewer), ROWS)
    ask(viewer.page, {"download": "csv", "key": "k"})
    ask(graph, {"ask": "csv"})
    assert [[list(message) for message in of_part] for of_part in found] == [[["failed"]], [], []]
    assert "disk" not in found[0][0]["failed"]
    assert viewer.page.notice["title"] == "Something went wrong"
    assert entries(log) == []
