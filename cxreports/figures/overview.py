"""All customers beside each other: the figures of a period and of the one before, a row each.

Each table is asked once for everybody, however many they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import microseconds
from cxreports.figures.bucket_sums import sources
from cxreports.figures.summary import above, below
from cxreports.metrics import METRICS, added_sums_sql, sums_behind

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.clock import Period
    from cxreports.lake.snapshot import Snapshot

_METRICS: Final = ("attempts", "connected", "asr", "acd")
_BEFORE: Final = "before_"


def overview(snapshot: Snapshot, period: Period, now: datetime | None) -> pl.DataFrame:
    """Each customer's figures of a period, beside those of the period before.

    Parameters
    ----------
    period
        Stretch of time; the one before is as long.
    now
        Time of the live channels; None where they are not known.

    Returns
    -------
    polars.DataFrame
        ``customer``, ``last_call`` (UTC), ``channels``, ``attempts``, ``connected``, ``asr_pct``,
        ``acd_s``, ``duration_unknown``, what weighs these ratios (``asr_pct_above`` over ``asr_pct_below``
        and so on), ``before_attempts``, ``before_asr_pct``; a row for every customer of the lake, by id.
        Without calls in a period counts are 0 and ratios null; channels are null where not known.
    """
    known = snapshot.customers().select("customer", "last_call")
    current, before = (_figures(snapshot, each) for each in (period, period.previous()))
    before = before.select("customer", pl.col("attempts", "asr_pct").name.prefix(_BEFORE))
    figures = (
        known.join(current, on="customer", how="left")
        .join(before, on="customer", how="left")
        .with_columns(pl.col("attempts", "connected", "duration_unknown", "before_attempts").fill_null(0))
        .sort("customer")
    )
    if now is None:
        return figures.with_columns(channels=pl.lit(None, pl.Int64))
    channels = snapshot.channels_by_customer(now)
    return figures.join(channels, on="customer", how="left", maintain_order="left").with_columns(
        pl.col("channels").fill_null(0)
    )


def _figures(snapshot: Snapshot, period: Period) -> pl.DataFrame:
    names = sums_behind(_METRICS)
    ends = np.array([microseconds(period.start), microseconds(period.end)], np.int64)
    parts = " UNION ALL ".join(
        f"SELECT customer, {columns} FROM {rows} AS rows GROUP BY customer"
        for rows, _, columns in sources(snapshot, ALL_CUSTOMERS, names, ends, period)
    )
    sums = snapshot.query(
        f"SELECT customer, {added_sums_sql(names)} FROM ({parts}) AS parts GROUP BY customer"
    )
    asked = [METRICS[each] for each in _METRICS]
    return sums.select(
        "customer",
        *(each.expr.alias(each.column) for each in asked if each.expr is not None),
        "duration_unknown",
        *(each.above.alias(above(each.column)) for each in asked if each.above is not None),
        *(each.below.alias(below(each.column)) for each in asked if each.below is not None),
    )
