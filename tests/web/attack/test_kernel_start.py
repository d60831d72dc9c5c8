"""Kernels that never come: a page says so in its time, and nothing of them is left."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import nbformat
from callers import Caller, Someone, introduce, session_of
from driving import portal_of, until

if TYPE_CHECKING:
    from pathlib import Path

OLGA = Someone("olga@op.example", None)
STOPS = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"
DIES = "import os\nos._exit(1)"


def test_a_kernel_answers_before_anything_of_a_page_is_imported() -> None:
    heavy = {"altair", "anywidget", "duckdb", "pandas", "polars", "pyarrow", "sqlalchemy", "voila"}
    code = f"import sys, cxreports.web.kernels.process\nprint(*sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == ""


def test_a_page_whose_kernels_hang_or_die_says_so_and_leaves_none(tmp_path: Path) -> None:
    introduce(tmp_path, OLGA)
    page = tmp_path / "page.ipynb"
    with portal_of(tmp_path, notebook=page) as portal:
        olga = Caller(portal.address, {"cx-session": session_of(portal.home, OLGA.email)})
        for fault in (STOPS, DIES):
            # nbclient takes the end of its wait for the kernel's death, and goes on with the next cell.
            cells = [nbformat.v4.new_code_cell(code) for code in (fault, "1", "2", "3")]
            nbformat.write(nbformat.v4.new_notebook(cells=cells), page)
            begun = time.monotonic()
            answer = olga.ask("/")
            assert time.monotonic() - begun < 58
            assert "The page could not be" in answer.text
        until(lambda: len(portal.kernels()) <= 1, "only a warm kernel is left")
