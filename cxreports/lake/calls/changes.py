"""What records change in ``cdr`` or ``leg``, written: files to add, and files that they replace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cxreports.lake.calls.loads import OPERATION
from cxreports.lake.calls.members import holding
from cxreports.lake.parquet import frames
from cxreports.lake.parquet.lots import days_of, files_at, write_held, write_lots

if TYPE_CHECKING:
    import duckdb

    from cxreports.lake.calls.arrival import Arrived
    from cxreports.lake.calls.members import Settled
    from cxreports.lake.log import DataFile
    from cxreports.lake.progress import OnShare
    from cxreports.lake.table import Table


def write_arrived(
    connection: duckdb.DuckDBPyConnection, table: Table, arrived: Arrived, on_share: OnShare | None = None
) -> tuple[list[DataFile], list[DataFile]]:
    """Write what records that arrive change in ``cdr``; give files to add and files that they replace."""
    if arrived.calls is not None:
        return write_settled(connection, arrived.calls, arrived.rows, arrived.held, on_share)
    if arrived.held is not None:
        return write_held(table, arrived.held, on_share), []
    return write_lots(connection, table, arrived.rows, on_share), []


def write_settled(
    connection: duckdb.DuckDBPyConnection,
    settled: Settled,
    more: str | None = None,
    held: pl.DataFrame | None = None,
    on_share: OnShare | None = None,
) -> tuple[list[DataFile], list[DataFile]]:
    """Write what changes in a table; give files to add and files that they replace.

    Parameters
    ----------
    more
        Further rows to add, as what follows FROM.
    held
        The same, if they are in memory.
    """
    table, names = settled.table, ", ".join(settled.table.shape.names)
    gone = [(day.first, day.last) for day in days_of(connection, settled.gone)]
    files = files_at(table.contents(), table.shape, gone)
    replaced = holding(connection, table, files, settled.gone, settled.using)
    parts = [f"SELECT {names} FROM {settled.add}"]
    in_memory = held is not None and sum(each.rows for each in replaced) <= frames.MOST_IN_MEMORY
    if more and not in_memory:
        parts.append(f"SELECT {names} FROM {more}")
    if replaced:
        kept = f"{table.rows(replaced)} AS kept ANTI JOIN {settled.gone} AS gone USING ({settled.using})"
        parts.append(f"SELECT {names} FROM {kept}")
    rows = f"({' UNION ALL BY NAME '.join(f'({part})' for part in parts)})"
    if held is None or not in_memory:
        return write_lots(connection, table, rows, on_share), replaced
    every = pl.concat([held, frames.fetched(connection, table, rows)], how="diagonal")
    return write_held(table, every, on_share), replaced


def commit_legs(
    connection: duckdb.DuckDBPyConnection, table: Table, legs: Settled | None, operation: int
) -> None:
    """Commit what changes in ``leg``, if anything does, in the name of a load or unload that follows."""
    add, remove = write_settled(connection, legs) if legs else ([], [])
    if add or remove:
        table.commit(add=add, remove=remove, note={OPERATION: str(operation)})
