"""Compaction: many small files of a partition become one, and readers notice nothing.

Files of like size are merged when eight of them have come together, so every row is written
again once for each eightfold growth of its partition: a load pays a little for it now and
then, never for all that is there. Files come together that share a day of calls or a month of sums, or that
are small enough to share a file (`lots`). The old files stay for readers of older versions until `vacuum`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cxreports.clock import DAY_US
from cxreports.lake.derive import commit_head
from cxreports.lake.kept.touched import NOBODY
from cxreports.lake.parquet.lots import MOST_APART, MOST_ROWS, Day, ends, span_of, write_lots
from cxreports.lake.rollup import CODES, key_of, merged_sql
from cxreports.lake.shapes import CHANNELS, DAILY, HOURLY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from cxreports.lake.head import Tables
    from cxreports.lake.log import DataFile
    from cxreports.lake.table import Table

_TOGETHER: Final = 8
"""Files of like size in a partition that are merged into one."""

_SUMS: Final = frozenset({HOURLY.name, DAILY.name})


def compact(connection: duckdb.DuckDBPyConnection, tables: Tables, *, everything: bool = False) -> int:
    """Merge small files, or with `everything` all files of each partition; give how many files went.

    Commits of which there are many move out of the logs (`cxreports.lake.past.archive`).

    The lake's lock is held, and the derived tables are up to date.
    """
    below = (tables.cdr, tables.reject, tables.leg, tables.loads, tables.hourly, tables.daily)
    merged = sum(_compact(connection, table, everything=everything) for table in below)
    groups = list(_groups(tables.channels, everything=everything))
    if merged or groups:
        add = [file for group in groups for file in _merged(connection, tables.channels, group)]
        remove = [each for group in groups for each in group]
        commit_head(tables, add=add, remove=remove, note=NOBODY, new_data=False)
        merged += len(remove)
    for table in tables.by_name.values():
        table.archive()
    return merged


def _compact(connection: duckdb.DuckDBPyConnection, table: Table, *, everything: bool) -> int:
    groups = list(_groups(table, everything=everything))
    if groups:
        add = [file for group in groups for file in _merged(connection, table, group)]
        remove = [each for group in groups for each in group]
        entry = table.entry(table.latest()) if table.shape.name in _SUMS else None
        table.commit(
            add=add,
            remove=remove,
            transactions=entry.transactions if entry else {},
            note={CODES: entry.note.get(CODES, "")} if entry else {},
            new_data=False,
        )
    return sum(len(group) for group in groups)


def _groups(table: Table, *, everything: bool) -> Iterator[Sequence[DataFile]]:
    """Files that shall be written together, partition by partition."""
    least = 2 if everything else _TOGETHER
    for files in table.contents().by_partition.values():
        of_size: dict[int, list[DataFile]] = {}
        for each in files:
            size = 0 if everything else max(each.rows, 1).bit_length() // 3
            of_size.setdefault(size, []).append(each)
        for alike in of_size.values():
            close = _close(table, alike) if table.shape.shown else [alike]
            yield from (each for each in close if len(each) >= least)


def _close(table: Table, files: Sequence[DataFile]) -> Iterator[list[DataFile]]:
    """Part files: those of a part share a day or month with one before, or all of them can share a file."""
    group: list[DataFile] = []
    until, rows = 0, 0
    for first, last, file in sorted(((*span_of(each, table.shape), each) for each in files), key=_begin):
        is_apart = group and table.shape.unit_of(first) > table.shape.unit_of(until)
        if is_apart and (rows + file.rows > MOST_ROWS or first - until > MOST_APART):
            yield group
            group, rows = [], 0
        until = max(until, last) if group else last
        group.append(file)
        rows += file.rows
    if group:
        yield group


def _begin(spanned: tuple[int, int, DataFile]) -> tuple[int, int]:
    return spanned[:2]


def _one_day(table: Table, files: Sequence[DataFile]) -> list[Day] | None:
    """The rows of files as if they were of one day, where they share a file whatever their days are."""
    sides = [side for each in files for side in ends(each, table.shape)]
    first, last = min(sides), max(sides)
    if table.shape.unit_of(first // DAY_US) != table.shape.unit_of(last // DAY_US):
        return None
    return [Day(first, last, sum(each.rows for each in files))]


def _merged(connection: duckdb.DuckDBPyConnection, table: Table, files: Sequence[DataFile]) -> list[DataFile]:
    rows = table.rows(files)
    if table.shape.name in _SUMS:
        rows = merged_sql(rows, key_of(table.shape))
    if table.shape.name == CHANNELS.name:
        nth = "row_number() OVER (PARTITION BY customer, minute ORDER BY revision DESC)"
        rows = f"(FROM {rows} AS rows QUALIFY {nth} = 1)"
    if table.shape.shown:
        return write_lots(connection, table, rows, days=_one_day(table, files))
    return table.write(connection, rows, files[0].partition)
