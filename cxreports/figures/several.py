"""Several series of one period, read from the lake at once: what `series` gives one by one.

A page shows many ratios of the same sums; adding them up once for all takes a third of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cxreports.clock import Bucket, Period, zone
from cxreports.figures.bucket_sums import bucket_sums, folded, span, starts
from cxreports.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from cxreports.clock import Time
    from cxreports.lake.snapshot import Snapshot

COLUMNS: Final[dict[str, dict[str, str]]] = {
    "asr": {"value": "asr"},
    "acd": {"value": "acd"},
    "ner": {"value": "ner"},
    "dtmf": {"value": "dtmf", "calls": "dtmf_calls"},
    "attempts": {"value": "attempts", "connected": "connected"},
}
"""What can be read together: the columns of each series, and the metrics that they are."""


def several(
    snapshot: Snapshot, customer: str, names: Sequence[str], *, every: str, start: Time, end: Time, tz: str
) -> dict[str, pl.DataFrame]:
    """Give some metrics over time.

    Parameters
    ----------
    names
        Out of `COLUMNS`.
    customer, every, start, end, tz
        As `series` takes them.

    Returns
    -------
    dict of polars.DataFrame
        By name: ``start`` and ``value`` as `series` gives them; ``calls`` beside them for ``dtmf``, and
        ``connected`` for ``attempts``.

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
    metrics = {metric for name in names for metric in COLUMNS[name].values()}
    sums = folded(bucket_sums(snapshot, customer, metrics, edges, period), max(0, len(edges) - 1))
    begun = starts(edges, within.key)
    return {
        name: sums.select(
            begun,
            *(
                METRICS[metric].expr.alias(column)  # type: ignore[union-attr]
                for column, metric in COLUMNS[name].items()
            ),
        )
        for name in names
    }
