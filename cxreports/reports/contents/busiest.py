"""The minute of a period in which most calls went on at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxreports.clock import Period
from cxreports.figures.series import series
from cxreports.pages.headline import Busiest

if TYPE_CHECKING:
    from cxreports.lake.snapshot import Snapshot

__all__ = ["Busiest", "busiest"]


def busiest(snapshot: Snapshot, customer: str, period: Period) -> Busiest:
    """First of the busiest minutes: the busiest day first, then its busiest minute."""
    days = series(snapshot, customer, "channels", every="1d", start=period.start, end=period.end)
    most = days["max"].arg_max()
    if most is None or not days["max"][most]:
        return Busiest(0, None)
    starts = days["start"].to_list()
    within = Period(
        max(period.start, starts[most]), starts[most + 1] if most + 1 < len(starts) else period.end
    )
    minutes = series(snapshot, customer, "channels", every="1m", start=within.start, end=within.end)
    row = minutes.row(minutes["max"].arg_max() or 0, named=True)
    return Busiest(row["max"], row["start"])
