"""The four graphs: their series, and what they show in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cxreports.metrics import METRICS
from cxreports.pages.wording import number
from cxreports.series import series

if TYPE_CHECKING:
    import polars as pl

    from cxreports.clock import Period
    from cxreports.lake.snapshot import Snapshot

GRAPHS: Final = ("channels", "asr", "acd", "dtmf")
"""Metrics of the four graphs, in their order."""


def graph_frames(
    snapshot: Snapshot, customer: str, period: Period, every: str, tz: str
) -> dict[str, pl.DataFrame]:
    """Read the series of all graphs, by metric."""
    return {
        name: series(snapshot, customer, name, every=every, start=period.start, end=period.end, tz=tz)
        for name in GRAPHS
    }


def described(name: str, frame: pl.DataFrame, tz: str) -> str:
    """Say what a graph shows, for people who cannot see it."""
    metric = METRICS[name]
    values = frame["value"].drop_nulls()
    if values.is_empty():
        return f"{metric.label}: no calls in this period."
    low, high = values.min(), values.max()
    said = f"{number(low, metric.decimals)} to {number(high, metric.decimals)} {metric.unit}"  # type: ignore[arg-type]
    begin, end = frame["start"][0], frame["start"][-1]
    return f"{metric.label} from {begin:%-d %b %H:%M} to {end:%-d %b %H:%M} ({tz}): {said}."
