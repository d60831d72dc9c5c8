"""Notebooks that tests write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat

if TYPE_CHECKING:
    from pathlib import Path


def notebook(path: Path, *cells: str, parameters: str = "") -> Path:
    """Write a notebook; a cell that begins with ``#`` and a space is written text."""
    made = nbformat.v4.new_notebook()
    if parameters:
        made.cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    for source in cells:
        kind = nbformat.v4.new_markdown_cell if source.startswith("# ") else nbformat.v4.new_code_cell
        made.cells.append(kind(source))
    nbformat.write(made, path)
    return path
