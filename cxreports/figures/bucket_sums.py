"""Sums of calls per bucket, read from the stored days and hours where they reach, else from the calls.

The floor that summaries and series share: who a customer is and when they called, the sums of
each bucket and currency, and how rows of several currencies fold into one.
"""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import Period, Time, from_microseconds, microseconds, time
from cxreports.errors import NoSuchCustomer
from cxreports.lake.calls.at_once import answer
from cxreports.lake.kept.spans import WIDTHS, Span, stored_spans
from cxreports.lake.kept.sums import added, kept_sums
from cxreports.metrics import added_sums_sql, sums_behind, sums_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from cxreports.clock import Bucket, Instants
    from cxreports.lake.snapshot import Snapshot

MIXED: Final = "mixed"
"""Stands for the currency where several meet: their charges are never added."""

_INSTANT: Final = timedelta(microseconds=1)
_TABLES: Final = frozenset({"cdr", "hourly", "daily"})

_FAR_APART: Final = 3
"""Sets of buckets are asked for at once unless their time from first to last is so many times their own."""

_COMPARED: Final = 24
"""Up to so many buckets of unlike widths comparing is quicker than a join."""


def span(snapshot: Snapshot, customer: str) -> Period | None:
    """Period from a customer's first call up to just after the last one.

    Returns
    -------
    Period or None
        None for `all` when the lake holds no call.

    Raises
    ------
    NoSuchCustomer
        The customer has no call; the message names customers with similar ids.
    """
    of_all = snapshot.by_customer
    if customer != ALL_CUSTOMERS and customer not in of_all:
        raise NoSuchCustomer(_unknown(customer, list(of_all)))
    rows = of_all.values() if customer == ALL_CUSTOMERS else [of_all[customer]]
    called = [row for row in rows if row["first_call"] is not None]
    if not called:
        return None
    first, last = min(row["first_call"] for row in called), max(row["last_call"] for row in called)
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
    """Buckets from a customer's first call to the last one; None in an empty lake."""
    calls = span(snapshot, customer)
    if calls is None:
        return None
    return Period(bucket.floor(calls.start, within), bucket.ceil(calls.end, within))


def bucketed(rows: str, instant: str, edges: Instants) -> str:
    """SQL of rows with one more column, ``bucket``: 0 for those from the first edge on.

    Parameters
    ----------
    rows
        What follows FROM; all its times lie between the first and the last edge.
    instant
        Integer SQL expression, microseconds since 1970.
    edges
        Ascending; evenly spaced ones cost a division, few others comparisons, many a join.

    Notes
    -----
    The rows keep their columns; `instant` may be one of them or computed from some.
    """
    widths = np.diff(edges)
    if (widths == widths[0]).all():
        return f"(SELECT *, ({instant} - {edges[0]}) // {widths[0]} AS bucket FROM {rows} AS rows)"
    if len(widths) <= _COMPARED:
        ends = " ".join(f"WHEN {instant} < {end} THEN {nth}" for nth, end in enumerate(edges[1:-1].tolist()))
        return f"(SELECT *, CASE {ends} ELSE {len(widths) - 1} END AS bucket FROM {rows} AS rows)"
    listed = ", ".join(map(str, edges[:-1].tolist()))
    starts = f"(SELECT unnest([{listed}]) AS bucket_start, unnest(range({len(widths)})) AS bucket)"
    timed = f"(SELECT *, {instant} AS instant FROM {rows} AS rows)"
    return f"(SELECT * FROM {timed} AS timed ASOF JOIN {starts} AS starts ON instant >= bucket_start)"


