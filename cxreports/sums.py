"""Sums of calls per bucket, read from the stored hours where they reach, else from the calls.

The floor that summaries and series share: who a customer is and when they called, the sums of
each bucket and currency, and how rows of several currencies fold into one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import HOUR_US, Period, Time, from_microseconds, microseconds, time
from cxreports.errors import NoSuchCustomer
from cxreports.metrics import SUMS, added_sums_sql, sums_sql

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from cxreports.clock import Bucket, Instants
    from cxreports.lake.snapshot import Snapshot

MIXED: Final = "mixed"
"""Stands for the currency where several meet: their charges are never added."""

_COUNTED: Final = [each.name for each in SUMS if each.name != "charge"]
_INSTANT: Final = timedelta(microseconds=1)


def span(snapshot: Snapshot, customer: str) -> Period | None:
    """Give the period from a customer's first call up to just after the last one.

    Returns
    -------
    Period or None
        None for `all` when the lake holds no call.

    Raises
    ------
    NoSuchCustomer
        The customer has no call; the message names customers with similar ids.
    """
    known = snapshot.customers()
    if customer != ALL_CUSTOMERS:
        known = known.filter(pl.col("customer") == customer)
        if known.is_empty():
            raise NoSuchCustomer(_unknown(customer, snapshot.customers()["customer"].to_list()))
    first, last = known["first_call"].min(), known["last_call"].max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return None
    return Period(time(first), time(last) + _INSTANT)


def _unknown(customer: str, known: list[str]) -> str:
    if not known:
        return f"there are no calls of {customer!r}: the lake is empty, load CDR files first"
    by_lower = {each.lower(): each for each in known}
    near = [by_lower[each] for each in get_close_matches(customer.lower(), by_lower, n=3)]
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(sorted(known)[:5])} …"
    return f"there are no calls of {customer!r}: {hint} (every one: customers; all together: {ALL_CUSTOMERS})"


def asked_period(start: Time | None, end: Time | None, default: Period) -> Period:
    """Complete a period of which either end may be left open.

    Raises
    ------
    BadTime
        Both ends are given, and the end lies before the start.
    """
    first = default.start if start is None else time(start)
    last = default.end if end is None else time(end)
    if (start is None or end is None) and last < first:
        return Period(first, first) if end is None else Period(last, last)
    return Period(first, last)


def whole_span(snapshot: Snapshot, customer: str, bucket: Bucket, within: ZoneInfo) -> Period | None:
    """Give the buckets from a customer's first call to the last one; None in an empty lake."""
    calls = span(snapshot, customer)
    if calls is None:
        return None
    return Period(bucket.floor(calls.start, within), bucket.ceil(calls.end, within))


def bucketed(rows: str, instant: str, edges: Instants) -> str:
    """Give SQL of rows with one more column, ``bucket``: 0 for those from the first edge on.

    Parameters
    ----------
    rows
        What follows FROM; all its times lie between the first and the last edge.
    instant
        Integer SQL expression, microseconds since 1970.
    edges
        Ascending; evenly spaced ones cost a division, others a join.

    Notes
    -----
    The rows keep their columns; `instant` may be one of them or computed from some.
    """
    widths = np.diff(edges)
    if (widths == widths[0]).all():
        return f"(SELECT *, ({instant} - {edges[0]}) // {widths[0]} AS bucket FROM {rows} AS rows)"
    listed = ", ".join(map(str, edges[:-1].tolist()))
    starts = f"(SELECT unnest([{listed}]) AS bucket_start, unnest(range({len(widths)})) AS bucket)"
    timed = f"(SELECT *, {instant} AS instant FROM {rows} AS rows)"
    return f"(SELECT * FROM {timed} AS timed ASOF JOIN {starts} AS starts ON instant >= bucket_start)"


