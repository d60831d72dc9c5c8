"""The days of ``cdr`` that records change, written anew or beside what they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxreports.clock import DAY_US
from cxreports.lake.parquet import frames
from cxreports.lake.table import instant_sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cxreports.lake.calls.arrival import Arrival, Arrived, Day
    from cxreports.lake.log import DataFile
    from cxreports.lake.progress import OnShare
    from cxreports.lake.table import Table


def write_changed_days(
    table: Table, arrival: Arrival, arrived: Arrived, on_share: OnShare | None = None
) -> tuple[list[DataFile], list[DataFile]]:
    """Write the days of ``cdr`` that records change; give files to add and files that they replace.

    Days are written in memory, as many at once as fit; a day that does not is DuckDB's, which can spill.
    """
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
        if sum(day.rows for day in days) > frames.MOST_IN_MEMORY:
            add += table.write(connection, rows, days[0].name)
        else:
            add += frames.write_days(table, frames.fetched(connection, table, rows))
    if settled is None:
        return add, remove
    names = ", ".join(table.shape.names)
    for nth, number in enumerate(changed, len(lots)):
        if on_share:
            on_share(nth / (len(lots) + len(changed)))
        more = f"SELECT {names} FROM {_rows_of(arrived.rows, [own[number]])}" if number in own else ""
        written, replaced = settled.write(connection, number, more)
        add, remove = add + written, remove + replaced
    return add, remove


def _lots(days: Iterable[Day]) -> Iterator[list[Day]]:
    """Consecutive days that fit in memory together, or one that does not."""
    lot: list[Day] = []
    held = 0
    for day in days:
        if lot and held + day.rows > frames.MOST_IN_MEMORY:
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
