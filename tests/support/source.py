"""The package's own source, for tests of what may stand in it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def syntax_of(path: Path) -> ast.Module:
    """Syntax tree of a module.

    Python 3.11 counts the depth of all threads' trees in one place, so that a tree which is made while
    another thread compiles something may fail for nothing: it is made again.
    """
    text = path.read_text("utf-8")
    for _ in range(9):
        try:
            return ast.parse(text)
        except SystemError:
            continue
    return ast.parse(text)
