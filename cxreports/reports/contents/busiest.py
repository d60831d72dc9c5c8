"""The minute of a period in which most calls went on at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxreports.figures.series import series
from cxreports.pages.headline import Busiest

if TYPE_CHECKING:
    from cxreports.clock import Period
    from cxreports.lake.snapshot import Snapshot

__all__ = ["Busiest", "busiest"]


def busiest(snapshot: Snapshot, customer: str, period: Period) -> Busiest:
    """First of the busiest minutes of a period."""
    minutes = series(snapshot, customer, "channels", every="1m", start=period.start, end=period.end)
    most = minutes["max"].arg_max()
    if most is None or not minutes["max"][most]:
        return Busiest(0, None)
    return Busiest(minutes["max"][most], minutes["start"][most])
