"""Rows in memory, written as Parquet files of a table.

polars writes a day of a few thousand calls in half the processor time that a COPY of DuckDB takes, which
plans each statement and sorts whole rows; rows that need not fit in memory are for `Table.write`.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import polars as pl

from cxreports.clock import DAY_US
from cxreports.lake.log import DataFile
from cxreports.lake.proof.seal import seal_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

    from cxreports.clock import Instants
    from cxreports.lake.log import Bound, TableShape
    from cxreports.lake.progress import OnShare
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
"""Up to it a number stands for lot, customer and time of a row; where none does, rows are compared."""

_Part = TypeVar("_Part")

_GATHERED: Final = 16_384
"""Rows that are brought into their order at once: to do it for each small lot takes as long as writing it."""

MOST_IN_MEMORY: Final = 250_000
"""Rows that are sorted and written in memory, some hundred megabytes of calls."""


def fetched(connection: duckdb.DuckDBPyConnection, table: Table, rows: str) -> pl.DataFrame:
    """Rows of a table as a frame in one piece, in no order.

    Parameters
    ----------
    rows
        What follows FROM; it has the table's columns.
    """
    query = f"SELECT {', '.join(table.shape.names)} FROM {rows}"
    found = pl.DataFrame(connection.sql(query).to_arrow_table())
    return found.rechunk().cast(pl.Schema(polars_types(table.shape)))


def batches(
    parts: Sequence[_Part], rows: Sequence[int], most: int | None = None
) -> Iterator[tuple[bool, list[_Part]]]:
    """Part consecutive parts into those that fit together, or one that does not.

    Parameters
    ----------
    rows
        How many each part has.
    most
        Rows that fit; by default as many as are sorted and written in memory.

    Yields
    ------
    bool, list
        Whether they fit, and the parts.
    """
    most = MOST_IN_MEMORY if most is None else most
    batch: list[_Part] = []
    held = 0
    for part, more in zip(parts, rows, strict=True):
        if batch and held + more > most:
            yield held <= most, batch
            batch, held = [], 0
        batch.append(part)
        held += more
    if batch:
        yield held <= most, batch


def write_frame(table: Table, rows: pl.DataFrame, partition: str) -> list[DataFile]:
    """Write rows, in the table's order already, as `Table.write` does: a file of a partition, or none.

    Columns of the table that they lack are null.
    """
    return [] if rows.is_empty() else _written(table, [(partition, _whole(table.shape, rows))])


def write_dated(
    table: Table, rows: pl.DataFrame, begins: Sequence[int], on_share: OnShare | None = None
) -> list[DataFile]:
    """Write rows as a file for each lot of days, each in the table's order: by customer and time.

    Parameters
    ----------
    rows
        They have columns of a table that is parted by a time, in any order; those that they lack are null.
    begins
        First day of each lot, days since 1970, ascending; none is after all rows.
    """
    if rows.is_empty():
        return []
    times = whole_numbers(rows[table.shape.time])
    lots = np.searchsorted(np.array(begins) * DAY_US, times, "right") - 1
    order = pl.Series(_ordered(rows["customer"], times, lots).astype(np.uint32))
    rows = rows.select(name for name in table.shape.names if name in rows.columns)
    sizes = np.bincount(lots, minlength=len(begins)).tolist()
    taken = [(day, size) for day, size in zip(begins, sizes, strict=True) if size]
    written: list[DataFile] = []
    first = 0
    for _, batch in batches(taken, [size for _, size in taken], _GATHERED):
        if on_share:
            on_share(first / len(order))
        count = sum(size for _, size in batch)
        held = _whole(table.shape, rows[order[first : first + count]])
        offsets = np.cumsum([0, *(size for _, size in batch)]).tolist()
        parts = [
            (table.shape.partition_of(day * DAY_US), held.slice(offset, size))
            for (day, size), offset in zip(batch, offsets, strict=False)
        ]
        written += _written(table, parts)
        first += count
    return written


def _whole(shape: TableShape, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with all columns of a table; those that they lack are null."""
    return rows.select(
        pl.col(name) if name in rows.columns else pl.lit(None, kind).alias(name)
        for name, kind in polars_types(shape).items()
    )


def _written(table: Table, parts: Sequence[tuple[str, pl.DataFrame]]) -> list[DataFile]:
    """Write whole rows of some partitions, each as a file."""
    buffers = [io.BytesIO() for _ in parts]
    # Small files together take two thirds of the time that each by itself takes.
    pl.collect_all(
        rows.lazy().sink_parquet(buffer, row_group_size=table.shape.group, lazy=True, **_PARQUET)
        for (_, rows), buffer in zip(parts, buffers, strict=True)
    )
    files = []
    for (partition, rows), buffer in zip(parts, buffers, strict=True):
        contents = buffer.getbuffer()
        target = table.new_path(partition)
        target = target.with_stem(f"{target.stem}-{seal_of(contents)}")
        target.write_bytes(contents)
        path = target.relative_to(table.folder).as_posix()
        nulls = {name: rows[name].null_count() for name in table.shape.bounded}
        bounds = _bounds(rows, table.shape)
        files.append(DataFile(path, partition, rows.height, len(contents), bounds, nulls))
    return files


def polars_types(shape: TableShape) -> dict[str, pl.DataType]:
    """Types of a table's columns in a frame."""
    return {each.name: _polars_type(each.sql_type) for each in shape.columns}


def _polars_type(sql_type: str) -> pl.DataType:
    if sql_type.startswith("DECIMAL"):
        precision, scale = map(int, sql_type.removeprefix("DECIMAL(").removesuffix(")").split(","))
        return pl.Decimal(precision, scale)
    return _TYPES[sql_type]


def _ordered(customers: pl.Series, times: Instants, lots: Instants) -> Instants:
    """Places of rows by lot, customer and time: as one integer each they sort many times quicker."""
    names = customers.unique().sort()
    owner = customers.cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
    base = int(times.min())
    width = int(times.max()) - base + 1
    if (int(lots.max()) + 1) * len(names) * width >= _LARGEST:
        return np.lexsort((times, owner, lots))
    return np.argsort((lots * len(names) + owner) * width + (times - base), kind="stable")


def _bounds(rows: pl.DataFrame, shape: TableShape) -> dict[str, tuple[Bound, Bound]]:
    """Least and greatest values of the bounded columns that have any; texts are what rows are sorted by."""
    bounds: dict[str, tuple[Bound, Bound]] = {}
    for name in shape.bounded:
        if name not in rows.columns:
            continue
        values = rows[name]
        if name == shape.order[0]:
            bounds[name] = values[0], values[-1]
            continue
        known = whole_numbers(values.drop_nulls() if values.null_count() else values)
        if len(known):
            bounds[name] = int(known.min()), int(known.max())
    return bounds


def whole_numbers(values: pl.Series) -> Instants:
    """Int64 of values without a null; of times microseconds since 1970."""
    # Not to_physical: through an expression each such step takes a millisecond.
    return values.to_numpy().view(np.int64)
