"""Tables of a customer's figures by hour, day, week or month: the figures that billing uses.

Always in UTC, always exact: sums of whole numbers and decimals, divided last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from cxreports.clock import Bucket, Period, Time, microseconds, zone
from cxreports.errors import BadTime
from cxreports.figures.bucket_sums import (
    asked_period,
    bucket_sums,
    folded,
    so_far,
    span,
    starts,
    sums_at_once,
    usual_currency,
    whole_span,
)
from cxreports.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxreports.clock import Instants
    from cxreports.lake.snapshot import Snapshot

WIDTHS: Final = {"hour": "1h", "day": "1d", "week": "1w", "month": "1mo"}
"""What a summary can be by; weeks start on Monday (ISO 8601)."""

_FIGURES: Final = (
    "attempts", "connected", "asr", "acd", "ner", "pdd", "dtmf_calls", "dtmf",
    "duration", "billed_duration", "charge",
)  # fmt: skip

UNKNOWN: Final = {
    "duration_unknown": pl.col("duration_unknown"),
    "billed_duration_unknown": pl.col("billed_unknown"),
    "charge_unknown": pl.col("unpriced"),
    "pdd_unknown": pl.col("attempts") - pl.col("pdd_count"),
    "dtmf_unknown": pl.col("dtmf_unknown"),
}
"""Calls of which a part is not known, by column of a summary."""

_NEVER: Final = Period.of("1970-01-01", "1970-01-01")


def summary(
    snapshot: Snapshot,
    customer: str,
    by: str = "day",
    *,
    start: Time | None = None,
    end: Time | None = None,
    weighed: bool = False,
) -> pl.DataFrame:
    """A customer's figures by hour, day, week or month, in UTC.

    Parameters
    ----------
    customer
        A customer's id, or ``all``.
    by
        ``hour``, ``day``, ``week`` (from Monday) or ``month``.
    start, end
        Half-open period; by default the buckets from the first call to the last. Calls outside
        it do not count, even in a bucket that it cuts.
    weighed
        Whether each ratio's `above` and `below` follow as further columns (``asr_pct_above``,
        ``asr_pct_below``, …), from which the ratio of several rows together is computed,
        ``user_side``, the calls that the called user ended, and ``so_far``, which marks buckets that are
        not over as of the data's reach.

    Returns
    -------
    polars.DataFrame
        ``start`` (UTC), ``attempts``, ``connected``, ``asr_pct``, ``acd_s``, ``ner_pct``,
        ``pdd_ms``, ``dtmf_calls``, ``dtmf_pct``, ``duration_s``, ``billed_duration_s``,
        ``charge`` (decimal), ``currency``, and of how many calls a part is not known:
        ``duration_unknown``, ``billed_duration_unknown``, ``charge_unknown``, ``dtmf_unknown``
        (connected calls) and ``pdd_unknown`` (attempts). Sums add up what is known, means divide by
        it, and null is what nothing is known of. Every bucket has its row: without calls, counts and
        durations are 0, ratios null, and the charge 0 if the customer's calls have one
        currency. A charge of several currencies is null, its currency ``mixed``: see `charges`.

    Raises
    ------
    NoSuchCustomer
        The customer has no call in the lake.
    BadTime
        `by`, `start` or `end` cannot be understood.
    """
    bucket = _bucket(by)
    period = asked_period(start, end, whole_span(snapshot, customer, bucket, zone("UTC")) or _NEVER)
    edges = bucket.edges(period.start, period.end, zone("UTC"))
    return _table(snapshot, customer, edges, period, weighed=weighed)


def totals(
    snapshot: Snapshot, customer: str, *, start: Time | None = None, end: Time | None = None
) -> pl.DataFrame:
    """A customer's figures over a whole period: one row, the columns of `summary`.

    The ratios are those of the sums, so the last line under a summary agrees with its CDRs.
    """
    period = asked_period(start, end, span(snapshot, customer) or _NEVER)
    return _table(snapshot, customer, _one_bucket(period), period)


@dataclass(frozen=True)
class Asked:
    """A table that is asked for together with others.

    Attributes
    ----------
    period
        Calls outside it do not count.
    by
        ``hour``, ``day``, ``week`` or ``month``; None for one row of the whole period.
    weighed
        As `summary` takes it.
    """

    period: Period
    by: str | None = None
    weighed: bool = False

    @property
    def edges(self) -> Instants:
        """Of its buckets."""
        if self.by is None:
            return _one_bucket(self.period)
        return _bucket(self.by).edges(self.period.start, self.period.end, zone("UTC"))


def tables_at_once(snapshot: Snapshot, customer: str, asked: Sequence[Asked]) -> list[pl.DataFrame]:
    """Several tables read from the lake at once: the same as `summary` and `totals` give one by one."""
    span(snapshot, customer)
    sums = sums_at_once(snapshot, customer, _FIGURES, [(each.edges, each.period) for each in asked])
    return [
        _figures(snapshot, customer, each.edges, part, weighed=each.weighed)
        for each, part in zip(asked, sums, strict=True)
    ]


def charges(
    snapshot: Snapshot,
    customer: str,
    by: str | None = None,
    *,
    start: Time | None = None,
    end: Time | None = None,
) -> pl.DataFrame:
    """What was charged in each currency, over the whole period or by hour, day, week, month.

    Returns
    -------
    polars.DataFrame
        ``start`` (UTC), ``currency``, ``attempts``, ``connected``, ``charge``; a row where there
        are calls. The charge is null where no call has a price.
    """
    if by is None:
        period = asked_period(start, end, span(snapshot, customer) or _NEVER)
        edges = _one_bucket(period)
    else:
        bucket = _bucket(by)
        period = asked_period(start, end, whole_span(snapshot, customer, bucket, zone("UTC")) or _NEVER)
        edges = bucket.edges(period.start, period.end, zone("UTC"))
    begun = starts(edges, "UTC").to_frame().with_row_index("bucket").cast({"bucket": pl.Int64})
    return (
        bucket_sums(snapshot, customer, ("attempts", "connected", "charge"), edges, period)
        .join(begun, on="bucket", maintain_order="left")
        .select("start", "currency", "attempts", "connected", "charge")
    )


def _bucket(by: str) -> Bucket:
    if by not in WIDTHS:
        raise BadTime(f"a summary is by {', '.join(WIDTHS)}, not by {by!r}: series take other widths")
    return Bucket.of(WIDTHS[by])


def _one_bucket(period: Period) -> Instants:
    edges = np.array([microseconds(period.start), microseconds(period.end)], np.int64)
    return edges if period.end > period.start else edges[:0]


def above(column: str) -> str:
    """Name the column with what a ratio's weight divides."""
    return f"{column}_above"


