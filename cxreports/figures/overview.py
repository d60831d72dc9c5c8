"""All customers beside each other: the figures of a period and of the one before, a row each.

Each table is asked once for everybody, however many they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cxreports.figures.summary import above
from cxreports.metrics import METRICS, added_sums_sql, sums_behind

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.clock import Period
    from cxreports.lake.snapshot import Snapshot

_METRICS: Final = ("attempts", "connected", "asr", "acd")
_BEFORE: Final = "before_"


def overview(snapshot: Snapshot, period: Period, now: datetime) -> pl.DataFrame:
    """Each customer's figures of a period, beside those of the period before.

    Parameters
    ----------
    period
        From a full hour to a full hour; the one before is as long.
    now
        Time of the live channels.

    Returns
    -------
    polars.DataFrame
        ``customer``, ``last_call`` (UTC), ``channels``, ``attempts``, ``connected``, ``asr_pct``,
        ``acd_s``, what weighs these ratios (``asr_pct_above``, ``acd_s_above`` over attempts and
        connected), ``before_attempts``, ``before_asr_pct``; a row for every customer of the lake, by id.
        Without calls in a period counts are 0 and ratios null.
    """
    known = snapshot.customers().select("customer", "last_call")
    current, before = (_figures(snapshot, each) for each in (period, period.previous()))
    before = before.select("customer", pl.col("attempts", "asr_pct").name.prefix(_BEFORE))
    counts = ("attempts", "connected", "before_attempts", "channels")
    return (
        known.join(current, on="customer", how="left")
        .join(before, on="customer", how="left")
        .join(snapshot.channels_by_customer(now), on="customer", how="left")
        .with_columns(pl.col(*counts).fill_null(0))
        .sort("customer")
    )


def _figures(snapshot: Snapshot, period: Period) -> pl.DataFrame:
    names = sums_behind(_METRICS)
    sums = snapshot.query(
        f"SELECT customer, {added_sums_sql(names)} FROM "
        f"{snapshot.scan('hourly', start=period.start, end=period.end)} AS hours GROUP BY customer"
    )
    asked = [METRICS[each] for each in _METRICS]
    return sums.select(
        "customer",
        *(each.expr.alias(each.column) for each in asked if each.expr is not None),
        *(each.above.alias(above(each.column)) for each in asked if each.above is not None),
    )
