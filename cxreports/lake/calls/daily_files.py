"""Files of many days written at once, where each day has few rows.

DuckDB parts the rows itself, in one statement; a statement for each day would be planned, and would scan the
rows, a thousand times for a file of three years.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from cxreports.lake.log import DataFile, written_bounds
from cxreports.lake.proof.seal import sealed
from cxreports.lake.table import PARQUET
from cxreports.sql import literal

if TYPE_CHECKING:
    import duckdb

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