def bucket_sums(
    snapshot: Snapshot, customer: str, metrics: Iterable[str], edges: Instants, period: Period
) -> pl.DataFrame:
    """Add up the calls of a period per bucket, and per currency where charges are asked for.

    Parameters
    ----------
    metrics
        What the sums shall suffice for.

    Returns
    -------
    polars.DataFrame
        ``bucket`` (Int64, from 0), ``currency`` where there is ``charge``, and those columns of
        `SUMS`; a row only where there are calls.
    """
    edges = edges if len(edges) else np.array([0, 1])
    names = sums_behind(metrics)
    own = "bucket, currency" if "charge" in names else "bucket"
    if snapshot.kept is not None and not snapshot.is_narrowed:
        last = _last_call(snapshot, customer)
        found = kept_sums(snapshot.kept, snapshot, customer, names, edges, _ends(period), last)
        if found is not None:
            return found

    def question(asked: Snapshot, whose: str, by: str) -> str:
        keys = f"{by}{own}"
        parts = [
            f"SELECT {by}CAST(bucket AS BIGINT) AS {own}, {columns} "
            f"FROM {bucketed(rows, instant, edges)} AS calls GROUP BY {keys}"
            for rows, instant, columns in sources(asked, whose, names, edges, period)
        ]
        if len(parts) > 1:
            union = " UNION ALL ".join(parts)
            parts = [f"SELECT {keys}, {added_sums_sql(names)} FROM ({union}) AS parts GROUP BY {keys}"]
        return f"{parts[0]} ORDER BY {keys} NULLS FIRST"

    return answer(snapshot, customer, question, ("sums", names, edges.tobytes(), period), _TABLES)


def sums_at_once(
    snapshot: Snapshot,
    customer: str,
    metrics: Iterable[str],
    asked: Sequence[tuple[Instants, Period]],
) -> list[pl.DataFrame]:
    """Sums of several sets of buckets, read at once: the same as `bucket_sums` gives one by one.

    Planning a question of thirty sums takes longer than adding them up, so what lies close together is asked
    for at once, in buckets that no edge of any set cuts, and added up here.

    Parameters
    ----------
    asked
        Edges and period of each set.
    """
    cuts = [np.unique(np.clip(edges, *_ends(period))) for edges, period in asked]
    cuts = [each if len(each) > 1 else each[:0] for each in cuts]
    every = np.unique(np.concatenate(cuts))
    lengths = [int(each[-1] - each[0]) for each in cuts if len(each)]
    if snapshot.kept is not None or len(lengths) <= 1 or every[-1] - every[0] > _FAR_APART * sum(lengths):
        return [bucket_sums(snapshot, customer, metrics, *each) for each in asked]
    whole = Period(from_microseconds(int(every[0])), from_microseconds(int(every[-1])))
    found = bucket_sums(snapshot, customer, metrics, every, whole)
    keys = [name for name in ("bucket", "currency") if name in found.columns]
    summed = added(name for name in found.columns if name not in keys)
    parts = []
    for (edges, _), cut in zip(asked, cuts, strict=True):
        # A bucket belongs to the one of the set's that it lies in.
        within = np.searchsorted(edges, every[:-1], "right") - 1
        if len(cut):
            within[(every[:-1] < cut[0]) | (every[:-1] >= cut[-1])] = -1
        else:
            within[:] = -1
        rows = found.lazy().with_columns(pl.Series("bucket", within[found["bucket"].to_numpy()]))
        kept = rows.filter(pl.col("bucket") >= 0).group_by(keys).agg(summed)
        parts.append(kept.sort(keys).select(found.columns).cast(found.schema).collect())
    return parts


def _last_call(snapshot: Snapshot, customer: str) -> int | None:
    """Just after a customer's last call, or the last of all; None without one."""
    own = snapshot.by_customer.get(customer)
    if own is None and customer not in {ALL_CUSTOMERS, ""}:
        return None
    rows = snapshot.by_customer.values() if own is None else [own]
    last = max((row["last_call"] for row in rows if row["last_call"] is not None), default=None)
    return None if last is None else microseconds(last) + 1


def _ends(period: Period) -> Span:
    return microseconds(period.start), microseconds(period.end)


