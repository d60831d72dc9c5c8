"""Rows that a page keeps in memory, so that each state of the lake costs it only what is new.

A page asks the same of every state: the sums of one customer, the minutes of its live channels, and who the
customers are. DuckDB plans a question of twenty sums for longer than it reads the rows. Files never change,
so what was read of one holds for as long as a state has it: after a load, the small files that it added are
read, and the rest is there.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import DAY_US, HOUR_US, from_microseconds, microseconds
from cxreports.lake.kept.levels import KeptLevels
from cxreports.lake.shapes import VOID
from cxreports.metrics import SUMS, added_sums_sql, sums_sql
from cxreports.sql import instant_sql, literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cxreports.lake.log import DataFile
    from cxreports.lake.snapshot import Snapshot

MOST_CALLS: Final = 20_000
"""Instants of an hour that are kept; where there are more, the lake adds the calls up."""

# Quarters of an hour are in no table: they are added up from calls and kept.
_TABLES: Final[Mapping[str, str]] = {
    "daily": "daily",
    "hourly": "hourly",
    "quarters": "cdr",
    "channels": "channels",
    "customers": "daily",
}
_LONGEST_DAYS: Final[Mapping[str, int]] = {"daily": 4_000, "hourly": 400, "quarters": 4, "channels": 70}
"""Days up to the last call of which rows are kept: what is older is read each time."""

_MOST_HOURLY_DAYS: Final = 45
"""Longer periods are added up from days."""

_FAR_BACK: Final = 8
"""A period is read each time if so many times its length lies between its beginning and the last call."""

_MOST_KEPT: Final = 16
"""Kinds of rows of a customer, for an operator who goes from one customer to the other."""

_MOST_HOURS: Final = 8
_QUARTER_US: Final = HOUR_US // 4


@dataclass(frozen=True)
class _Kept:
    """A customer's rows of a kind from an instant on: file by file, and as they are asked for."""

    low: int | None
    files: Mapping[str, pl.DataFrame]
    rows: pl.DataFrame


