"""Records that came before with another time: on days that nobody would look at for the sake of a new one.

A record whose day and month were exchanged when it was read, or whose time was mended since, comes again far
from where it stands. Nothing lists keys, so only small tables are read as a whole.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from cxreports.clock import DAY_US
from cxreports.lake.calls.members import TOUCHED
from cxreports.lake.parquet.lots import on_days

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import duckdb

    from cxreports.lake.head import Tables
    from cxreports.lake.table import Table

MOST_ROWS: Final = 1_000_000
MOST_FILES: Final = 256
"""Of a table that is looked at as a whole, which then takes some hundredths of a second."""

_EPOCH: Final = date(1970, 1, 1)


def touch_elsewhere(
    connection: duckdb.DuckDBPyConnection, tables: Tables, view: str, days: Collection[int], *, dated: bool
) -> list[int]:
    """Add the calls to `TOUCHED` of which one has the record of a new one; give the days on which they lie.

    Parameters
    ----------
    view
        The new records: what follows FROM.
    days
        Their days, since 1970.
    dated
        Whether their dates have an order of day and month that an earlier file may have been read without.
    """
    looked_at = {day + by for day in _exchanged(days) for by in (-1, 0, 1)} if dated else set()
    calls, legs = (_rows(table, looked_at) for table in (tables.cdr, tables.leg))
    if calls is None:
        return []
    own = f"SELECT record_key, leg_key FROM {calls} WHERE knows IS NOT NULL AND load IS DISTINCT FROM 0"
    parts = [own, *([f"SELECT record_key, leg_key FROM {legs}"] if legs else [])]
    same = "r.record_key = n.record_key AND r.leg_key IS NOT DISTINCT FROM n.leg_key"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE elsewhere AS SELECT DISTINCT r.record_key "
        f"FROM ({' UNION ALL '.join(parts)}) AS r SEMI JOIN {view} AS n ON {same}"
    )
    connection.execute(f"INSERT INTO {TOUCHED} SELECT record_key, NULL FROM elsewhere")
    found = connection.execute(
        f"SELECT DISTINCT epoch_us(call_time) // {DAY_US} FROM {calls} SEMI JOIN elsewhere USING (record_key)"
    )
    return [day for (day,) in found.fetchall()]


def _rows(table: Table, days: Collection[int]) -> str | None:
    """SQL of all rows of a small table, of those on some days of a large one; None where there are none."""
    files = table.contents().files.values()
    if len(files) <= MOST_FILES and sum(each.rows for each in files) <= MOST_ROWS:
        return table.rows(files) if files else None
    return on_days(table, days) if days else None


def _exchanged(days: Iterable[int]) -> set[int]:
    """Days whose day and month are those of the others the other way round."""
    dates = [_EPOCH + timedelta(days=day) for day in days]
    exchanged = [date(each.year, each.day, each.month) for each in dates if each.day <= 12]  # noqa: PLR2004
    return {(each - _EPOCH).days for each in exchanged}
