"""Graph series: any metric, any bucket, any zone, each bucket of the period present.

Ratios and sums come from `sums`. Three figures are not sums and are measured here: live
channels (by sweeping the calls' starts and ends, or from the swept minutes that the lake
keeps), calls per second, and the percentiles of the post-dial delay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from cxreports.clock import DAY_US, MINUTE_US, Bucket, Period, Time, from_microseconds, microseconds, zone
from cxreports.figures.bucket_sums import (
    asked_period,
    bucket_sums,
    bucketed,
    folded,
    so_far,
    span,
    starts,
    usual_currency,
)
from cxreports.figures.summary import UNKNOWN
from cxreports.lake.calls.at_once import answer
from cxreports.lake.kept.levels import FROM_US, QUARTER_US, added, by_bucket
from cxreports.metrics import METRICS, metric_named, quotient

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxreports.clock import Instants
    from cxreports.lake.kept.levels import Levels
    from cxreports.lake.snapshot import Snapshot

READ_AT_ONCE: Final[dict[str, dict[str, str]]] = {
    "asr": {"value": "asr"},
    "acd": {"value": "acd"},
    "ner": {"value": "ner"},
    "dtmf": {"value": "dtmf", "calls": "dtmf_calls"},
    "attempts": {"value": "attempts", "connected": "connected"},
}
"""What can be read together: the columns of each series, and the metrics that they are."""


def series(
    snapshot: Snapshot,
    customer: str,
    metric: str,
    *,
    every: str = "1h",
    start: Time | None = None,
    end: Time | None = None,
    tz: str = "UTC",
    weighed: bool = False,
) -> pl.DataFrame:
    """A metric over time.

    Parameters
    ----------
    customer
        A customer's id, or ``all``.
    metric
        A name of `cxreports.metrics.METRICS`.
    every
        Width of the buckets on the zone's wall clock: ``30s``, ``5m``, ``1h``, ``1d``, ``1w``
        (from Monday), ``1mo`` …
    start, end
        Half-open period, UTC unless they carry an offset; by default the 24 hours up to the end
        of the bucket of the customer's last call. Calls outside it do not count.
    tz
        IANA zone whose clocks the buckets follow.
    weighed
        Whether two columns follow that say what a value is worth: ``weight``, the calls that a ratio
        is divided by (null for what is no ratio), and ``so_far``, whether the bucket is not over as of
        the time up to which the calls are there. Charts draw such buckets apart.

    Returns
    -------
    polars.DataFrame
        ``start`` (in the zone) and ``value``, for every bucket that the period touches. Beside
        them: ``max`` and ``mean`` for ``channels`` (value is max) and ``cps`` (likewise),
        ``p50`` and ``p95`` for ``pdd``, ``calls`` for ``dtmf``, ``currency`` for ``charge``; and for
        ``acd``, ``dtmf``, ``duration``, ``billed_duration``, ``charge`` and ``pdd`` ``unknown``, the calls
        of which that part is not known. Without calls a ratio is null and a count 0.

    Raises
    ------
    NoSuchMetric, NoSuchCustomer
        The metric is not defined; the customer has no call in the lake.
    BadTime
        `every`, `start`, `end` or `tz` cannot be understood.
    """
    asked = metric_named(metric)
    within, bucket = zone(tz), Bucket.of(every)
    calls = span(snapshot, customer)
    until = bucket.ceil(calls.end, within) if calls else from_microseconds(0)
    if end is not None:
        until = Period.of(end, end).end
    default = Period(from_microseconds(microseconds(until) - (DAY_US if calls else 0)), until)
    period = asked_period(start, end, default)
    edges = bucket.edges(period.start, period.end, within)
    measured = MEASURED.get(asked.name)
    if measured is None:
        figures = _summed(snapshot, customer, asked.name, edges, period)
    else:
        figures = measured(snapshot, customer, edges, period)
    unknown = [name for name in figures.columns if name == "unknown"]
    begun = starts(edges, within.key)
    shown: list[str | pl.Expr | pl.Series] = [begun, pl.exclude("weight", "unknown"), *unknown]
    if not weighed:
        return figures.select(shown)
    weight = pl.col("weight") if "weight" in figures.columns else pl.lit(None, pl.Int64).alias("weight")
    return figures.select(*shown, weight, so_far(edges, snapshot))


def series_at_once(
    snapshot: Snapshot,
    customer: str,
    names: Sequence[str],
    *,
    every: str,
    start: Time,
    end: Time,
    tz: str,
    weighed: bool = False,
) -> dict[str, pl.DataFrame]:
    """Series of several metrics, read from the lake at once: the same as `series` gives one by one.

    A page shows many ratios of the same sums; adding them up once for all takes a third of the time.

    Parameters
    ----------
    names
        Out of `READ_AT_ONCE`.
    customer, every, start, end, tz, weighed
        As `series` takes them.

    Returns
    -------
    dict of polars.DataFrame
        By name: ``start`` and ``value`` as `series` gives them, and ``unknown`` where it does; ``calls``
        beside them for ``dtmf``, and ``connected`` for ``attempts``.

    Raises
    ------
    NoSuchCustomer
        The customer has no call in the lake.
    BadTime
        `every`, `start`, `end` or `tz` cannot be understood.
    """
    span(snapshot, customer)
    period, within = Period.of(start, end), zone(tz)
    edges = Bucket.of(every).edges(period.start, period.end, within)
    metrics = {metric for name in names for metric in READ_AT_ONCE[name].values()}
    sums = folded(bucket_sums(snapshot, customer, metrics, edges, period), max(0, len(edges) - 1))
    begun, unfinished = starts(edges, within.key), so_far(edges, snapshot)
    return {
        name: sums.select(
            begun,
            *(
                METRICS[metric].expr.alias(column)  # type: ignore[union-attr]
                for column, metric in READ_AT_ONCE[name].items()
            ),
            *_unknown(name),
            *((_weight(name), unfinished) if weighed else ()),
        )
        for name in names
    }


def measures(snapshot: Snapshot, customer: str, metric: str, edges: Instants, period: Period) -> pl.DataFrame:
    """Columns of `series` for a metric of `MEASURED`, in buckets of any edges.

    Parameters
    ----------
    edges
        Microseconds since 1970, ascending; outside `period` calls do not count.
    """
    return MEASURED[metric](snapshot, customer, edges, period)


def _weight(name: str) -> pl.Expr:
    """Calls that a ratio is divided by."""
    weight = METRICS[name].below
    return (pl.lit(None, pl.Int64) if weight is None else weight.cast(pl.Int64)).alias("weight")


def _unknown(name: str) -> list[pl.Expr]:
    """Calls of which the part is not known that a metric adds up or averages, if it has such a part."""
    if name == "pdd":
        return [UNKNOWN["pdd_unknown"].alias("unknown")]
    unknown = METRICS[name].unknown
    return [pl.col(unknown).alias("unknown")] if unknown else []


def _summed(snapshot: Snapshot, customer: str, name: str, edges: Instants, period: Period) -> pl.DataFrame:
    columns = {"value": name} | ({"calls": "dtmf_calls"} if name == "dtmf" else {})
    behind = [*columns.values(), *(["attempts"] if name == "pdd" else [])]
    found = bucket_sums(snapshot, customer, behind, edges, period)
    usual = usual_currency(snapshot, customer, found) if name == "charge" else None
    sums = folded(found, len(edges[1:]), usual)
    figures = [
        expr.alias(column) for column, each in columns.items() if (expr := METRICS[each].expr) is not None
    ]
    currency = ["currency"] if name == "charge" else []
    return sums.select(*figures, *currency, *_unknown(name), _weight(name))


def _pdd(snapshot: Snapshot, customer: str, edges: Instants, period: Period) -> pl.DataFrame:
    """Measure the post-dial delay: its mean from sums, its percentiles from the calls."""
    value = _summed(snapshot, customer, "pdd", edges, period)
    if value.is_empty():
        return value.with_columns(p50=pl.lit(None, pl.Float64), p95=pl.lit(None, pl.Float64))
    calls = bucketed(_calls(snapshot, customer, period), "epoch_us(call_time)", edges)
    found = snapshot.query(
        "SELECT bucket, quantile_cont(CAST(pdd_ms AS DOUBLE), [0.5, 0.95]) AS pdd "
        f"FROM {calls} AS calls WHERE pdd_ms IS NOT NULL GROUP BY bucket"
    )
    percentiles = _every_bucket(found, edges).select(
        pl.col("pdd").list.get(0).alias("p50"), pl.col("pdd").list.get(1).alias("p95")
    )
    return pl.concat([value, percentiles], how="horizontal")


def _calls_per_second(snapshot: Snapshot, customer: str, edges: Instants, period: Period) -> pl.DataFrame:
    """Count the attempts of each second: the fullest one of a bucket, and the mean."""
    if len(edges) == 0:
        return _max_and_mean(edges, edges, period, edges)
    calls = bucketed(_calls(snapshot, customer, period), "epoch_us(call_time)", edges)
    found = snapshot.query(
        "SELECT bucket, max(calls) AS peak, CAST(sum(calls) AS BIGINT) AS calls FROM "
        f"(SELECT bucket, epoch_us(call_time) // 1000000 AS second, count(*) AS calls FROM {calls} AS calls "
        "GROUP BY bucket, second) AS seconds GROUP BY bucket"
    )
    counted = _every_bucket(found, edges).fill_null(0)
    return _max_and_mean(counted["peak"].to_numpy(), counted["calls"].to_numpy() * 1_000_000, period, edges)


def _calls(snapshot: Snapshot, customer: str, period: Period) -> str:
    rows: str = snapshot.scan("cdr", customer=customer, start=period.start, end=period.end)
    return rows


def _every_bucket(found: pl.DataFrame, edges: Instants) -> pl.DataFrame:
    every = pl.select(bucket=pl.int_range(len(edges) - 1, dtype=pl.Int64))
    return every.join(found.cast({"bucket": pl.Int64}), on="bucket", how="left", maintain_order="left")


def _channels(snapshot: Snapshot, customer: str, edges: Instants, period: Period) -> pl.DataFrame:
    """Measure live channels: from what is stored when the edges are on minutes, else by sweep."""
    cut = _cut(edges, period)
    if len(cut) == 0:
        return _max_and_mean(cut, cut, period, edges)
    peak, area = _from_quarters(snapshot, customer, cut) or _levels(snapshot, customer, cut)
    return _max_and_mean(peak, area, period, edges)


def _levels(snapshot: Snapshot, customer: str, cut: Instants) -> Levels:
    period = Period(from_microseconds(int(cut[0])), from_microseconds(int(cut[-1])))
    if snapshot.is_narrowed or (cut % MINUTE_US).any():
        calls = snapshot.in_progress(customer, period.start, period.end)
        return swept(_instants(calls["call_time"]), _instants(calls["end_time"]), cut)
    return _from_minutes(snapshot, customer, period, cut)


def _cut(edges: Instants, period: Period) -> Instants:
    """Edges with the outer ones moved to where the period cuts their buckets."""
    return np.clip(edges, microseconds(period.start), microseconds(period.end))


def _instants(times: pl.Series) -> Instants:
    return times.dt.epoch("us").to_numpy()


def swept(begun: Instants, ended: Instants, edges: Instants) -> tuple[Instants, Instants]:
    """Sweep calls [begun, ended): the most at once in each bucket, and channels times time.

    Calls that end at the instant at which others begin do not overlap them; calls of no length
    are never in progress.

    Returns
    -------
    peak, area
        Per bucket: channels, and channel-microseconds.
    """
    first, last = edges[0], edges[-1]
    lasting = (ended > begun) & (ended > first) & (begun < last)
    begun, ended = np.maximum(begun[lasting], first), ended[lasting]
    ended = ended[ended < last]
    instants = np.concatenate([begun, ended, edges])
    changes = np.repeat(np.array([1, -1, 0]), [len(begun), len(ended), len(edges)])
    order = np.argsort(instants, kind="stable")
    instants, level = instants[order], np.cumsum(changes[order])
    settled = np.append(instants[1:] != instants[:-1], True)
    instants, level = instants[settled], level[settled]
    area = level[:-1] * np.diff(instants)
    heads = np.searchsorted(instants, edges[:-1])
    return np.maximum.reduceat(level[:-1], heads), np.add.reduceat(area, heads)


def _minutes(snapshot: Snapshot, customer: str, period: Period) -> pl.DataFrame:
    """Swept minutes of a period, in order: kept in memory, or read from the lake."""
    if snapshot.kept is not None:
        kept = snapshot.kept.minutes(snapshot, customer, microseconds(period.start), microseconds(period.end))
        if kept is not None:
            return kept

    def question(asked: Snapshot, whose: str, by: str) -> str:
        rows = asked.scan("channels", customer=whose, start=period.start, end=period.end)
        return f"SELECT {by}epoch_us(minute) AS instant, channels, peak, area_us FROM {rows} AS minutes"

    rows = answer(snapshot, customer, question, ("minutes", period), {"channels"}).cast(pl.Int64)
    # Stored in order as a rule, and looking is quicker than asking for the order.
    return rows if rows["instant"].is_sorted() else rows.sort("instant")


def _from_minutes(snapshot: Snapshot, customer: str, period: Period, edges: Instants) -> Levels:
    """Read peak and area per bucket from the swept minutes."""
    rows = _minutes(snapshot, customer, period)
    # A row of the first minute says all that there is to know of it.
    told = not rows.is_empty() and rows["instant"][0] == edges[0]
    return by_bucket(rows, 0 if told else snapshot.channels_at(customer, period.start), edges)


def _from_quarters(snapshot: Snapshot, customer: str, cut: Instants) -> Levels | None:
    """Peak and area per bucket of a long period, from quarters of an hour in memory and the ends beside them.

    None where they are not kept, or an edge lies within one.
    """
    low, high = -(-int(cut[0]) // QUARTER_US) * QUARTER_US, int(cut[-1]) // QUARTER_US * QUARTER_US
    if (
        snapshot.kept is None
        or snapshot.is_narrowed
        or high - low <= FROM_US
        or (cut[1:-1] % QUARTER_US).any()
    ):
        return None
    levels = snapshot.kept.levels.between(snapshot, customer, low, high)
    peak, area = added(levels, low, np.clip(cut, low, high))
    for bucket, begin, end in ((0, int(cut[0]), low), (-1, high, int(cut[-1]))):
        if begin < end:
            most, more = _levels(snapshot, customer, np.array([begin, end]))
            peak[bucket] = max(peak[bucket], most[0])
            area[bucket] += more[0]
    return peak, area


def _max_and_mean(peak: Instants, area: Instants, period: Period, edges: Instants) -> pl.DataFrame:
    """Frame of a figure with a peak, and an area that the mean is divided from."""
    lengths = np.diff(_cut(edges, period))
    mean = quotient([pl.Series("mean", area, pl.Int64), pl.Series("length", lengths, pl.Int64)])
    most = pl.Series("max", peak, pl.Int64)
    return pl.DataFrame([most.alias("value"), most, mean])


MEASURED: Final[dict[str, Callable[[Snapshot, str, Instants, Period], pl.DataFrame]]] = {
    "channels": _channels,
    "cps": _calls_per_second,
    "pdd": _pdd,
}
"""Figures that sums do not give."""
