"""How large a room may be: modules of at most 400 lines, folders of at most 16 modules."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "cxreports"
LONGEST_MODULE = 400
MOST_MODULES = 16


def modules(pattern: str) -> list[Path]:
    passed = {"node_modules", "static", "versions"}
    return [path for path in PACKAGE.rglob(pattern) if not passed & set(path.parts)]


@pytest.mark.parametrize("pattern", ["*.py", "*.ts"])
def test_no_module_is_longer_than_can_be_read_at_a_sitting(pattern: str) -> None:
    long = {
        path.name: lines
        for path in modules(pattern)
        if (lines := len(path.read_text("utf-8").splitlines())) > LONGEST_MODULE
    }
    assert long == {}


@pytest.mark.parametrize("pattern", ["*.py", "*.ts"])
def test_no_folder_has_more_modules_than_can_be_seen_at_a_glance(pattern: str) -> None:
    counted = Counter(
        path.parent.relative_to(PACKAGE) for path in modules(pattern) if path.name != "__init__.py"
    )
    assert counted
    assert {str(folder): count for folder, count in counted.items() if count > MOST_MODULES} == {}
