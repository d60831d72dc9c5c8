"""Live channels by the quarter of an hour, which a page keeps of years whose minutes it could not hold.

A minute's row says the peak and the area of that minute, and the level after it; a quarter of an hour what
its minutes come to, those without a row too. Each month is folded by itself: a call that goes on has a row at
midnight, so nothing before the month is asked for, and a load changes the months that it brought minutes of.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from cxreports.clock import DAY_US, HOUR_US, MINUTE_US, from_microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from cxreports.clock import Instants
    from cxreports.lake.snapshot import Snapshot

QUARTER_US: Final = HOUR_US // 4
"""Every zone's clocks are whole quarters of an hour apart from UTC."""

FROM_US: Final = 70 * DAY_US
"""Shorter periods are answered by minutes."""

_MOST_KEPT: Final = 4
"""Customers, for an operator who goes from one to the other; three years of one are 1.7 MB."""

Levels: TypeAlias = tuple["Instants", "Instants"]
"""Most channels at once, and channel-microseconds, a number for each bucket."""


class KeptLevels:
    """Quarters of an hour by customer and month, of one state of the lake after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, dict[int, tuple[frozenset[str], Levels]]] = OrderedDict()

    def between(self, snapshot: Snapshot, customer: str, low: int, high: int) -> Levels:
        """Levels of each quarter of an hour of a period.

        Parameters
        ----------
        low, high
            Half-open, microseconds since 1970, full quarters of an hour.
        """
        customer = snapshot.reached(customer)
        period = from_microseconds(low), from_microseconds(high)
        every = snapshot.files_of("channels", customer, *period)
        with self._lock:
            before = self._kept.pop(customer, {})
            known = self._kept[customer] = {}
            for start, end in _months(low, high):
                files = frozenset(each.path for each in every if each.may_hold("minute", start, end - 1))
                held = before.get(start)
                known[start] = (
                    held if held and held[0] == files else (files, _folded(snapshot, customer, start, end))
                )
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        peak, area = (np.concatenate([levels[nth] for _, levels in known.values()]) for nth in (0, 1))
        first = (low - next(iter(known))) // QUARTER_US
        wanted = slice(first, first + (high - low) // QUARTER_US)
        return peak[wanted], area[wanted]


def by_bucket(rows: pl.DataFrame, carried: int, edges: Instants) -> Levels:
    """Peak and area of buckets, from swept minutes; a minute without a row changed nothing.

    Parameters
    ----------
    rows
        ``instant`` (microseconds since 1970, ascending), ``channels``, ``peak``, ``area_us``.
    carried
        Level before the first edge, if the first minute has no row.
    edges
        Ascending, full minutes, microseconds since 1970.
    """
    minute, level, peak, area = (rows[each].to_numpy() for each in rows.columns)
    # A row of no length before the first minute carries the level into the period.
    after = np.concatenate([edges[:1], minute + MINUTE_US])
    level = np.concatenate([[carried], level])
    quiet = level[:-1] * (minute - after[:-1])
    until_row = np.cumsum(quiet) + np.cumsum(area) - area
    until_after = np.concatenate([[0], until_row + area])
    past = np.searchsorted(minute, edges, side="left")
    area_to_edge = until_after[past] + level[past] * (edges - after[past])
    highest = level[past[:-1]].copy()
    own_row = np.zeros(len(highest), bool)
    inside = past[:-1] < len(minute)
    own_row[inside] = minute[past[:-1][inside]] == edges[:-1][inside]
    highest[own_row] = 0
    filled = past[1:] > past[:-1]
    if filled.any():
        highest[filled] = np.maximum(highest[filled], np.maximum.reduceat(peak, past[:-1][filled]))
    return highest, np.diff(area_to_edge)


def added(levels: Levels, low: int, edges: Instants) -> Levels:
    """Peak and area of buckets, from quarters of an hour.

    Parameters
    ----------
    low
        Where the first quarter begins, microseconds since 1970.
    edges
        Ascending, full quarters of an hour, the first and the last where the quarters begin and end.
    """
    peak, area = levels
    places = (edges - low) // QUARTER_US
    most = np.zeros(len(places) - 1, np.int64)
    filled = places[1:] > places[:-1]
    if filled.any():
        most[filled] = np.maximum.reduceat(peak, places[:-1][filled])
    return most, np.diff(np.concatenate([[0], np.cumsum(area)])[places])


def _months(low: int, high: int) -> Iterable[tuple[int, int]]:
    """Beginning and end of the UTC months that a period touches."""
    first, last = (np.datetime64(each, "us").astype("datetime64[M]") for each in (low, high - 1))
    starts = np.arange(first, last + 2).astype("datetime64[us]").astype(np.int64).tolist()
    return pairwise(starts)


def _folded(snapshot: Snapshot, customer: str, start: int, end: int) -> Levels:
    """A month's levels."""
    rows = snapshot.scan(
        "channels", customer=customer, start=from_microseconds(start), end=from_microseconds(end)
    )
    minutes = snapshot.query(
        f"SELECT epoch_us(minute) AS instant, channels, peak, area_us FROM {rows} AS minutes ORDER BY instant"
    )
    return by_bucket(minutes, 0, np.arange(start, end + 1, QUARTER_US))