def bucket_sums(snapshot: Snapshot, customer: str, edges: Instants, period: Period) -> pl.DataFrame:
    """Add up the calls of a period per bucket and currency.

    Returns
    -------
    polars.DataFrame
        ``bucket`` (Int64, from 0), ``currency`` and the columns of `SUMS`; a row only where
        there are calls.
    """
    edges = edges if len(edges) else np.array([0, 1])
    parts = [
        f"SELECT bucket, currency, {columns} FROM {bucketed(rows, instant, edges)} AS calls "
        "GROUP BY bucket, currency"
        for rows, instant, columns in _sources(snapshot, customer, edges, period)
    ]
    if len(parts) > 1:
        union = " UNION ALL ".join(parts)
        parts = [
            f"SELECT bucket, currency, {added_sums_sql()} FROM ({union}) AS parts GROUP BY bucket, currency"
        ]
    sums: pl.DataFrame = snapshot.query(parts[0])
    return sums.with_columns(pl.col("bucket").cast(pl.Int64)).sort("bucket", "currency")


def _sources(
    snapshot: Snapshot, customer: str, edges: Instants, period: Period
) -> list[tuple[str, str, str]]:
    """Choose what to read: whole hours as they are stored, ragged ends from the calls."""
    calls = ("epoch_us(call_time)", sums_sql(snapshot.user_side_codes))
    hours = ("epoch_us(hour)", added_sums_sql())
    first, last = microseconds(period.start), microseconds(period.end)
    low, high = -(-first // HOUR_US) * HOUR_US, last // HOUR_US * HOUR_US
    if low >= high or (edges[1:-1] % HOUR_US).any():
        return [(snapshot.scan("cdr", customer=customer, start=period.start, end=period.end), *calls)]
    begin, finish = from_microseconds(low), from_microseconds(high)
    sources = [(snapshot.scan("hourly", customer=customer, start=begin, end=finish), *hours)]
    if first < low:
        sources.append((snapshot.scan("cdr", customer=customer, start=period.start, end=begin), *calls))
    if high < last:
        sources.append((snapshot.scan("cdr", customer=customer, start=finish, end=period.end), *calls))
    return sources


def folded(sums: pl.DataFrame, buckets: int) -> pl.DataFrame:
    """Fold the currencies of each bucket into one row, and add the buckets without calls.

    A charge is the sum of what the calls were priced at: null where a connected call is there
    but no price is, and where several currencies meet (``currency`` is then ``mixed``).

    Parameters
    ----------
    sums
        As `bucket_sums` gives them.
    buckets
        How many rows there shall be.

    Returns
    -------
    polars.DataFrame
        ``bucket``, the columns of `SUMS`, ``currency``; without calls, counts and durations 0.
    """
    priced = pl.col("charge").is_not_null()
    prices = sums.filter(priced)
    currencies = prices["currency"].unique()
    only = currencies[0] if len(currencies) == 1 else None
    rows = (
        sums.group_by("bucket")
        .agg(
            pl.col(_COUNTED).sum(),
            pl.col("charge").sum(),
            pl.col("currency").filter(priced).n_unique().alias("prices"),
            pl.col("currency").filter(priced).first(),
        )
        .join(pl.select(bucket=pl.int_range(buckets, dtype=pl.Int64)), on="bucket", how="right")
        .with_columns(pl.col(*_COUNTED, "prices").fill_null(0))
    )
    free = (pl.col("prices") == 0) & (pl.col("unpriced") == 0) & pl.lit(len(currencies) == 1)
    return rows.select(
        "bucket",
        *(each.name for each in SUMS if each.name != "charge"),
        pl.when(pl.col("prices") == 1)
        .then("charge")
        .when(free)
        .then(0)
        .alias("charge")
        .cast(pl.Decimal(38, 10)),
        pl.when(pl.col("prices") > 1)
        .then(pl.lit(MIXED))
        .when(pl.col("prices") == 1)
        .then("currency")
        .otherwise(pl.lit(only, pl.String))
        .alias("currency"),
    ).sort("bucket")


def starts(edges: Instants, within: str) -> pl.Series:
    """Give the buckets' starts as a column, in a zone's wall clock."""
    instants = pl.Series("start", edges[:-1], dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    return instants.dt.convert_time_zone(within)