class KeptRows:
    """Rows by kind and customer, of one state of the lake after the other.

    Attributes
    ----------
    levels
        Channels of periods that are too long for minutes.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self.levels = KeptLevels()
        self._hours: OrderedDict[tuple[str, int, frozenset[str]], pl.DataFrame] = OrderedDict()

    def widths(self, snapshot: Snapshot, low: int, high: int) -> Mapping[str, int]:
        """What the sums of a period are best added up from, with the microseconds that a row stands for.

        The more kinds are kept, the more files are read after each load, so one of them is used where it will
        do; ``cdr`` stands for the calls themselves.
        """
        if _back(snapshot, low) <= _LONGEST_DAYS["quarters"] * DAY_US:
            return {"quarters": _QUARTER_US, "cdr": 1}
        if high - low <= _MOST_HOURLY_DAYS * DAY_US:
            return {"hourly": HOUR_US, "cdr": 1}
        return {"daily": DAY_US, "hourly": HOUR_US, "cdr": 1}

    def sums(
        self, snapshot: Snapshot, kind: str, customer: str, low: int, high: int, of: int
    ) -> pl.DataFrame | None:
        """Sums of a customer's days, hours or quarters of an hour that begin in a span.

        Parameters
        ----------
        kind
            ``daily``, ``hourly`` or ``quarters``.
        low, high
            Half-open, microseconds since 1970.
        of
            Length of the period that the span is a part of.

        Returns
        -------
        polars.DataFrame or None
            ``instant`` (microseconds since 1970), ``currency`` and the columns of `SUMS`, in no order;
            several rows of one key add up. None where the period lies too far back for rows to be kept.
        """
        if not self._reaches(snapshot, kind, customer, low, of):
            return None
        return _between(self._rows(snapshot, kind, customer, low), low, high)

    def calls(self, snapshot: Snapshot, customer: str, low: int, high: int) -> pl.DataFrame | None:
        """Sums of each instant of a part of an hour at which a customer called.

        Parameters
        ----------
        low, high
            Half-open, microseconds since 1970, within one hour.

        Returns
        -------
        polars.DataFrame or None
            The columns of `sums`; None where the hour has more than `MOST_CALLS` instants.
        """
        hour = low // HOUR_US * HOUR_US
        start, end = from_microseconds(hour), from_microseconds(hour + HOUR_US)
        customer = snapshot.reached(customer)
        key = customer, hour, frozenset(each.path for each in snapshot.files_of("cdr", customer, start, end))
        with self._lock:
            if key not in self._hours:
                calls = snapshot.scan("cdr", customer=customer, start=start, end=end)
                self._hours[key] = snapshot.query(
                    f"SELECT epoch_us(call_time) AS instant, currency, {sums_sql(snapshot.user_side_codes)} "
                    f"FROM {calls} AS calls GROUP BY ALL LIMIT {MOST_CALLS + 1}"
                )
                _forget_oldest(self._hours, _MOST_HOURS)
            self._hours.move_to_end(key)
            found = self._hours[key]
        return _between(found, low, high) if found.height <= MOST_CALLS else None

    def minutes(self, snapshot: Snapshot, customer: str, low: int, high: int) -> pl.DataFrame | None:
        """Minutes of a period in which a customer's live channels change, in their order.

        Returns
        -------
        polars.DataFrame or None
            ``instant`` of the minute (microseconds since 1970), ``channels``, ``peak``, ``area_us``. None
            where the period lies too far back for rows to be kept.
        """
        if not self._reaches(snapshot, "channels", customer, low, high - low):
            return None
        rows = self._rows(snapshot, "channels", customer, low)
        begin, end = np.searchsorted(rows["instant"].to_numpy(), [low, high]).tolist()
        return rows[begin:end]

    def customers(self, snapshot: Snapshot) -> pl.DataFrame:
        """Who the customers are, in order: the columns of `Snapshot.by_customer`, times in UTC."""
        return self._rows(snapshot, "customers", ALL_CUSTOMERS, None)

    def _reaches(self, snapshot: Snapshot, kind: str, customer: str, low: int, of: int) -> bool:
        """Whether rows are kept from `low` on, or are worth being kept for a period of that length."""
        with self._lock:
            kept = self._kept.get((kind, snapshot.reached(customer)))
        if kept is not None and kept.low is not None and kept.low <= low:
            return True
        back = _back(snapshot, low)
        return back <= _LONGEST_DAYS[kind] * DAY_US and back <= _FAR_BACK * of

    def _rows(self, snapshot: Snapshot, kind: str, customer: str, low: int | None) -> pl.DataFrame:
        """A customer's rows from `low` on, or from earlier on; those of new files are read."""
        key = kind, snapshot.reached(customer)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.low is not None and low is not None:
                # What a page that is open for weeks asked for at first is not read again and again.
                is_recent = low - kept.low <= 2 * _LONGEST_DAYS[kind] * DAY_US
                kept = kept if is_recent and kept.low <= low else None
            begun = kept.low if kept else low and low // DAY_US * DAY_US
            kept = self._kept[key] = _up_to_date(kept, snapshot, *key, begun)
            self._kept.move_to_end(key)
            _forget_oldest(self._kept, _MOST_KEPT)
        return kept.rows


def _back(snapshot: Snapshot, low: int) -> int:
    """Microseconds from a time to the last call of all."""
    last = snapshot.reach.last
    return 0 if last is None else microseconds(last) - low


def _between(rows: pl.DataFrame, low: int, high: int) -> pl.DataFrame:
    instants = rows["instant"].to_numpy()
    return rows.filter((instants >= low) & (instants < high))


def _forget_oldest(kept: OrderedDict[Any, Any], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)


