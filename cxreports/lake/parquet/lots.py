"""Lots: the days that share a file.

A file of calls holds one day, or several days of a year that have few calls together; a file of hourly sums
or minutes of channels one month, or several that have few rows together. What is spread over years takes few
files so, while a day or month that is large is read by itself.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

import polars as pl

from cxreports.clock import DAY_US, microseconds, time
from cxreports.lake.parquet import frames
from cxreports.sql import instant_sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    import duckdb

    from cxreports.lake.log import Contents, DataFile, TableShape
    from cxreports.lake.progress import OnShare
    from cxreports.lake.table import Table

MOST_ROWS: Final = 16_384
"""Rows of a file that holds several days or months: whoever asks for one of them reads the others' too."""

MOST_APART: Final = 7
"""Days from one that has rows to the next in a file: all between its first and last day count as changed."""


@dataclass(frozen=True)
class Day:
    """Rows of one UTC day.

    Attributes
    ----------
    first, last
        Earliest and latest time, microseconds since 1970.
    rows
        How many.
    """

    first: int
    last: int
    rows: int

    @property
    def number(self) -> int:
        """Days since 1970."""
        return self.first // DAY_US


def days_of(connection: duckdb.DuckDBPyConnection, rows: str, time: str = "call_time") -> list[Day]:
    """Days of some rows, ascending; `rows` is what follows FROM."""
    found = connection.execute(
        f"SELECT epoch_us(min({time})), epoch_us(max({time})), count(*) "
        f"FROM {rows} AS rows GROUP BY epoch_us({time}) // {DAY_US} ORDER BY 1"
    )
    return [Day(*each) for each in found.fetchall()]


def days_in(rows: pl.DataFrame, time: str = "call_time") -> list[Day]:
    """Days of rows in memory, ascending."""
    times = pl.DataFrame({"time": frames.whole_numbers(rows[time])})
    day, time_us = (pl.col("time") // DAY_US).alias("day"), pl.col("time")
    found = times.group_by(day).agg(time_us.min().alias("first"), time_us.max().alias("last"), pl.len())
    return [Day(first, last, count) for _, first, last, count in found.sort("day").iter_rows()]


def lots(days: Iterable[Day], shape: TableShape) -> Iterator[list[Day]]:
    """Part days, ascending, into those that share a file."""
    lot: list[Day] = []
    held = 0
    for _, unit in groupby(days, key=lambda day: shape.unit_of(day.number)):
        own = list(unit)
        rows = sum(day.rows for day in own)
        if lot and (held + rows > MOST_ROWS or _are_apart(shape, lot[-1], own[0])):
            yield lot
            lot, held = [], 0
        lot += own
        held += rows
    if lot:
        yield lot


def write_lots(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    rows: str,
    on_share: OnShare | None = None,
    days: Sequence[Day] | None = None,
) -> list[DataFile]:
    """Write rows as files of their lots; they count once they are committed.

    Lots are written in memory, as many at once as fit; a day that does not is DuckDB's, which can spill.

    Parameters
    ----------
    rows
        What follows FROM; it has the columns of a table that is parted by a time.
    days
        Their days, where they are known: to find them reads all rows.
    """
    days = days_of(connection, rows, table.shape.time) if days is None else days
    parted = list(lots(days, table.shape))
    written: list[DataFile] = []
    done = 0
    for fits, batch in frames.batches(parted, [sum(day.rows for day in lot) for lot in parted]):
        if on_share:
            on_share(done / len(parted))
        first, last = batch[0][0].first, batch[-1][-1].last
        span = f"{table.shape.time} BETWEEN {instant_sql(first)} AND {instant_sql(last)}"
        part = f"(FROM {rows} AS rows WHERE {span})" if len(parted) > 1 else rows
        if fits:
            begins = [lot[0].number for lot in batch]
            written += frames.write_dated(table, frames.fetched(connection, table, part), begins)
        else:
            written += table.write(connection, part, table.shape.partition_of(first))
        done += len(batch)
    return written


def write_held(
    table: Table, rows: pl.DataFrame, on_share: OnShare | None = None, *, is_ordered: bool = False
) -> list[DataFile]:
    """Write rows in memory as files of their lots; they count once they are committed.

    Parameters
    ----------
    rows
        They have columns of a table that is parted by a time; those that they lack are null.
    is_ordered
        Whether they are in the table's order already.
    """
    parted = list(lots(days_in(rows, table.shape.time), table.shape))
    if is_ordered and len(parted) == 1:
        return frames.write_frame(table, rows, table.shape.partition_of(parted[0][0].first))
    return frames.write_dated(table, rows, [lot[0].number for lot in parted], on_share)


def files_at(contents: Contents, shape: TableShape, spans: Sequence[tuple[int, int]]) -> list[DataFile]:
    """Files that may hold rows of any of some spans of time.

    Parameters
    ----------
    spans
        First and last instant of each, microseconds since 1970; ascending and apart.
    """
    if not spans:
        return []
    firsts = [first for first, _ in spans]
    found = []
    for each in contents.between(shape, spans[0][0], spans[-1][1]):
        low, high = ends(each, shape)
        nearest = bisect_right(firsts, high) - 1
        if nearest >= 0 and spans[nearest][1] >= low:
            found.append(each)
    return found


def on_days(table: Table, days: Collection[int]) -> str:
    """SQL of the rows of a table on some days, given as days since 1970."""
    ordered = sorted(days)
    spans = [(day * DAY_US, (day + 1) * DAY_US - 1) for day in ordered]
    files = files_at(table.contents(), table.shape, spans)
    listed = ", ".join(map(str, ordered))
    return f"(FROM {table.rows(files)} AS rows WHERE epoch_us(call_time) // {DAY_US} IN ({listed}))"


def rows_by_day(files: Iterable[DataFile], shape: TableShape) -> dict[int, float]:
    """Rows that files have by day since 1970, as if those of a file were spread evenly."""
    rows: dict[int, float] = {}
    for each in files:
        first, last = span_of(each, shape)
        for day in range(first, last + 1):
            rows[day] = rows.get(day, 0) + each.rows / (last + 1 - first)
    return rows


def span_of(file: DataFile, shape: TableShape) -> tuple[int, int]:
    """First and last day, since 1970, of a file's rows."""
    low, high = ends(file, shape)
    return low // DAY_US, high // DAY_US


def ends(file: DataFile, shape: TableShape) -> tuple[int, int]:
    """First and last instant of a file's rows; where nothing is known of them, that of its partition."""
    if shape.time in file.bounds:
        low, high = file.bounds[shape.time]
        return int(low), int(high)
    begin = microseconds(time(file.partition))
    return begin, begin


def _are_apart(shape: TableShape, day: Day, after: Day) -> bool:
    return after.number - day.number > MOST_APART or shape.is_parted(day.number, after.number)
