"""Columns of a summary that sums do not give: maxima, means over time and percentiles, read from the calls.

They cost a read of the calls or of the minutes, so a table asks for those alone that somebody looks at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import polars as pl

from cxreports.clock import Bucket, microseconds, zone
from cxreports.figures.series import measures
from cxreports.figures.summary import WIDTHS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxreports.clock import Instants, Period
    from cxreports.lake.snapshot import Snapshot


class Measured(NamedTuple):
    """A column: which metric it is of, and which of the metric's figures."""

    metric: str
    figure: str


MEASURED_COLUMNS: Final = {
    "channels_max": Measured("channels", "max"),
    "channels_mean": Measured("channels", "mean"),
    "cps_max": Measured("cps", "max"),
    "cps_mean": Measured("cps", "mean"),
    "pdd_p50_ms": Measured("pdd", "p50"),
    "pdd_p95_ms": Measured("pdd", "p95"),
}
"""Every such column, by name."""


def measured(
    snapshot: Snapshot, customer: str, by: str, period: Period, within: Period, names: Iterable[str]
) -> tuple[pl.DataFrame, dict[str, float | None]]:
    """Columns of a summary by hour, day, week or month in UTC, and what they are over the whole period.

    The last are no sums of the column: the most at once, the mean and the percentile of all its calls.

    Parameters
    ----------
    period
        Whole buckets; a row is given for each.
    within
        The part of it that is over: means are over this.
    names
        Out of `MEASURED_COLUMNS`.
    """
    wanted = {name: MEASURED_COLUMNS[name] for name in names}
    edges = Bucket.of(WIDTHS[by]).edges(period.start, period.end, zone("UTC"))
    columns: list[pl.Series] = []
    whole: dict[str, float | None] = {}
    for metric in dict.fromkeys(each.metric for each in wanted.values()):
        rows = measures(snapshot, customer, metric, edges, within)
        total = measures(snapshot, customer, metric, _ends(within), within)
        for name, each in wanted.items():
            if each.metric == metric:
                columns.append(rows[each.figure].cast(pl.Float64).alias(name))
                whole[name] = total[each.figure][0] if total.height else None
    return pl.DataFrame(columns), whole


def _ends(period: Period) -> Instants:
    return np.array([microseconds(period.start), microseconds(period.end)], np.int64)
