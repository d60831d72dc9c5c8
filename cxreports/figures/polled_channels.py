"""Channels as the switches said, beside what the call records know: a line until they come, then a check.

A poll sees a moment, the records every call: between two polls calls come and go, so the records' peak may be
higher. Fewer channels by the records than by the polls mean records that are missing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from cxreports.clock import from_microseconds
from cxreports.figures.series import series

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.clock import Instants
    from cxreports.lake.polls.poll_table import PollTable
    from cxreports.lake.snapshot import Snapshot

HOUR: Final = timedelta(hours=1)

TOLERATED: Final = 0.02
"""Share by which the means of an hour may differ: polls are a sample."""

TOLERATED_CHANNELS: Final = 0.5
"""Channels by which they may differ, where there are few."""


def polled(table: PollTable, customer: str, edges: Instants) -> pl.DataFrame | None:
    """Most channels of each bucket, as the switches said.

    Parameters
    ----------
    edges
        Edges of the buckets, ascending.

    Returns
    -------
    polars.DataFrame
        ``start`` (UTC) and ``most`` of the buckets that were polled; None where there is nothing.
    """
    if len(edges) < 2:  # noqa: PLR2004 (a bucket has two)
        return None
    minutes = table.minutes(customer, from_microseconds(int(edges[0])), from_microseconds(int(edges[-1])))
    if minutes is None or minutes.is_empty():
        return None
    at = minutes["minute"].dt.epoch("us").to_numpy()
    bucket = edges[np.searchsorted(edges, at, side="right") - 1]
    found = minutes.select("most", start=pl.Series(bucket).cast(pl.Datetime("us", "UTC")))
    return found.group_by("start", maintain_order=True).agg(pl.col("most").max())


def compared(
    table: PollTable, snapshot: Snapshot, customer: str, start: datetime, end: datetime
) -> pl.DataFrame:
    """Hours of a period, with the mean of channels by the switches and by the records in the polled minutes.

    Returns
    -------
    polars.DataFrame
        ``hour`` (UTC), ``minutes`` (that were polled), ``polled``, ``recorded`` (mean channels), ``missing``:
        channel-hours that the records lack, null where the difference is within what polling tells.
    """
    minutes = table.minutes(customer, start, end)
    if minutes is None or minutes.is_empty():
        return pl.DataFrame(schema=_COMPARED)
    recorded = series(snapshot, customer, "channels", every="1m", start=start, end=end)
    known = recorded.select(minute=pl.col("start").dt.convert_time_zone("UTC"), recorded=pl.col("mean"))
    joined = minutes.join(known, on="minute", how="left").with_columns(pl.col("recorded").fill_null(0.0))
    hours = joined.group_by(hour=pl.col("minute").dt.truncate("1h"), maintain_order=True).agg(
        minutes=pl.len().cast(pl.Int64), polled=pl.col("mean").mean(), recorded=pl.col("recorded").mean()
    )
    lacking = pl.col("polled") - pl.col("recorded")
    tells = lacking > pl.max_horizontal(TOLERATED * pl.col("polled"), TOLERATED_CHANNELS)
    return hours.with_columns(missing=pl.when(tells).then(lacking * pl.col("minutes") / 60)).select(
        *_COMPARED
    )


_COMPARED: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "hour": pl.Datetime("us", "UTC"),
    "minutes": pl.Int64,
    "polled": pl.Float64,
    "recorded": pl.Float64,
    "missing": pl.Float64,
}
