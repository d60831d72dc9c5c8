"""Zoom: which stretch of time the graphs read, and how finely."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cxreports.clock import Bucket, Period, zone
from cxreports.pages.view import bucket_width

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAST = timedelta(minutes=5)
"""A shorter stretch is read as this one, in buckets of a minute."""


@dataclass(frozen=True)
class Window:
    """What graphs read.

    Attributes
    ----------
    period
        Stretch of time, whole buckets but at the ends of the page's period.
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
    def zoomed(cls, period: Period, domain: Sequence[float], tz: str) -> Window:
        """Window of a zoom, with as much before and after it, so that it can be moved.

        Parameters
        ----------
        period
            The page's period, which the window never leaves.
        domain
            Ends of the stretch that is seen, milliseconds on the zone's clocks.
        tz
            The zone.
        """
        whole, within = cls.whole(period), zone(tz)
        start, end = (_moment(each, tz) for each in (min(domain), max(domain)))
        seen = max(end - start, _LEAST)
        every = bucket_width(seen)
        bucket = Bucket.of(every)
        first = max(period.start, bucket.floor(start - seen, within))
        last = min(period.end, bucket.ceil(end + seen, within))
        if every == whole.every or first >= last:
            return whole
        return cls(Period(first, last), every)

    def earlier(self, length: timedelta) -> Window:
        """Same stretch so much earlier."""
        return Window(Period(self.period.start - length, self.period.end - length), self.every)


def _moment(clock_ms: float, tz: str) -> datetime:
    """Instant at which the zone's clocks show a time."""
    shown = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=clock_ms)
    return shown.replace(tzinfo=zone(tz)).astimezone(UTC)
