"""Views: what readers see of the tables' files, sums added up and revisions settled."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import TYPE_CHECKING

from cxreports.lake.rollup import key_of, merged_sql
from cxreports.lake.shapes import CHANNELS, DAILY, HOURLY, VOID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import duckdb

    from cxreports.lake.log import Bound, Contents, DataFile
    from cxreports.lake.table import Table


class Views:
    """The views of a snapshot in a connection, made when they are first asked for.

    Parameters
    ----------
    connection
        Session in UTC, in a schema of its own.
    made
        Gives the SQL that makes them.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, made: Callable[[], str]) -> None:
        self.bare = connection
        self._made = made
        self._lock = threading.Lock()
        self._are_there = False

    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection, with its views."""
        with self._lock:
            if not self._are_there:
                self.bare.execute(self._made())
                self._are_there = True
        return self.bare


def views_sql(tables: Mapping[str, Table], contents: Mapping[str, Contents]) -> str:
    """SQL that makes the views of all tables."""
    return "; ".join(
        f"CREATE VIEW {name} AS FROM {view_sql(name, tables[name], own)}" for name, own in contents.items()
    )


def view_sql(name: str, table: Table, contents: Contents) -> str:
    """SQL of what readers see of a table."""
    files: Sequence[DataFile] = list(contents.files.values())
    if name in {HOURLY.name, DAILY.name}:
        sums = merged_sql(table.rows(files), key_of(table.shape))
        return f"(SELECT *, {table.shape.shown_sql} AS {table.shape.seen.name} FROM {sums} AS sums)"
    rows = table.rows(files, partition=True)
    return latest_sql(rows, files) if name == CHANNELS.name else rows


def latest_sql(rows: str, files: Sequence[DataFile]) -> str:
    """SQL of the latest revision of each customer's minutes."""
    month = f"{CHANNELS.shown_sql} AS month"
    if not _overlap([each.bounds["minute"] for each in files]):
        return (
            f"(SELECT customer, minute, channels, peak, area_us, {month} FROM {rows} AS rows "
            f"WHERE channels <> {VOID})"
        )
    latest = ", ".join(f"arg_max({each}, revision) AS {each}" for each in ("channels", "peak", "area_us"))
    return (
        f"(SELECT customer, minute, {latest}, {month} FROM {rows} AS rows GROUP BY customer, minute "
        f"HAVING arg_max(channels, revision) <> {VOID})"
    )


def _overlap(ranges: Sequence[tuple[Bound, Bound]]) -> bool:
    """Whether any of the ranges, both ends included, have something in common."""
    ordered = sorted(ranges)
    return any(after[0] <= before[1] for before, after in pairwise(ordered))  # type: ignore[operator]
