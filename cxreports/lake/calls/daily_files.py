"""The days of ``cdr`` that records change, written anew or beside what they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cxreports.clock import DAY_US
from cxreports.lake.parquet.frames import fetched, write_days
from cxreports.lake.table import instant_sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cxreports.lake.calls.arrival import Arrival, Arrived, Day
    from cxreports.lake.log import DataFile
    from cxreports.lake.progress import OnShare
    from cxreports.lake.table import Table

MOST_IN_MEMORY: Final = 250_000
"""Calls that are sorted and written in memory; a day of more is DuckDB's to write, which can spill."""


def write_changed_days(
    table: Table, arrival: Arrival, arrived: Arrived, on_share: OnShare | None = None
) -> tuple[list[DataFile], list[DataFile]]:
    """Write the days of ``cdr`` that records change; give files to add and files that they replace."""
    connection, settled = arrival.connection, arrived.calls
    own = {day.number: day for day in arrival.days(arrived.rows)}
    changed = settled.days(connection) if settled else []
    lots = list(_lots(day for number, day in own.items() if number not in changed))
    add: list[DataFile] = []
    remove: list[DataFile] = []
    for nth, days in enumerate(lots):
        if on_share:
            on_share(nth / (len(lots) + len(changed)))
        rows = _rows_of(arrived.rows, days, changed)
        if sum(day.rows for day in days) > MOST_IN_MEMORY:
            add += table.write(connection, rows, days[0].name)
        else:
            add += write_days(table, fetched(connection, table, rows))
    for nth, number in enumerate(changed, len(lots)):
        if settled is None:
            break
        if on_share:
            on_share(nth / (len(lots) + len(changed)))
        names = ", ".join(table.shape.names)
        more = f"SELECT {names} FROM {_rows_of(arrived.rows, [own[number]])}" if number in own else ""
        written, replaced = settled.write(connection, number, more)
        add, remove = add + written, remove + replaced
    return add, remove


def _lots(days: Iterable[Day]) -> Iterator[list[Day]]:
    """Consecutive days that fit in memory together, or one that does not."""
    lot: list[Day] = []
    held = 0
    for day in days:
        if lot and held + day.rows > MOST_IN_MEMORY:
            yield lot
            lot, held = [], 0
        lot.append(day)
        held += day.rows
    if lot:
        yield lot


def _rows_of(rows: str, days: list[Day], but: Collection[int] = ()) -> str:
    """SQL of the rows from the first to the last of some days, less those of others."""
    span = f"call_time BETWEEN {instant_sql(days[0].first)} AND {instant_sql(days[-1].last)}"
    if but:
        span += f" AND epoch_us(call_time) // {DAY_US} NOT IN ({', '.join(map(str, but))})"
    return f"(FROM {rows} WHERE {span})"
