"""Holidays: days that are unlike their weekday from their first hour on.

One that is over teaches nothing (`far_days`). One that goes on is known by its calls alone (`kind_of`):
after a day as usual they are few from midnight on, or those of a Sunday. That calls are missing on it is no
deviation. Calls that stop in the course of a day, or stay away for a second one, are; shares and means are
judged as ever.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from cxreports.alerts.learning.bands import DAY, DRIFT, LIMIT, SPANS, WEEK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxreports.alerts.learning.bands import Band, Finding, Floats, Hours, Whole

Kind = Literal["", "quiet", "sunday"]
"""None, one with few calls, one with those of a Sunday."""

FEWEST: Final = 10.0
"""Calls that must be expected of hours before they say what a day is like."""

_SUNDAY: Final = 6 * DAY
_FACTOR: Final = 2.0
"""A day has few calls, or many, below and above so many times less and more than usual."""


def far_days(history: Hours) -> frozenset[int]:
    """Local days with less than half or more than twice the calls that are usual on their weekday."""
    days, place = np.unique(history.day, return_inverse=True)
    totals: Floats = np.bincount(place, weights=history.above).astype(np.float64)
    return frozenset(_outliers(days, totals))


def _outliers(days: Whole, totals: Floats) -> Iterator[int]:
    for weekday in range(7):
        same = days % 7 == weekday
        usual = float(np.median(totals[same])) if same.any() else 0.0
        for day, total in zip(days[same], totals[same], strict=True):
            is_far = total * _FACTOR < usual or total > usual * _FACTOR
            if is_far and abs(total - usual) > LIMIT * np.sqrt(max(usual, 1.0)):
                yield int(day)


def kind_of(band: Band, hours: Hours, end: int) -> Kind:
    """Kind of holiday that a local day looks like so far.

    Parameters
    ----------
    band
        Of the calls to all destinations.
    hours
        Those calls, from weeks before on.
    end
        Hours of `hours` that there are: the last one is on the day.
    """
    begin = int(np.searchsorted(hours.day, hours.day[end - 1]))
    if not _was_usual(band, hours, begin):
        return ""
    last = SPANS[0]
    # So far, and before the last hours: calls that have just stopped are no holiday.
    parts = [hours[begin:end], hours[begin : max(end - last, begin)]]
    telling = [part for part in parts if _expected(band, part) >= FEWEST]
    if all(_is_quiet(band, part) for part in telling):
        return "quiet"
    if hours.hour[end - 1] < _SUNDAY and all(_is_like_sunday(band, part) for part in telling):
        return "sunday"
    return ""


def is_explained(kind: Kind, band: Band, span: Hours, found: Finding) -> bool:
    """Whether a deviation of some hours is what a holiday brings with it."""
    if not kind or band.gauge.kind not in {"count", "amount"}:
        return False
    if kind == "quiet":
        return not found.is_above
    on_sunday = band.judge(_on_sunday(span), found.hours)
    return on_sunday is None or on_sunday.score <= 1


def _was_usual(band: Band, hours: Hours, begin: int) -> bool:
    """Whether the evening before a day, and the last day with calls, were no holiday themselves."""
    evening = hours[max(begin - SPANS[0], 0) : begin]
    if _expected(band, evening) >= FEWEST and _is_quiet(band, evening):
        return False
    while begin > 0:
        end, begin = begin, int(np.searchsorted(hours.day, hours.day[begin - 1]))
        if _expected(band, hours[begin:end]) >= FEWEST:
            return not _is_quiet(band, hours[begin:end])
    return True


def _is_quiet(band: Band, part: Hours) -> bool:
    """Whether hours have less than half of the calls that are usual."""
    return float(part.above.sum()) * _FACTOR < _expected(band, part)


def _is_like_sunday(band: Band, part: Hours) -> bool:
    """Whether hours have a Sunday's calls rather than their own weekday's."""
    observed, sunday = float(part.above.sum()), _expected(band, _on_sunday(part))
    variance = float(band.variance[_on_sunday(part).hour].sum())
    off = abs(observed - sunday)
    return off <= LIMIT * np.sqrt(variance + (DRIFT * sunday) ** 2) and off < abs(
        observed - _expected(band, part)
    )


def _expected(band: Band, part: Hours) -> float:
    return float(band.rate[part.hour].sum())


def _on_sunday(part: Hours) -> Hours:
    """The same hours as if they were a Sunday's."""
    return replace(part, hour=(_SUNDAY + part.hour % DAY) % WEEK)
