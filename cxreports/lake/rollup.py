"""Rolling calls up to sums per customer, hour or day, and currency.

The sums are additive, so new calls add rows and touch none: they cost by what is new.
"""

from __future__ import annotations

import zlib
from math import ceil
from typing import TYPE_CHECKING, Final

from cxreports.clock import DAY_US, HOUR_US
from cxreports.lake.parquet import frames
from cxreports.lake.parquet.lots import MOST_ROWS, Day, days_of, files_at, on_days, rows_by_day, write_lots
from cxreports.lake.shapes import HOURLY
from cxreports.metrics import SUMS, added_sums_sql, sums_sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

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
    """Write the sums of calls into tables of them, in files of their lots; they count once committed.

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
    written = [_written(connection, table, days) for table in tables]
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

    Days that only gained calls gain sums. Days that lost some are added up anew, and the files that hold
    their sums are written again without them.

    Returns
    -------
    list of (list of DataFile, list of DataFile)
        What was written and what it replaces, by table.
    """
    calls, anew = (
        _to_add_up(connection, cdr, changes) if changes.removed else (cdr.rows(changes.added), set())
    )
    days = _rolled(connection, calls, user_side_codes)
    spans = [(day * DAY_US, (day + 1) * DAY_US - 1) for day in sorted(anew)]
    revised = []
    for table in tables:
        replaced = files_at(table.contents(), table.shape, spans)
        kept = f"(FROM {table.rows(replaced)} AS old WHERE {_not_on(anew, table.shape.time)})"
        of_days = dict(days)
        for number, rows in rows_by_day(replaced, table.shape).items():
            of_days[number * DAY_US] = of_days.get(number * DAY_US, 0) + ceil(rows)
        revised.append((_written(connection, table, of_days, kept if replaced else None), replaced))
    connection.execute("DROP TABLE new_hours")
    return revised


def _to_add_up(
    connection: duckdb.DuckDBPyConnection, cdr: Table, changes: Changes
) -> tuple[str, Collection[int]]:
    """Calls to add up, as what follows FROM, and the days, since 1970, of which those are all.

    A file that holds several days goes with all its calls, most of which come again in the file that takes
    its place: a day is added up anew where one is missing.
    """
    columns = ", ".join(cdr.shape.names)
    came, went = (cdr.rows(files, columns) for files in (changes.added, changes.removed))
    days = days_of(connection, went)
    # Where a day has a file by itself, or much went, most of it is not there any more.
    shared = [day for day in days if day.rows <= MOST_ROWS]
    is_much = sum(day.rows for day in shared) > frames.MOST_IN_MEMORY
    anew = {day.number for day in days if is_much or day.rows > MOST_ROWS}
    came, went = (f"(FROM {rows} AS rows WHERE {_not_on(anew)})" for rows in (came, went))
    anew |= {day.number for day in days_of(connection, f"(FROM {went} EXCEPT ALL FROM {came})")}
    gained = f"FROM (FROM {came} EXCEPT ALL FROM {went}) AS gained WHERE {_not_on(anew)}"
    return f"({gained} UNION ALL BY NAME FROM {on_days(cdr, anew)})" if anew else f"({gained})", anew


def _rolled(
    connection: duckdb.DuckDBPyConnection, calls: str, user_side_codes: Iterable[int]
) -> dict[int, int]:
    """Roll calls up into ``new_hours``; give the midnights of its days and their rows."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE new_hours AS {hourly_sql(calls, user_side_codes)}")
    found = connection.execute(
        f"SELECT epoch_us(hour) // {DAY_US} AS day, count(*) FROM new_hours GROUP BY day"
    )
    return {day * DAY_US: rows for day, rows in found.fetchall()}


def _written(
    connection: duckdb.DuckDBPyConnection, table: Table, days: Mapping[int, int], kept: str | None = None
) -> list[DataFile]:
    """Write the new sums of some days, with what is kept of the files that they replace.

    Parameters
    ----------
    days
        About how many rows there are of each day, new or kept, by its midnight in microseconds since 1970.
    kept
        SQL of the rows that are kept, if any are.
    """
    of_days = [Day(day, day + DAY_US - 1, days[day]) for day in sorted(days)]
    rows = " UNION ALL BY NAME ".join(f"FROM {part} AS part" for part in (_new(table.shape), kept) if part)
    return write_lots(connection, table, f"({rows})", days=of_days)


def _not_on(days: Collection[int], time: str = "call_time") -> str:
    """SQL of a row's being of none of some days, since 1970."""
    listed = ", ".join(map(str, sorted(days)))
    return f"epoch_us({time}) // {DAY_US} NOT IN ({listed})" if days else "true"


def _new(shape: TableShape) -> str:
    """SQL of the new sums."""
    if shape.name == HOURLY.name:
        return "new_hours"
    # In whole numbers: date_trunc of each costs more than writing.
    day = f"make_timestamptz(epoch_us(hour) // {DAY_US} * {DAY_US})"
    return merged_sql(f"(SELECT * EXCLUDE hour, {day} AS day FROM new_hours)", key_of(shape))
