"""Rolling calls up to sums per customer, hour or day, and currency.

The sums are additive, so new calls add rows and touch none: they cost by what is new.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from cxreports.clock import DAY_US, HOUR_US, microseconds, time
from cxreports.lake.parquet import frames
from cxreports.lake.parquet.lots import days_of, on_days
from cxreports.lake.shapes import HOURLY
from cxreports.lake.table import instant_sql
from cxreports.metrics import SUMS, added_sums_sql, sums_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

    from cxreports.lake.log import Changes, DataFile, TableShape
    from cxreports.lake.table import Table

CODES: Final = "user_side_codes"
"""Application id under which a commit records the code set that its sums were built with."""


def hourly_sql(calls: str, user_side_codes: Iterable[int]) -> str:
    """SQL that rolls calls up to the columns of ``hourly``.

    Parameters
    ----------
    calls
        What follows FROM: rows of ``cdr``.
    user_side_codes
        SIP codes that count as user-side endings.
    """
    # In whole numbers: date_trunc goes by way of the calendar of the session's zone, three times as long.
    hour = f"epoch_us(call_time) // {HOUR_US}"
    return (
        f"SELECT customer, make_timestamptz({hour} * {HOUR_US}) AS hour, currency, "
        f"{sums_sql(user_side_codes)}, MIN(call_time) AS first_call, MAX(call_time) AS last_call "
        f"FROM {calls} AS calls GROUP BY customer, {hour}, currency"
    )


def merged_sql(rows: str, columns: str) -> str:
    """SQL that adds up rows of sums with the same key."""
    return (
        f"(SELECT {columns}, {added_sums_sql()}, MIN(first_call) AS first_call, MAX(last_call) AS last_call "
        f"FROM {rows} AS rows GROUP BY {columns})"
    )


def definition(user_side_codes: Iterable[int]) -> int:
    """A number that stands for a code set and the stored sums."""
    text = ",".join(str(code) for code in sorted(set(user_side_codes)))
    return zlib.crc32(f"{text};{','.join(each.name for each in SUMS)}".encode())


def key_of(shape: TableShape) -> str:
    """Columns that a row of sums is of."""
    return ", ".join((*shape.order, "currency"))


def roll_up(
    connection: duckdb.DuckDBPyConnection, calls: str, tables: Iterable[Table], user_side_codes: Iterable[int]
) -> list[list[DataFile]]:
    """Write the sums of calls into tables of them, a file per partition; they count once committed.

    Parameters
    ----------
    calls
        What follows FROM: rows of ``cdr``.
    tables
        ``hourly``, ``daily`` or both.

    Returns
    -------
    list of list of DataFile
        What was written, by table.
    """
    days = _rolled(connection, calls, user_side_codes)
    written = [_written(connection, table, days, {}, {}) for table in tables]
    connection.execute("DROP TABLE new_hours")
    return written


def sum_up(
    connection: duckdb.DuckDBPyConnection,
    cdr: Table,
    tables: Iterable[Table],
    changes: Changes,
    user_side_codes: Iterable[int],
) -> list[tuple[list[DataFile], list[DataFile]]]:
    """Write what changes of calls do to the tables of sums.

    Days that only gained calls gain sums. Days of files that went are added up anew, and the files that hold
    their sums are written again without them.

    Returns
    -------
    list of (list of DataFile, list of DataFile)
        What was written and what it replaces, by table.
    """
    calls, anew = cdr.rows(changes.added), set[int]()
    if changes.removed:
        anew = {day.number for day in days_of(connection, cdr.rows(changes.removed))}
        others = f"epoch_us(call_time) // {DAY_US} NOT IN ({_listed(anew)})"
        calls = f"(FROM {calls} AS added WHERE {others} UNION ALL BY NAME FROM {on_days(cdr, anew)})"
    rolled = _rolled(connection, calls, user_side_codes)
    fresh = {day * DAY_US for day in anew}
    days = {day: rolled.get(day, 0) for day in sorted(fresh | set(rolled))}
    revised = []
    for table in tables:
        replaced = {
            partition: [
                each
                for each in table.contents().by_partition.get(partition, ())
                if any(each.may_hold(table.shape.time, day, day + DAY_US - 1) for day in fresh)
            ]
            for partition in {table.shape.partition_of(day) for day in fresh}
        }
        kept = {
            partition: f"(FROM {table.rows(old)} AS old WHERE epoch_us({table.shape.time}) // {DAY_US} "
            f"NOT IN ({_listed(anew)}))"
            for partition, old in replaced.items()
        }
        held = {partition: sum(each.rows for each in old) for partition, old in replaced.items()}
        written = _written(connection, table, days, kept, held)
        revised.append((written, [each for old in replaced.values() for each in old]))
    connection.execute("DROP TABLE new_hours")
    return revised


def _rolled(
    connection: duckdb.DuckDBPyConnection, calls: str, user_side_codes: Iterable[int]
) -> dict[int, int]:
    """Roll calls up into ``new_hours``; give the midnights of its days, in order, and their rows."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE new_hours AS {hourly_sql(calls, user_side_codes)}")
    found = connection.execute(
        f"SELECT epoch_us(hour) // {DAY_US} AS day, count(*) FROM new_hours GROUP BY day ORDER BY day"
    )
    return {day * DAY_US: rows for day, rows in found.fetchall()}


def _written(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    days: Mapping[int, int],
    kept: Mapping[str, str],
    held: Mapping[str, int],
) -> list[DataFile]:
    """Write the new sums of some days, with what is kept of the files that they replace.

    Parameters
    ----------
    days
        Midnights, ascending, with the rows of ``new_hours`` of each day.
    kept
        SQL of the rows that are kept, by partition.
    held
        Rows of the files that they are in, by partition.
    """
    parts: dict[str, list[int]] = {}
    for day in days:
        parts.setdefault(table.shape.partition_of(day), []).append(day)
    sizes = [sum(days[day] for day in own) + held.get(name, 0) for name, own in parts.items()]
    written: list[DataFile] = []
    for fits, batch in frames.batches(list(parts), sizes):
        new = _new(table.shape, parts[batch[0]][0], parts[batch[-1]][-1] + DAY_US)
        parts_of_it = [new, *(kept[name] for name in batch if name in kept)]
        rows = f"(FROM {' UNION ALL BY NAME FROM '.join(parts_of_it)})"
        if fits:
            begins = [microseconds(time(name)) // DAY_US for name in batch]
            written += frames.write_dated(table, frames.fetched(connection, table, rows), begins)
        else:
            written += table.write(connection, rows, batch[0])
    return written


def _listed(days: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(days)))


def _new(shape: TableShape, low: int, high: int) -> str:
    """SQL of the new sums of some days, by instants: ``date_trunc`` of each costs more than writing."""
    hours = f"(FROM new_hours WHERE hour >= {instant_sql(low)} AND hour < {instant_sql(high)})"
    if shape is HOURLY:
        return hours
    day = f"make_timestamptz(epoch_us(hour) // {DAY_US} * {DAY_US})"
    return merged_sql(f"(SELECT * EXCLUDE hour, {day} AS day FROM {hours} AS hours)", key_of(shape))
