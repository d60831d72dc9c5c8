"""Rolling calls up to sums per customer, hour and currency.

The sums are additive, so new calls add rows and touch none: ``hourly`` costs by what is new.
"""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cxreports.clock import DAY_US, HOUR_US, microseconds
from cxreports.lake.table import instant_sql, month_of
from cxreports.metrics import SUMS, added_sums_sql, sums_sql

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

    from cxreports.lake.log import DataFile
    from cxreports.lake.table import Table

CODES: Final = "user_side_codes"
"""Application id under which a commit to ``hourly`` records the code set that it was built with."""


def hourly_sql(calls: str, user_side_codes: Iterable[int]) -> str:
    """Give SQL that rolls calls up to the columns of ``hourly``.

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


def merged_sql(rows: str, columns: str = "customer, hour, currency") -> str:
    """Give SQL that adds up rows of ``hourly`` with the same key."""
    return (
        f"(SELECT {columns}, {added_sums_sql()}, MIN(first_call) AS first_call, MAX(last_call) AS last_call "
        f"FROM {rows} AS rows GROUP BY {columns})"
    )


def definition(user_side_codes: Iterable[int]) -> int:
    """Give a number that stands for a code set and the stored sums."""
    text = ",".join(str(code) for code in sorted(set(user_side_codes)))
    return zlib.crc32(f"{text};{','.join(each.name for each in SUMS)}".encode())


def roll_up(
    connection: duckdb.DuckDBPyConnection, calls: str, hourly: Table, user_side_codes: Iterable[int]
) -> list[DataFile]:
    """Write the sums of calls, a file per month; they count once they are committed.

    Parameters
    ----------
    calls
        What follows FROM: rows of ``cdr``.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE new_hours AS {hourly_sql(calls, user_side_codes)}")
    days = connection.execute(f"SELECT DISTINCT epoch_us(hour) // {DAY_US} FROM new_hours").fetchall()
    months = sorted({month_of(day * DAY_US) for (day,) in days})
    written = [file for month in months for file in hourly.write(connection, _of(month), month)]
    connection.execute("DROP TABLE new_hours")
    return written


def _of(month: str) -> str:
    """Give SQL of a month's new hours, by instants: ``date_trunc`` of each costs more than writing them."""
    first = datetime.fromisoformat(month).replace(tzinfo=UTC)
    after = (first + timedelta(days=31)).replace(day=1)
    low, high = instant_sql(microseconds(first)), instant_sql(microseconds(after))
    return f"(FROM new_hours WHERE hour >= {low} AND hour < {high})"
