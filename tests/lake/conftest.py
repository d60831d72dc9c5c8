"""A lake in a temporary folder, and a way to fill it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from lake_calls import PLAIN, write_calls
from made_lake import make_empty

from cxreports.cdr.definition import parse_format
from cxreports.lake import LoadReport, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cxreports.cdr.source_format import SourceFormat


@pytest.fixture(scope="session")
def plain() -> SourceFormat:
    return parse_format(PLAIN, "plain.toml")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty lake."""
    home = tmp_path / "home"
    make_empty(home)
    return Store(home)


@pytest.fixture
def load(store: Store, tmp_path: Path, plain: SourceFormat) -> Callable[..., LoadReport]:
    """Load calls as one file with a new name."""
    names = iter(range(1_000_000))

    def loaded(*calls: Mapping[str, Any]) -> LoadReport:
        path = write_calls(tmp_path / f"calls-{next(names)}.csv", calls)
        (report,) = store.load(path, source_format=plain)
        return report

    return loaded
