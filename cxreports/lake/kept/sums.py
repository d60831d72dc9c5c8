"""Sums of buckets, added up from rows in memory."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cxreports.clock import HOUR_US
from cxreports.lake.kept.spans import MOST_ENDS, Span, stored_spans

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxreports.clock import Instants
    from cxreports.lake.kept.rows import KeptRows
    from cxreports.lake.snapshot import Snapshot


def kept_sums(
    kept: KeptRows,
    snapshot: Snapshot,
    customer: str,
    names: tuple[str, ...],
    edges: Instants,
    period: Span,
    last: int | None,
) -> pl.DataFrame | None:
    """Sums of the calls of a period per bucket, and per currency where charges are asked for.

    Parameters
    ----------
    names
        Out of the columns of `SUMS`.
    edges
        Of the buckets, microseconds since 1970.
    last
        After the customer's last call.

    Returns
    -------
    polars.DataFrame or None
        As `cxreports.figures.bucket_sums.bucket_sums` gives them. None where not all of it is in memory.
    """
    low, high = period
    found: list[pl.DataFrame | None] = []
    for kind, spans in stored_spans(kept.widths(snapshot, low, high), edges, low, high, last):
        if kind != "cdr":
            found += [kept.sums(snapshot, kind, customer, *each, high - low) for each in spans]
        elif sum(end - begin for begin, end in spans) > MOST_ENDS * HOUR_US:
            return None
        else:
            hours = [each for span in spans for each in _hours(*span)]
            found += [kept.calls(snapshot, customer, *each) for each in hours]
    rows = [each for each in found if each is not None]
    if not rows or len(rows) < len(found):
        return None
    keys = ["bucket", "currency"] if "charge" in names else ["bucket"]
    every = pl.concat([each.select("instant", "currency", *names) for each in rows])
    bucket = pl.Series("bucket", np.searchsorted(edges, every["instant"].to_numpy(), "right") - 1)
    types = {name: kind for name, kind in every.schema.items() if name in names}
    sums = every.lazy().with_columns(bucket).group_by(keys).agg(added(names))
    return sums.sort(keys).cast(pl.Schema(types)).collect()


def added(names: Iterable[str]) -> list[pl.Expr]:
    """Sums of sums: null where none of them is known."""
    return [pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name) for name in names]


def _hours(begin: int, end: int) -> list[Span]:
    """A span, cut at full hours."""
    inside = range((begin // HOUR_US + 1) * HOUR_US, end, HOUR_US)
    return list(pairwise([begin, *inside, end]))
