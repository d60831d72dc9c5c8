"""What a kernel does before it knows its visitor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from ipywidgets.widgets import widget

from cxreports.demo.calls import demo
from cxreports.pages.warm_up import warm_up

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FRESH = """
import json, sys
from cxreports.pages.warm_up import warm_up
warm_up()
before = set(sys.modules)
from cxreports.visitor import Visitor, bind
bind(Visitor(1, "olga@op.example", "Olga", None))
from cxreports.pages.call_records import CdrViewer
from cxreports.pages.dashboard import Dashboard
dashboard, viewer = Dashboard(), CdrViewer()
assert dashboard.figures.figures and viewer.grid.sheet.frame.height
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_pages_need_no_further_import(tmp_path: Path) -> None:
    demo(tmp_path, days=1, scale=0.05)
    done = subprocess.run(
        [sys.executable, "-c", FRESH],
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
