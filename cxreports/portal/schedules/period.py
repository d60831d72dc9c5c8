"""Periods that a report can be about, as seen from the moment when it is due.

Days are the zone's calendar days at that moment, and begin and end at 00:00 UTC, as billing has them: a
report that is due on 1 December, 00:15 in Madrid, about the month before is about November, though in UTC it
is still 30 November then.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from babel.dates import format_skeleton

from cxreports import clock, language
from cxreports.clock import Period
from cxreports.errors import BadField
from cxreports.language import _, marked

_DAY: Final = timedelta(days=1)


def _month_before(today: date) -> tuple[date, date]:
    end = today.replace(day=1)
    return (end - _DAY).replace(day=1), end


def _week_before(today: date) -> tuple[date, date]:
    end = today - today.weekday() * _DAY
    return end - 7 * _DAY, end


_EDGES: Final[Mapping[str, Callable[[date], tuple[date, date]]]] = {
    "yesterday": lambda today: (today - _DAY, today),
    "last-week": _week_before,
    "last-month": _month_before,
    "last-7-days": lambda today: (today - 7 * _DAY, today),
    "last-30-days": lambda today: (today - 30 * _DAY, today),
}

LABELS: Final[Mapping[str, str]] = {
    "yesterday": marked("the day before"),
    "last-week": marked("the week before, Monday to Sunday"),
    "last-month": marked("the month before"),
    "last-7-days": marked("the 7 days before"),
    "last-30-days": marked("the 30 days before"),
}
"""Periods by name, as people choose them; `_` says them in the reader's language."""


def period_before(name: str, due_at: datetime, zone: str) -> Period:
    """Period of a name, seen from a due time in a zone; both ends at 00:00 UTC.

    Raises
    ------
    BadField
        There is no such period.
    """
    if name not in _EDGES:
        raise BadField(
            "period", _("There is no such period: choose one of {names}.").format(names=", ".join(_EDGES))
        )
    start, end = _EDGES[name](due_at.astimezone(clock.zone(zone)).date())
    return Period(*(datetime.combine(each, time(), UTC) for each in (start, end)))


def label(start: datetime, end: datetime) -> str:
    """A period of whole days in few words: ``October 2026``, ``28 Nov 2026``, ``16 Nov - 22 Nov 2026``."""
    last = end - _DAY
    if start.day == 1 and end.day == 1 and last.month == start.month:
        return format_skeleton("yMMMM", start.date(), locale=language.locale())
    if last <= start:
        return language.date(start, "yMMMd")
    first = language.date(start, "MMMd" if start.year == last.year else "yMMMd")
    return f"{first} \N{EN DASH} {language.date(last, 'yMMMd')}"
