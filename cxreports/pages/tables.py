"""The summary's tables: which buckets each shows, newest at the end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cxreports.clock import Bucket, Period, zone
from cxreports.summary import WIDTHS

NOTE: Final = "24-hour UTC · the figures that billing uses"

_UTC: Final = zone("UTC")


@dataclass(frozen=True)
class Tab:
    """A table of the summary.

    Attributes
    ----------
    by
        Bucket, as a summary takes it.
    buckets
        The most of them that are shown, the current one included.
    heading, total
        Texts over the first column and under it.
    """

    id: str
    label: str
    by: str
    buckets: int
    heading: str
    total: str


TABS: Final = (
    Tab("live", "Live", "hour", 24, "Hour (UTC)", "24 hours"),
    Tab("daily", "Daily", "day", 31, "Day (UTC)", "{n} days"),
    Tab("weekly", "Weekly", "week", 13, "Week from (UTC)", "{n} weeks"),
    Tab("monthly", "Monthly", "month", 13, "Month (UTC)", "{n} months"),
)


def shown_period(tab: Tab, first: datetime, now: datetime) -> Period:
    """Give the period of a tab: its last buckets, but none before the first call.

    Parameters
    ----------
    first
        The customer's first call: no bucket before it is shown.
    now
        Time up to which buckets are shown; the one that it lies in is the newest.
    """
    bucket = Bucket.of(WIDTHS[tab.by])
    end = bucket.after(now, _UTC)
    start = bucket.floor(now, _UTC)
    for _ in range(tab.buckets - 1):
        start = bucket.floor(start - timedelta(microseconds=1), _UTC)
    return Period(start if tab.id == "live" else max(start, bucket.floor(first, _UTC)), end)
