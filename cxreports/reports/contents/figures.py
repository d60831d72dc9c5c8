"""Figures that several parts of a report show, each read once for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxreports.figures import breakdown
from cxreports.figures.summary import summary, totals
from cxreports.reports import running

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from cxreports.clock import Period
    from cxreports.lake.snapshot import Snapshot


def whole(snapshot: Snapshot, customer: str, period: Period) -> dict[str, Any]:
    """Figures of a whole period: the row of `cxreports.figures.summary.totals`."""
    return running.once(
        ("totals", customer, period),
        lambda: totals(snapshot, customer, start=period.start, end=period.end).row(0, named=True),
    )


def rows(snapshot: Snapshot, customer: str, by: str, period: Period) -> pl.DataFrame:
    """Summary of a period, with the weights of its ratios."""
    return running.once(
        ("summary", customer, by, period),
        lambda: summary(snapshot, customer, by, start=period.start, end=period.end, weighed=True),
    )


def broken_down(
    snapshot: Snapshot, customer: str, period: Period
) -> tuple[Callable[[int], pl.DataFrame], pl.DataFrame]:
    """Destinations and final SIP codes of a period: see `cxreports.figures.breakdown.both`."""
    return running.once(
        ("breakdown", customer, period),
        lambda: breakdown.both(snapshot, customer, start=period.start, end=period.end),
    )