def sources(
    snapshot: Snapshot, customer: str, names: tuple[str, ...], edges: Instants, period: Period
) -> list[tuple[str, str, str]]:
    """Choose what to read: whole days and hours as they are stored, what an edge cuts from the calls.

    Parameters
    ----------
    names
        Sums that are asked for.
    edges
        Of the buckets; what is stored whole lies in one of them.

    Returns
    -------
    list of tuple
        SQL of rows, of their instant in microseconds, and of the sums over them; no call is in two.
    """
    columns = {table: added_sums_sql(names) for table in ("daily", "hourly")}
    columns["cdr"] = sums_sql(snapshot.user_side_codes, names)
    sources: list[tuple[str, str, str]] = []
    widths = dict(WIDTHS)
    if not snapshot.has_days:
        del widths["daily"]
    if snapshot.is_narrowed:
        del widths["hourly"]
    low, high = _ends(period)
    last = _last_call(snapshot, customer)
    for table, spans in stored_spans(widths, edges, low, high, last):
        ends = [(from_microseconds(begin), from_microseconds(end)) for begin, end in spans]
        rows = [snapshot.scan(table, customer=customer, start=begun, end=ended) for begun, ended in ends]
        # All spans as one source: to plan the sums costs more than to add them up.
        union = f"({' UNION ALL '.join(f'FROM {each}' for each in rows)})"
        sources.append((union, f"epoch_us({snapshot.tables[table].shape.time})", columns[table]))
    return sources


def usual_currency(snapshot: Snapshot, customer: str, sums: pl.DataFrame) -> str | None:
    """The one currency in which a customer's calls are priced, whatever period is asked for; else None."""
    if snapshot.is_narrowed:
        prices = zip(sums["currency"], sums["charge"], strict=True)
        found = {currency for currency, price in prices if price is not None}
    else:
        found = snapshot.currencies(customer)
    return next(iter(found)) if len(found) == 1 else None


def folded(sums: pl.DataFrame, buckets: int, usual: str | None = None) -> pl.DataFrame:
    """Fold the currencies of each bucket into one row, and add the buckets without calls.

    A charge is the sum of what the calls were priced at: null where a connected call is there
    but no price is, and where several currencies meet (``currency`` is then ``mixed``).

    Parameters
    ----------
    sums
        As `bucket_sums` gives them.
    buckets
        How many rows there shall be.
    usual
        Currency of the charge 0 of a bucket in which no call has a price and none lacks one.

    Returns
    -------
    polars.DataFrame
        The columns of `sums`, by bucket; without calls, counts and durations are 0.
    """
    # One lazy plan: each step of its own would cost as much as the whole, and a page asks dozens of times.
    every = pl.LazyFrame({"bucket": np.arange(buckets)})
    if "charge" not in sums.columns:
        rows = every.join(sums.lazy(), on="bucket", how="left", maintain_order="left")
        return rows.fill_null(0).collect()
    counted = [name for name in sums.columns if name not in {"bucket", "currency", "charge"}]
    priced = pl.col("charge").is_not_null()
    folding = (
        sums.lazy()
        .group_by("bucket")
        .agg(
            pl.col(*counted, "charge").sum(),
            pl.col("currency").filter(priced).first(),
            pl.col("currency").filter(priced).n_unique().alias("prices"),
        )
    )
    free = (pl.col("prices") == 0) & (pl.col("unpriced") == 0) & pl.lit(usual is not None)
    charge = pl.when(pl.col("prices") == 1).then("charge").when(free).then(0)
    currency = pl.when(pl.col("prices") == 1).then("currency").otherwise(pl.lit(usual, pl.String))
    return (
        every.join(folding, on="bucket", how="left", maintain_order="left")
        .with_columns(pl.col(*counted, "prices").fill_null(0))
        .with_columns(
            charge.cast(pl.Decimal(38, 10)).alias("charge"),
            pl.when(pl.col("prices") > 1).then(pl.lit(MIXED)).otherwise(currency).alias("currency"),
        )
        .collect()
    )


def so_far(edges: Instants, snapshot: Snapshot) -> pl.Series:
    """Which buckets are not over: they end after the time up to which the calls are there.

    Their counts are of a part, and their ratios worth little: a failed call is recorded sooner than
    one that is talked on.

    Returns
    -------
    polars.Series
        ``so_far``, a Boolean for each bucket.
    """
    reach = snapshot.reach.complete
    over = np.iinfo(np.int64).min if reach is None else microseconds(reach)
    return pl.Series("so_far", edges[1:] > over, dtype=pl.Boolean)


def starts(edges: Instants, within: str) -> pl.Series:
    """Buckets' starts as a column, in a zone's wall clock."""
    instants = pl.Series("start", edges[:-1], dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    return instants.dt.convert_time_zone(within)
