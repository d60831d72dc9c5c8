"""The summary's tables: which buckets each shows, newest at the end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cxreports.clock import Bucket, Period, zone
from cxreports.figures.summary import WIDTHS
from cxreports.language import marked

NOTE: Final = marked("24-hour UTC · the figures that billing uses")

_UTC: Final = zone("UTC")


@dataclass(frozen=True)
class Tab:
    """A table of the summary.

    Attributes
    ----------
    by
        Bucket, as a summary takes it.
    buckets
        The most of them that are shown, the current one included; of hours, the last ones to the minute.
    label, heading
        Texts of the tab, and over the first column.
    """

    id: str
    label: str
    by: str
    buckets: int
    heading: str


TABS: Final = (
    # For translators: the last 24 hours by the hour, the current one included
    Tab("live", marked("Live"), "hour", 24, marked("Hour (UTC)")),
    Tab("daily", marked("Daily"), "day", 31, marked("Day (UTC)")),
    Tab("weekly", marked("Weekly"), "week", 13, marked("Week from (UTC)")),
    Tab("monthly", marked("Monthly"), "month", 13, marked("Month (UTC)")),
)


def shown_period(tab: Tab, first: datetime, now: datetime) -> Period:
    """Period of a tab: its last buckets, but none before the first call.

    The hours are those of the figures above the graphs, and add up to them: they end with the data, and
    the first one begins as long before.

    Parameters
    ----------
    first
        The customer's first call: no bucket before it is shown.
    now
        Time up to which buckets are shown; the one that it lies in is the newest.
    """
    if tab.id == "live":
        return Period.last(f"{tab.buckets}h", now)
    bucket = Bucket.of(WIDTHS[tab.by])
    end = bucket.after(now, _UTC)
    start = bucket.floor(now, _UTC)
    for _ in range(tab.buckets - 1):
        start = bucket.floor(start - timedelta(microseconds=1), _UTC)
    return Period(max(start, bucket.floor(first, _UTC)), end)
