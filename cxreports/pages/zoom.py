"""Zoom: which stretch of time the graphs read, and how finely."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cxreports.clock import Bucket, Period, zone
from cxreports.pages.view import bucket_width

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.clock import Instants

_LEAST = timedelta(minutes=5)
"""A shorter stretch is read as this one, in buckets of a minute."""


@dataclass(frozen=True)
class Window:
    """What graphs read.

    Attributes
    ----------
    period
        Stretch of time: whole buckets where it is zoomed to, else the page's period.
    every
        Width of the buckets.
    """

    period: Period
    every: str

    @classmethod
    def whole(cls, period: Period) -> Window:
        """Window of a page that is not zoomed."""
        return cls(period, bucket_width(period.length))

    @classmethod
    def minute(cls, at: datetime) -> Window:
        """Window of the minute that a time lies in."""
        bucket, within = Bucket.of("1m"), zone("UTC")
        return cls(Period(bucket.floor(at, within), bucket.after(at, within)), "1m")

    @classmethod
    def zoomed(cls, stretch: Period, tz: str) -> Window:
        """Window of a zoom: the buckets of the zone's clocks that a stretch touches."""
        end = max(stretch.end, stretch.start + _LEAST)
        every = bucket_width(end - stretch.start)
        bucket, within = Bucket.of(every), zone(tz)
        return cls(Period(bucket.floor(stretch.start, within), bucket.ceil(end, within)), every)

    def earlier(self, length: timedelta) -> Window:
        """Same stretch so much earlier."""
        return Window(Period(self.period.start - length, self.period.end - length), self.every)

    def edges(self, tz: str) -> Instants:
        """Edges of its buckets."""
        return Bucket.of(self.every).edges(self.period.start, self.period.end, zone(tz))
