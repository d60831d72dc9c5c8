"""The DuckDB that reads lakes: one a process, in which each store sees its own calls."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from lake_calls import call, write_calls

from cxreports.lake import LoadReport, Store
from cxreports.lake.parquet import readers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import duckdb

    from cxreports.cdr.source_format import SourceFormat

COUNT = "SELECT customer, count(*) FROM cdr GROUP BY ALL"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[duckdb.DuckDBPyConnection]]:
    """Engines that are started while none runs."""
    engines: list[duckdb.DuckDBPyConnection] = []
    start = readers._started
    monkeypatch.setattr(readers, "_of_process", {})
    monkeypatch.setattr(readers, "_started", lambda config: engines.append(start(config)) or engines[-1])
    yield engines
    for each in engines:
        each.close()


def test_stores_share_one_and_see_their_own_calls(
    store: Store,
    load: Callable[..., LoadReport],
    tmp_path: Path,
    plain: SourceFormat,
    started: list[duckdb.DuckDBPyConnection],
) -> None:
    load(call(1, "2026-01-05T10:00:00Z", "2026-01-05T10:01:00Z", customer="acme"))
    other = Store(tmp_path / "other")
    path = write_calls(tmp_path / "o.csv", [call(2, "2026-01-05T10:00:00Z", "", customer="zeta")])
    other.load(path, source_format=plain)
    assert store.snapshot().query(COUNT).rows() == [("acme", 1)]
    assert other.snapshot().query(COUNT).rows() == [("zeta", 1)]
    assert store.snapshot().query(COUNT).rows() == [("acme", 1)]
    assert len(started) == 1


def test_one_that_answers_no_more_is_started_anew(
    store: Store, load: Callable[..., LoadReport], started: list[duckdb.DuckDBPyConnection]
) -> None:
    load(call(1, "2026-01-05T10:00:00Z", "2026-01-05T10:01:00Z", customer="acme"))
    assert Store(store.home).snapshot().query(COUNT).rows() == [("acme", 1)]
    started[0].close()
    assert Store(store.home).snapshot().query(COUNT).rows() == [("acme", 1)]
    assert len(started) == 2


def test_a_process_that_was_forked_has_its_own(started: list[duckdb.DuckDBPyConnection]) -> None:
    readers.readers()
    child = os.fork()
    if child == 0:
        readers.readers().execute("SELECT sum(range) FROM range(1_000_000)").fetchall()
        os._exit(len(started))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
