"""Rolling calls up to sums per customer, hour or day, and currency.

The sums are additive, so new calls add rows and touch none: they cost by what is new.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from cxreports.clock import DAY_US, HOUR_US, microseconds, time
from cxreports.lake.parquet import frames
from cxreports.lake.shapes import DAILY, HOURLY
from cxreports.lake.table import instant_sql, month_of, year_of
from cxreports.metrics import SUMS, added_sums_sql, sums_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import duckdb

    from cxreports.lake.log import Changes, DataFile, TableShape
    from cxreports.lake.table import Table

CODES: Final = "user_side_codes"
"""Application id under which a commit records the code set that its sums were built with."""

_PARTITION_OF: Final[Mapping[TableShape, Callable[[int], str]]] = {HOURLY: month_of, DAILY: year_of}


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

    Days that only gained calls gain sums. Days from which calls went are added up anew, and the files that
    hold their sums are written again without them.

    Returns
    -------
    list of (list of DataFile, list of DataFile)
        What was written and what it replaces, by table.
    """
    anew = sorted(changes.partitions)
    present = cdr.contents().by_partition
    files = [each for each in changes.added if each.partition not in changes.partitions]
    files += [each for day in anew for each in present.get(day, ())]
    fresh = {microseconds(time(day)) for day in anew}
    rolled = _rolled(connection, cdr.rows(files), user_side_codes)
    days = {day: rolled.get(day, 0) for day in sorted(fresh | set(rolled))}
    revised = []
    for table in tables:
        replaced = {
            partition: [
                each
                for each in table.contents().by_partition.get(partition, ())
                if any(each.may_hold(table.shape.order[1], day, day + DAY_US - 1) for day in fresh)
            ]
            for partition in {_PARTITION_OF[table.shape](day) for day in fresh}
        }
        kept = {
            partition: f"(FROM {table.rows(old)} AS old WHERE epoch_us({table.shape.order[1]}) // {DAY_US} "
            f"NOT IN ({', '.join(str(day // DAY_US) for day in sorted(fresh))}))"
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
        parts.setdefault(_PARTITION_OF[table.shape](day), []).append(day)
    written: list[DataFile] = []
    for partition, of_it in parts.items():
        rows = _with(kept.get(partition), _new(table.shape, of_it[0], of_it[-1] + DAY_US))
        if sum(days[day] for day in of_it) + held.get(partition, 0) > frames.MOST_IN_MEMORY:
            written += table.write(connection, rows, partition)
        else:
            ordered = frames.fetched(connection, table, rows, ", ".join(table.shape.order))
            written += frames.write_frame(table, ordered, partition)
    return written


def _with(kept: str | None, new: str) -> str:
    return new if kept is None else f"(FROM {kept} UNION ALL BY NAME FROM {new})"


def _new(shape: TableShape, low: int, high: int) -> str:
    """SQL of the new sums of some days, by instants: ``date_trunc`` of each costs more than writing."""
    hours = f"(FROM new_hours WHERE hour >= {instant_sql(low)} AND hour < {instant_sql(high)})"
    if shape is HOURLY:
        return hours
    day = f"make_timestamptz(epoch_us(hour) // {DAY_US} * {DAY_US})"
    return merged_sql(f"(SELECT * EXCLUDE hour, {day} AS day FROM {hours} AS hours)", key_of(shape))
