"""What a kernel does before it knows its visitor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from callers import Someone, introduce
from desks import desk_of
from ipywidgets.widgets import widget

from cxreports.lake.store import Store
from cxreports.pages.warm_up import warm_up
from cxreports.portal.database import Database
from cxreports.portal.people import preferences, users
from cxreports.visitor import Visitor
from cxreports.web.kernels.notebook import WarmUp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRESH = """
import json, sys
from cxreports.pages.warm_up import warm_up
warm_up()
before = set(sys.modules)
from cxreports.visitor import Line, Visitor, bind
bind(Visitor(*json.loads(sys.argv[1])), Line(*sys.argv[2:]))
from cxreports.pages.call_records import CdrViewer
from cxreports.pages.dashboard import Dashboard
dashboard, viewer = Dashboard(), CdrViewer()
assert dashboard.figures.figures and viewer.grid.sheet.frame.height
assert dashboard.top_bar.balance and dashboard.view.zone == "Asia/Tokyo"
assert not {"sqlalchemy", "alembic", "cxreports.portal.database"} & set(sys.modules)
print(json.dumps(sorted(set(sys.modules) - before)))
"""
OLGA = Someone("olga@op.example", None)


def test_pages_need_no_further_import_and_no_database(
    tmp_path: Path, small_demo: Callable[[Path], None]
) -> None:
    small_demo(tmp_path)
    introduce(tmp_path, OLGA)
    with closing(Database.of(tmp_path)) as database:
        with database.writing() as db:
            user_id = users.get(db, OLGA.email).id
            preferences.save(db, user_id, {"zone": "Asia/Tokyo"})
        visitor = (user_id, OLGA.email, "Olga", None)
        with desk_of(database) as desk:
            line = desk.line("kernel", Visitor(*visitor))
            done = subprocess.run(
                [sys.executable, "-c", FRESH, json.dumps(visitor), line.path, line.token],
                env={**os.environ, "CXREPORTS_HOME": str(tmp_path), "CXREPORTS_PORTAL": "1"},
                check=True,
                capture_output=True,
                text=True,
            )
    assert json.loads(done.stdout) == []


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXREPORTS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    widget.Widget.close_all()
    warm_up()
    assert list(tmp_path.iterdir()) == [], "neither the visitor's home nor the folder that was made for it"
    assert widget._instances == {}


def test_each_kernel_has_its_copy_of_a_lake_that_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    create = Store.create

    def failing_once(store: Store, **options: Any) -> None:
        made.append(store.home)
        create(store, **options)
        if len(made) == 1:
            raise OSError("no space left on device")

    monkeypatch.setattr(Store, "create", failing_once)
    folders = [tmp_path / f"kernel-{nth}" for nth in range(9)]
    for folder in folders:
        folder.mkdir()
    warming = WarmUp(tmp_path / "empty")
    with pytest.raises(OSError, match="no space"):
        warming.notebook(folders.pop())
    with ThreadPoolExecutor(8) as threads:
        cells = list(threads.map(warming.notebook, folders))
    assert len(made) == 2, "once more after it failed, and never again"
    monkeypatch.setattr(Store, "create", create)
    widget.Widget.close_all()
    for folder, notebook in zip(folders, cells, strict=True):
        assert not Store(folder / "empty").snapshot().head.cdr
        exec(notebook.cells[0].source, {})
        assert list(folder.iterdir()) == [], "a copy is removed when it has served"
    assert Store(tmp_path / "empty").is_made
