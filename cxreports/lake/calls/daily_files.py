"""Files of many days written at once, where each day has few rows.

DuckDB parts the rows itself, in one statement; a statement for each day would be planned, and would scan the
rows, a thousand times for a file of three years.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from cxreports.clock import DAY_US
from cxreports.lake.log import DataFile, written_bounds
from cxreports.lake.proof.seal import sealed
from cxreports.lake.table import PARQUET, instant_sql
from cxreports.sql import literal

if TYPE_CHECKING:
    import duckdb

    from cxreports.lake.calls.arrival import Arrival, Arrived
    from cxreports.lake.progress import OnShare
    from cxreports.lake.table import Table

FEWEST_DAYS: Final = 4
"""With fewer days each is written by itself."""

MOST_A_DAY: Final = 2_000
"""Rows of a day, on average, that are parted; with more each day is written by itself, in its order."""


def write_days(table: Table, connection: duckdb.DuckDBPyConnection, rows: str) -> list[DataFile]:
    """Write rows as Parquet files of their UTC days; they count once they are committed.

    Parameters
    ----------
    rows
        What follows FROM; it has the columns of a table that is parted by the day of ``call_time``.
    """
    partition = table.shape.partition.name
    names = ", ".join(table.shape.names)
    order = ", ".join([partition, *table.shape.order])
    found = connection.execute(
        f"COPY (SELECT {names}, CAST(call_time AS DATE) AS {partition} FROM {rows} ORDER BY {order}) "
        f"TO {literal(table.folder)} ({PARQUET}, ROW_GROUP_SIZE {table.shape.group}, "
        f"PARTITION_BY ({partition}), FILENAME_PATTERN 'part-{{uuid}}', APPEND, RETURN_STATS)"
    ).fetchall()
    return [
        DataFile(
            sealed(Path(path)).relative_to(table.folder).as_posix(),
            day[partition],
            count,
            size,
            written_bounds(table.shape, bounds),
        )
        for path, count, size, _footer, bounds, day, *_rest in found
    ]


def write_changed_days(
    table: Table, arrival: Arrival, arrived: Arrived, on_share: OnShare | None = None
) -> tuple[list[DataFile], list[DataFile]]:
    """Write the days of ``cdr`` that records change; give files to add and files that they replace."""
    connection = arrival.connection
    own = {day.number: day for day in arrival.days(arrived.rows)}
    own_rows = sum(day.rows for day in own.values())
    changed = set(arrived.calls.days(connection)) if arrived.calls else set()
    days = sorted(changed | set(own))
    add: list[DataFile] = []
    remove: list[DataFile] = []
    plain = [number for number in days if number not in changed]
    if len(plain) >= FEWEST_DAYS and own_rows <= MOST_A_DAY * len(plain):
        rows = arrived.rows
        if changed:
            listed = ", ".join(map(str, changed))
            rows = f"(FROM {rows} WHERE epoch_us(call_time) // {DAY_US} NOT IN ({listed}))"
        add += write_days(table, connection, rows)
        days = [number for number in days if number in changed]
    for nth, number in enumerate(days):
        if on_share:
            on_share(nth / len(days))
        rows = arrived.rows
        if len(own) > 1 and number in own:
            day = own[number]
            span = f"call_time BETWEEN {instant_sql(day.first)} AND {instant_sql(day.last)}"
            rows = f"(FROM {rows} WHERE {span})"
        if number not in changed or arrived.calls is None:
            add += table.write(connection, rows, own[number].name)
            continue
        names = ", ".join(table.shape.names)
        more = f"SELECT {names} FROM {rows}" if number in own else ""
        written, replaced = arrived.calls.write(connection, number, more)
        add, remove = add + written, remove + replaced
    return add, remove
