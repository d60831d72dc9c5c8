"""Periods that a report can be about, as seen from the moment when it is due.

Days are the zone's calendar days at that moment, and begin and end at 00:00 UTC, as billing has them: a
report that is due on 1 December, 00:15 in Madrid, about the month before is about November, though in UTC it
is still 30 November then.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from babel.dates import format_skeleton

from cxreports import clock, language
from cxreports.clock import Period
from cxreports.errors import BadField
from cxreports.language import _, marked
from cxreports.portal import fields

THIS_MONTH: Final = "this-month"
"""Period up to and with today: of a report that is made once, never of a schedule."""

MOST_DAYS: Final = 366
"""Days that a period of two dates may have."""

_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 9998
_DAY: Final = timedelta(days=1)
_DATES: Final = re.compile(r"(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)")


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
    return _whole_days(*_EDGES[name](due_at.astimezone(clock.zone(zone)).date()))


def period_of(name: str, at: datetime, zone: str) -> Period:
    """Period of any report: one that is made once may also have this month so far, or two dates (`dates`).

    Raises
    ------
    BadField
        There is no such period.
    """
    if name == THIS_MONTH:
        today = at.astimezone(clock.zone(zone)).date()
        return _whole_days(today.replace(day=1), today + _DAY)
    if match := _DATES.fullmatch(name):
        return _whole_days(date.fromisoformat(match[1]), date.fromisoformat(match[2]))
    return period_before(name, at, zone)


def dates(first: str, last: str) -> str:
    """Name of the period from one day to another, both of it: ``2026-11-01/2026-11-16`` ends with the 15th.

    Raises
    ------
    BadField
        One is no date, or they are no period: fields ``first`` and ``last``.
    """
    days = fields.each_of({"first": lambda: _day("first", first), "last": lambda: _day("last", last)})
    if days["last"] < days["first"]:
        raise BadField("last", _("This lies before the first day."))
    if days["last"] - days["first"] >= MOST_DAYS * _DAY:
        raise BadField("last", _("At most {most} days, please.").format(most=MOST_DAYS))
    return f"{days['first']}/{days['last'] + _DAY}"


def last_day(end: str) -> str:
    """Last day of a period of two dates, of its end in the name."""
    return str(date.fromisoformat(end) - _DAY)


def _day(field: str, typed: str) -> date:
    if not typed:
        raise BadField(field, _("This is needed."))
    try:
        found = datetime.strptime(typed, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        found = None
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise BadField(field, _("{typed} is no date: write such as 2026-03-29.").format(typed=typed))
    return found


def _whole_days(start: date, end: date) -> Period:
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
