"""Silence: when calls of each switch ended, and which gaps between them are longer than usual."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import MINUTE_US, microseconds
from cxreports.figures.day_sums import Question, day_sums

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.clock import Instants
    from cxreports.lake.snapshot import Snapshot

HABIT: Final = timedelta(days=7)
"""A switch is silent when it has not been so for so long in this time before: nights are no silence."""

NEVER: Final = 2**62


def gaps(ends: Instants, moments: Instants) -> Instants:
    """Microseconds since the last of some ends at each moment; `NEVER` where none was before it."""
    nth = np.searchsorted(ends, moments, side="right")
    return np.where(nth > 0, moments - ends[np.maximum(nth - 1, 0)], NEVER)


def unusual_gaps(ends: Instants, moments: Instants) -> Instants:
    """Microseconds since the last end at each moment, where no gap of the days before was as long; else 0.

    A silence that has lasted for longer than the calls did before it says nothing: the switch may be gone, or
    somebody loaded a file once.
    """
    passed = gaps(ends, moments)
    between = np.diff(ends)
    habit_us = HABIT // timedelta(microseconds=1)
    # From the last end before that time on: the silence that it began in is usual too, a weekend's say.
    low = np.maximum(np.searchsorted(ends, moments - habit_us) - 1, 0)
    high = np.searchsorted(ends, moments, side="right") - 1
    usual = np.array([between[a:b].max() if b > a else NEVER for a, b in zip(low, high, strict=True)])
    heard_of = ends[np.maximum(high, 0)] - ends[0]
    return np.where((passed > usual) & (passed < np.minimum(habit_us, heard_of)), passed, 0)


def _ends_sql(calls: str) -> str:
    """SQL of the last call that ended in each minute, by customer and switch."""
    ended = "epoch_us(greatest(call_time, end_time))"
    return (
        f"SELECT customer, coalesce(switch, '') AS switch, {ended} // {MINUTE_US} AS minute, "
        f"max({ended}) AS ended FROM {calls} AS calls GROUP BY ALL"
    )


def _last_ends(rows: pl.DataFrame, *keys: str) -> pl.DataFrame:
    return rows.group_by(*keys, "minute").agg(pl.col("ended").max())


_ENDS: Final = Question("ends", _ends_sql, lambda rows: _last_ends(rows, "customer", "switch"))


def ends_by_switch(snapshot: Snapshot, customer: str, start: datetime) -> list[Instants]:
    """Last end of a call in each minute, microseconds since 1970, ascending: by switch for all customers."""
    newest, low = snapshot.reach.last, microseconds(start)
    high = max(low, 0 if newest is None else microseconds(newest))
    rows = day_sums(snapshot, _ENDS, low, high, customer)
    if customer != ALL_CUSTOMERS:
        rows = rows.with_columns(switch=pl.lit(""))
    found = _last_ends(rows, "switch").sort("ended")
    parts = [part["ended"].to_numpy() for part in found.partition_by("switch")]
    if parts:
        return parts
    known = snapshot.customers()
    if customer != ALL_CUSTOMERS:
        known = known.filter(pl.col("customer") == customer)
    last = [microseconds(each) for each in known["last_call"]]
    return [np.array([max(last)], np.int64)] if last else []
