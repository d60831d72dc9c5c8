"""A page as a notebook: one cell for each of its figures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxreports.pages.cells.cells import Cells


def notebook(title: str, cells: Cells, figures: Iterable[tuple[str, str]]) -> bytes:
    """Notebook (nbformat 4.5) without outputs.

    Parameters
    ----------
    title
        Its heading.
    cells
        What makes the figures' code complete.
    figures
        Heading and code of each.
    """
    sources = [("markdown", f"# {title}"), ("code", cells.head)]
    for heading, code in figures:
        sources += [("markdown", f"## {heading}"), ("code", code)]
    contents = {
        "cells": [_cell(f"cell-{at}", kind, source) for at, (kind, source) in enumerate(sources)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(contents, ensure_ascii=False, indent=1).encode()


def _cell(id_: str, kind: str, source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": id_,
        "metadata": {},
        "source": source.splitlines(keepends=True),
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
