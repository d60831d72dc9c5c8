"""Presets of the range control: lengths up to now, and days and months of the zone's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cxreports.clock import Bucket, Period
from cxreports.language import marked

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Preset:
    """A period that follows from what time it is.

    Attributes
    ----------
    id
        As addresses have it: ``24h``, ``this_month``.
    label, title
        On the range control, and in full.
    figure
        How a figure's name says it.
    before
        What the period that it is compared with is called.
    unit
        Unit of the calendar, ``1d`` or ``1mo``; empty where the id is a length that ends now.
    ago
        How many units before the one that runs.
    """

    id: str
    label: str
    title: str
    figure: str
    before: str
    unit: str = ""
    ago: int = 0

    def span(self, now: datetime, within: ZoneInfo) -> Period:
        """Period at a time.

        What is not over ends `now`, and a day no later than its midnight.
        """
        if not self.unit:
            return Period.last(self.id, now)
        bucket = Bucket.of(self.unit)
        start, over = bucket.floor(now, within), bucket.after(now, within)
        if not self.ago:
            return Period(start, min(max(now, start + _INSTANT), over))
        for _ in range(self.ago):
            start, over = bucket.floor(start - _INSTANT, within), start
        return Period(start, over)

    def earlier(self, period: Period, within: ZoneInfo) -> Period:
        """Period that one of this preset is compared with.

        A day or month that is over is compared with the whole one before, one that runs with as long a
        part of it.
        """
        if not self.unit:
            return period.previous()
        start = Bucket.of(self.unit).floor(period.start - _INSTANT, within)
        return Period(start, period.start if self.ago else min(start + period.length, period.start))


_DAY_BEFORE: Final = marked("the day before")
_MONTH_BEFORE: Final = marked("the month before")

PRESETS: Final = (
    Preset(
        "24h", marked("24 h"), marked("The last 24 hours"), marked("{figure}, 24 h"), marked("24 h before")
    ),
    Preset("7d", marked("7 d"), marked("The last 7 days"), marked("{figure}, 7 d"), marked("7 d before")),
    Preset(
        "30d", marked("30 d"), marked("The last 30 days"), marked("{figure}, 30 d"), marked("30 d before")
    ),
    Preset("today", marked("Today"), marked("Today so far"), marked("{figure}, today"), _DAY_BEFORE, "1d"),
    Preset(
        "yesterday",
        marked("Yesterday"),
        marked("The whole day"),
        marked("{figure}, yesterday"),
        _DAY_BEFORE,
        "1d",
        ago=1,
    ),
    Preset(
        "this_month",
        marked("This month"),
        marked("This month so far"),
        marked("{figure}, this month"),
        _MONTH_BEFORE,
        "1mo",
    ),
    Preset(
        "last_month",
        marked("Last month"),
        marked("The whole month"),
        marked("{figure}, last month"),
        _MONTH_BEFORE,
        "1mo",
        ago=1,
    ),
)
"""The presets as the range control lists them; their texts are not yet translated."""

BY_ID: Final = {preset.id: preset for preset in PRESETS}

DAY: Final = PRESETS[0].id
"""The period that a page opens with when nobody chose another."""


def before_label(period: str) -> str:
    """What the period before one of an id is called, not yet translated."""
    return BY_ID[period].before if period in BY_ID else marked("the period before")
