"""The package's own source, for tests of what may stand in it."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import Final

import cxreports

PACKAGE: Final = Path(cxreports.__file__).resolve().parent
NOT_OURS: Final = frozenset({"node_modules", "static", "__pycache__"})


def own_files(suffix: str) -> list[Path]:
    """Files of the package that somebody has written; its front end's packages are many more."""
    found = []
    for folder, below, names in os.walk(PACKAGE):
        below[:] = sorted(set(below) - NOT_OURS)
        found += [Path(folder, name) for name in sorted(names) if name.endswith(suffix)]
    return found


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
