"""Rows in memory, written as Parquet files of a table.

polars writes a day of a few thousand calls in half the processor time that a COPY of DuckDB takes, which
plans each statement and sorts whole rows; rows that need not fit in memory are for `Table.write`.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cxreports.clock import DAY_US
from cxreports.lake.log import DataFile
from cxreports.lake.proof.seal import seal_of
from cxreports.lake.table import day_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb

    from cxreports.clock import Instants
    from cxreports.lake.log import Bound, TableShape
    from cxreports.lake.table import Table

_PARQUET: Final[Mapping[str, Any]] = {"compression": "zstd", "compression_level": 1, "statistics": True}

_TYPES: Final[Mapping[str, pl.DataType]] = {
    "VARCHAR": pl.String(),
    "TIMESTAMPTZ": pl.Datetime("us", "UTC"),
    "BOOLEAN": pl.Boolean(),
    "TINYINT": pl.Int8(),
    "SMALLINT": pl.Int16(),
    "INTEGER": pl.Int32(),
    "BIGINT": pl.Int64(),
}

_LARGEST: Final = 2**62
"""Up to it a number stands for day, customer and time of a row; where none does, rows are compared."""

MOST_IN_MEMORY: Final = 250_000
"""Rows that are sorted and written in memory, some hundred megabytes of calls."""


def fetched(connection: duckdb.DuckDBPyConnection, table: Table, rows: str, order: str = "") -> pl.DataFrame:
    """Rows of a table as a frame in one piece.

    Parameters
    ----------
    rows
        What follows FROM; it has the table's columns.
    order
        What follows ORDER BY; in no order by default.
    """
    ordered = f" ORDER BY {order}" if order else ""
    query = f"SELECT {', '.join(table.shape.names)} FROM {rows}{ordered}"
    found = pl.DataFrame(connection.sql(query).to_arrow_table())
    return found.rechunk().cast(pl.Schema(polars_types(table.shape)))


def write_frame(table: Table, rows: pl.DataFrame, partition: str) -> list[DataFile]:
    """Write rows, in the table's order already, as `Table.write` does: a file of a partition, or none."""
    if rows.is_empty():
        return []
    written = io.BytesIO()
    rows.write_parquet(written, row_group_size=table.shape.group, **_PARQUET)
    contents = written.getbuffer()
    target = table.new_path(partition)
    target = target.with_stem(f"{target.stem}-{seal_of(contents)}")
    target.write_bytes(contents)
    path = target.relative_to(table.folder).as_posix()
    return [DataFile(path, partition, rows.height, len(contents), _bounds(rows, table.shape))]


def write_days(table: Table, rows: pl.DataFrame) -> list[DataFile]:
    """Write rows as files of their UTC days, each in the table's order: by customer and call time.

    Parameters
    ----------
    rows
        They have the columns of a table that is parted by the day of ``call_time``, in any order.
    """
    return [file for day, part in _by_day(rows) for file in write_frame(table, part, day_of(day * DAY_US))]


def polars_types(shape: TableShape) -> dict[str, pl.DataType]:
    """Types of a table's columns in a frame."""
    return {each.name: _polars_type(each.sql_type) for each in shape.columns}


def _polars_type(sql_type: str) -> pl.DataType:
    if sql_type.startswith("DECIMAL"):
        precision, scale = map(int, sql_type.removeprefix("DECIMAL(").removesuffix(")").split(","))
        return pl.Decimal(precision, scale)
    return _TYPES[sql_type]


def _by_day(rows: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    """Each day's number and rows."""
    times = _whole_numbers(rows["call_time"])
    if not len(times):
        return
    days = times // DAY_US
    order = _ordered(rows["customer"], times, days)
    ordered, days = rows[pl.Series(order.astype(np.uint32))], days[order]
    begins = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist()]
    for begin, end in zip(begins, [*begins[1:], len(days)], strict=True):
        yield int(days[begin]), ordered.slice(begin, end - begin)


def _ordered(customers: pl.Series, times: Instants, days: Instants) -> Instants:
    """Places of rows by day, customer and time: as one integer each they sort many times quicker."""
    names = customers.unique().sort()
    owner = customers.cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
    first, width = int(days.min()), len(names) * DAY_US
    if (int(days.max()) - first + 1) * width >= _LARGEST:
        return np.lexsort((times, owner, days))
    return np.argsort((days - first) * width + owner * DAY_US + (times - days * DAY_US), kind="stable")


def _bounds(rows: pl.DataFrame, shape: TableShape) -> dict[str, tuple[Bound, Bound]]:
    """Least and greatest values of the bounded columns that have any; texts are what rows are sorted by."""
    bounds: dict[str, tuple[Bound, Bound]] = {}
    for name in shape.bounded:
        values = rows[name]
        if name == shape.order[0]:
            bounds[name] = values[0], values[-1]
            continue
        known = _whole_numbers(values.drop_nulls() if values.null_count() else values)
        if len(known):
            bounds[name] = int(known.min()), int(known.max())
    return bounds


def _whole_numbers(values: pl.Series) -> Instants:
    """Int64 of values without a null; of times microseconds since 1970."""
    # Not to_physical: through an expression each such step takes a millisecond.
    return values.to_numpy().view(np.int64)
