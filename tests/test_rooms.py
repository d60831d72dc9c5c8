"""How large a room may be: modules of at most 400 lines, folders of at most 16 modules."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from source import PACKAGE, own_files

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_MODULE = 400
MOST_MODULES = 16


def modules(suffix: str) -> list[Path]:
    return [path for path in own_files(suffix) if "versions" not in path.parts]


@pytest.mark.parametrize("suffix", [".py", ".ts"])
def test_no_module_is_longer_than_can_be_read_at_a_sitting(suffix: str) -> None:
    long = {
        path.name: lines
        for path in modules(suffix)
        if (lines := len(path.read_text("utf-8").splitlines())) > LONGEST_MODULE
    }
    assert long == {}


@pytest.mark.parametrize("suffix", [".py", ".ts"])
def test_no_folder_has_more_modules_than_can_be_seen_at_a_glance(suffix: str) -> None:
    counted = Counter(
        path.parent.relative_to(PACKAGE) for path in modules(suffix) if path.name != "__init__.py"
    )
    assert counted
    assert {str(folder): count for folder, count in counted.items() if count > MOST_MODULES} == {}