def _up_to_date(before: _Kept | None, snapshot: Snapshot, kind: str, customer: str, low: int | None) -> _Kept:
    """The rows of a state's files: those that went are left out, those that came are read."""
    start = None if low is None else from_microseconds(low)
    files = {each.path: each for each in snapshot.files_of(_TABLES[kind], customer, start, None)}
    known = before.files if before else {}
    if before and known.keys() == files.keys():
        return before
    kept = {path: rows for path, rows in known.items() if path in files}
    kept |= _read(snapshot, kind, customer, low, [each for path, each in files.items() if path not in kept])
    rows = pl.concat(kept.values()) if kept else _none(snapshot, kind, customer)
    if kind == "channels":
        rows = _latest(rows)
    elif kind == "customers":
        rows = _by_customer(rows)
    return _Kept(low, kept, rows)


def _none(snapshot: Snapshot, kind: str, customer: str) -> pl.DataFrame:
    return snapshot.query(_question(snapshot, kind, customer, None, [])).drop("filename")


def _read(
    snapshot: Snapshot, kind: str, customer: str, low: int | None, files: Sequence[DataFile]
) -> dict[str, pl.DataFrame]:
    """Rows of each of some files, all read at once."""
    if not files:
        return {}
    found = snapshot.query(_question(snapshot, kind, customer, low, files))
    if len(files) == 1:
        return {files[0].path: found.drop("filename")}
    parts = found.partition_by("filename", as_dict=True, include_key=False)
    paths = snapshot.tables[_TABLES[kind]].paths(files)
    nothing = found.drop("filename").clear()
    return {each.path: parts.get((path,), nothing) for each, path in zip(files, paths, strict=True)}


def _question(
    snapshot: Snapshot, kind: str, customer: str, low: int | None, files: Sequence[DataFile]
) -> str:
    """SQL of rows of files from a time on, with ``filename``; what is of all customers is added up."""
    table = snapshot.tables[_TABLES[kind]]
    is_own = customer != ALL_CUSTOMERS or kind == "channels"
    wanted = [] if low is None else [f"{table.shape.time} >= {instant_sql(low)}"]
    wanted += [f"customer = {literal(customer)}"] if is_own else []
    rows = f"{table.rows(files, named=True)} AS rows{' WHERE ' * bool(wanted)}{' AND '.join(wanted)}"
    instant = f"filename, epoch_us({table.shape.time}) AS instant"
    if kind == "channels":
        return f"SELECT {instant}, channels, peak, area_us, revision FROM {rows}"
    if kind == "customers":
        return (
            "SELECT filename, customer, currency, CAST(SUM(attempts) AS BIGINT) AS cdrs, "
            "MIN(first_call) AS first_call, MAX(last_call) AS last_call, "
            f"bool_or(charge IS NOT NULL) AS is_priced FROM {rows} GROUP BY ALL"
        )
    if kind == "quarters":
        instant = f"filename, epoch_us(call_time) // {_QUARTER_US} * {_QUARTER_US} AS instant"
        return f"SELECT {instant}, currency, {sums_sql(snapshot.user_side_codes)} FROM {rows} GROUP BY ALL"
    if is_own:
        return f"SELECT {instant}, currency, {', '.join(each.name for each in SUMS)} FROM {rows}"
    return f"SELECT {instant}, currency, {added_sums_sql()} FROM {rows} GROUP BY ALL"


def _latest(rows: pl.DataFrame) -> pl.DataFrame:
    """The latest revision of each minute, in order, without those that were taken back."""
    latest = rows.sort("instant", "revision").unique("instant", keep="last", maintain_order=True)
    return latest.filter(pl.col("channels") != VOID).drop("revision")


def _by_customer(rows: pl.DataFrame) -> pl.DataFrame:
    prices = pl.col("currency").filter(pl.col("is_priced")).fill_null("").unique()
    added = rows.group_by("customer").agg(
        pl.col("cdrs").sum(),
        pl.col("first_call").min(),
        pl.col("last_call").max(),
        prices.alias("currencies"),
    )
    return added.sort("customer")
