"""Sweeping again where calls went: minutes in which nothing begins or ends any more lose their row.

A row cannot be taken out of a file that is written; a later revision of it says that it is void.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import DAY_US, MINUTE_US
from cxreports.lake.channels import Minutes, Sweeping, Touched, calls_of, frame_of, reaching, sweep
from cxreports.lake.shapes import VOID
from cxreports.sql import instant_sql

if TYPE_CHECKING:
    import duckdb

    from cxreports.lake.channels import Calls
    from cxreports.lake.head import Tables
    from cxreports.lake.log import Changes, DataFile


def sweep_changes(connection: duckdb.DuckDBPyConnection, tables: Tables, changes: Changes) -> list[DataFile]:
    """Write the minutes of ``channels`` that changes of calls touch; they count once they are committed."""
    calls = tables.cdr.contents()
    if not changes.removed:
        if not changes.added:
            return []
        return Sweeping(connection, tables.cdr, tables.channels, calls, changes.added).write()
    came, went = (
        tables.cdr.rows(each, "customer, call_time, end_time") for each in (changes.added, changes.removed)
    )
    lasting = "WHERE end_time > call_time"
    for name, more, less in (("calls_come", came, went), ("calls_gone", went, came)):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS FROM {more} {lasting} EXCEPT ALL FROM {less} {lasting}"
        )
    return Resweeping(connection, tables.cdr, tables.channels, calls, changes.added).write()


class Resweeping(Sweeping):
    """The minutes that the calls in ``calls_come`` and ``calls_gone`` change."""

    def _days(self) -> list[int]:
        changed = "(FROM calls_come UNION ALL FROM calls_gone)"
        found = self.connection.execute(
            f"SELECT DISTINCT unnest(range(epoch_us(call_time) // {DAY_US}, "
            f"epoch_us(end_time) // {DAY_US} + 1)) AS day FROM {changed} AS changed ORDER BY day"
        )
        return [day * DAY_US for (day,) in found.fetchall()]

    def _swept(self, low: int, high: int) -> pl.DataFrame:
        come, gone = (self._changed(each, low, high) for each in ("calls_come", "calls_gone"))
        present = self._read(reaching(self.calls.files.values(), low, high), low, high)
        every = (come, gone, present)
        names = sorted({ALL_CUSTOMERS, *(name for each in every for name in each["customer"].unique())})
        left = calls_of(gone, names)
        touched = Touched.by(calls_of(come, names).with_more(left), low, high)
        near = calls_of(present, names)
        rows = sweep(near.where(touched.meets(near)))
        void = _void(rows, left, low, high)
        frames = [
            frame_of(rows, touched.holds(rows), names),
            frame_of(void, np.ones(len(void.minute), np.bool_), names),
        ]
        return pl.concat(frames).sort("customer", "minute")

    def _changed(self, table: str, low: int, high: int) -> pl.DataFrame:
        calls: pl.DataFrame = self.connection.sql(
            "SELECT customer, epoch_us(call_time) AS begun, epoch_us(end_time) AS ended "
            f"FROM {table} WHERE call_time < {instant_sql(high)} AND end_time >= {instant_sql(low)}"
        ).pl()
        return calls


def _void(rows: Minutes, left: Calls, low: int, high: int) -> Minutes:
    """Minutes that had a row for calls that went, and for no other."""
    before = sweep(left)
    inside = (before.minute >= low) & (before.minute < high)
    owner, minute = before.owner[inside], before.minute[inside]
    base = min([low, *(int(each.min()) for each in (rows.minute, minute) if len(each))])
    width = (high - base) // MINUTE_US + 1
    present, sought = (
        owners * width + np.minimum((minutes - base) // MINUTE_US, width - 1)
        for owners, minutes in ((rows.owner, rows.minute), (owner, minute))
    )
    place = np.searchsorted(present, sought)
    is_there = np.zeros(len(sought), np.bool_)
    within = place < len(present)
    is_there[within] = present[place[within]] == sought[within]
    nothing = np.full(int((~is_there).sum()), VOID)
    return Minutes(owner[~is_there], minute[~is_there], nothing, nothing, nothing)
