"""DuckDB as readers of the lake have it: in memory, and empty but for views of the lake's files."""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import duckdb

from cxreports.visitor import PORTAL_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Nine threads that wait took 5 MB of each page, whose questions are too small to be shared out. What it has
# read it keeps as rows, so DuckDB need not keep the bytes of the files too.
_OF_A_PAGE: Final[Mapping[str, str | bool | int]] = {
    "threads": 1,
    "async_threads": 0,
    "enable_external_file_cache": False,
}

_numbers: Final[Iterator[int]] = itertools.count()
_ahead: list[duckdb.DuckDBPyConnection] = []
_of_process: dict[tuple[int, bool], duckdb.DuckDBPyConnection] = {}
"""By the process, since one that was inherited has lost its threads, and by whether it is a page's."""


def start_ahead() -> None:
    """Start a page's DuckDB in the process that pages are forked from: they share its catalogue, 6 MB.

    It has no thread, so it survives a fork, as no other engine does.
    """
    _ahead.append(_started(_OF_A_PAGE))


def readers() -> duckdb.DuckDBPyConnection:
    """DuckDB for the readers of a store: the same for all of a process, since to start one takes 20 ms.

    In a page's process it is the one that was started ahead, if any was.
    """
    if _ahead:
        return _ahead[0].cursor()
    is_page = PORTAL_VARIABLE in os.environ
    whose = os.getpid(), is_page
    running = _of_process.get(whose)
    if running is None or not _answers(running):
        running = _of_process[whose] = _started(_OF_A_PAGE if is_page else {})
    return running.cursor()


def forget_schema(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Drop the views of a snapshot that nobody holds any more."""
    with suppress(duckdb.Error):  # where DuckDB has failed there is nothing left of them
        connection.cursor().execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def _answers(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether it does: after a failure of its own DuckDB refuses every question."""
    try:
        return connection.cursor().execute("SELECT 1").fetchone() is not None
    except duckdb.Error:
        return False


def new_schema(version: int) -> str:
    """Name that no other schema of this process has."""
    return f"version_{version}_{next(_numbers)}"


def _started(config: Mapping[str, str | bool | int]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={**config})
    connection.execute("SET GLOBAL TimeZone = 'UTC'; SET GLOBAL parquet_metadata_cache = true")
    return connection