def below(column: str) -> str:
    """Name the column with a ratio's weight."""
    return f"{column}_below"


def _weights() -> Iterator[pl.Expr]:
    for metric in map(METRICS.__getitem__, _FIGURES):
        if metric.above is not None and metric.below is not None:
            yield metric.above.alias(above(metric.column))
            yield metric.below.alias(below(metric.column))
    yield pl.col("user_side")


def _table(
    snapshot: Snapshot, customer: str, edges: Instants, period: Period, *, weighed: bool = False
) -> pl.DataFrame:
    span(snapshot, customer)
    sums = bucket_sums(snapshot, customer, _FIGURES, edges, period)
    return _figures(snapshot, customer, edges, sums, weighed=weighed)


def _figures(
    snapshot: Snapshot, customer: str, edges: Instants, sums: pl.DataFrame, *, weighed: bool
) -> pl.DataFrame:
    usual = usual_currency(snapshot, customer, sums)
    return folded(sums, max(len(edges) - 1, 0), usual).select(
        starts(edges, "UTC"),
        *(METRICS[each].expr.alias(METRICS[each].column) for each in _FIGURES),  # type: ignore[union-attr]
        pl.col("currency"),
        *(expr.alias(column) for column, expr in UNKNOWN.items()),
        *(_weights() if weighed else ()),
        *([so_far(edges, snapshot)] if weighed else ()),
    )
