"""Due times: cron in a time zone, across clock changes, and the sentence that says when.

A time that names an hour follows the wall clock as Debian's cron does: 02:30 on a day without 02:30 is due at
the first minute after the gap, and 02:30 on a day that has it twice is due at the first. A time for every
hour or minute (``*``) follows the hours as they pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final

from babel.lists import format_list
from cronsim import CronSim, CronSimError

from cxreports import clock, language
from cxreports.errors import BadField, BadTime
from cxreports.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LAST_DAY: Final = "L"
"""Day of the month: the last one, whichever it is."""

LEAST_APART: Final = timedelta(minutes=15)
"""Reports of one schedule are no closer than this."""

MONTH_DAYS: Final = (*map(str, range(1, 29)), LAST_DAY)
"""Days that every month has."""

_ANY: Final = datetime(2026, 1, 1, tzinfo=UTC)
_LOOKED_AT: Final = 200
_FIELDS: Final = 5
_LONGEST: Final = 100
_YEAR: Final = timedelta(days=366)
_FIRST_MONDAY: Final = date(2024, 1, 1)
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Exceptional:
    """A due time on a day when the clocks change.

    Attributes
    ----------
    at
        When it is due, UTC.
    is_missing
        Whether the wall clock does not show the time that day; else it shows it twice.
    """

    at: datetime
    is_missing: bool


@dataclass(frozen=True)
class Timing:
    """When something is due: five fields of cron (minute, hour, day, month, weekday) on a zone's wall clock.

    Raises
    ------
    BadField
        ``cron`` or ``zone`` cannot be used, or the times are closer than `LEAST_APART`.
    """

    cron: str
    zone: str

    def __post_init__(self) -> None:
        try:
            clock.zone(self.zone)
        except BadTime as error:
            raise BadField("zone", str(error)) from error
        if not _is_cron(self.cron):
            raise BadField(
                "cron",
                _("{typed} is no cron time: write five fields, such as {example}.").format(
                    typed=self.cron, example="0 7 * * 1"
                ),
            )
        first = list(islice(self.after(_ANY), _LOOKED_AT))
        if not first:
            raise BadField("cron", _("{typed} is never due.").format(typed=self.cron))
        if any(later - earlier < LEAST_APART for earlier, later in pairwise(first)):
            raise BadField("cron", _("At most every 15 minutes, please."))

    @classmethod
    def daily(cls, at: str, zone: str) -> Timing:
        """Every day at a time such as ``07:00``."""
        hour, minute = _clock(at)
        return cls(f"{minute} {hour} * * *", zone)

    @classmethod
    def weekly(cls, days: Sequence[str], at: str, zone: str) -> Timing:
        """On days of the week, out of `WEEKDAYS`."""
        wrong = [day for day in days if day not in WEEKDAYS]
        if wrong or not days:
            raise BadField("days", _("Choose at least one day of the week."))
        hour, minute = _clock(at)
        chosen = ",".join(str(WEEKDAYS.index(day) + 1) for day in sorted(set(days), key=WEEKDAYS.index))
        return cls(f"{minute} {hour} * * {chosen}", zone)

    @classmethod
    def monthly(cls, day: str, at: str, zone: str) -> Timing:
        """On a day of the month, ``1`` to ``28``, or the last (`LAST_DAY`)."""
        if day not in MONTH_DAYS:
            raise BadField("day", _("Choose a day from 1 to 28, or the last one."))
        hour, minute = _clock(at)
        return cls(f"{minute} {hour} {day} * *", zone)

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Due times after a moment, UTC, ascending, without end; none where 50 years have none."""
        last = moment
        # cron's own iterator begins on the wall clock, where an hour can come twice.
        for found in CronSim(self.cron, moment.astimezone(self._zone)):
            at = found.astimezone(UTC)
            if at > last:
                last = at
                yield at

    def next_after(self, moment: datetime) -> datetime | None:
        """First due time after a moment."""
        return next(self.after(moment), None)

    def between(self, start: datetime, end: datetime) -> list[datetime]:
        """Due times of (start, end]."""
        found = []
        for at in self.after(start):
            if at > end:
                break
            found.append(at)
        return found

    @property
    def shape(self) -> str:
        """What kind it is: ``daily``, ``weekly``, ``monthly`` or ``cron``."""
        minute, hour, day, month, weekday = self.cron.split()
        if not (minute.isdigit() and hour.isdigit() and month == "*"):
            return "cron"
        if day == "*":
            return "daily" if weekday == "*" else "weekly" if self.weekdays else "cron"
        is_plain = weekday == "*" and (day.upper() == LAST_DAY or day.isdigit())
        return "monthly" if is_plain else "cron"

    @property
    def at(self) -> str:
        """Time of the day, ``07:00``; empty for one that is none of a day's."""
        minute, hour = self.cron.split()[:2]
        return f"{int(hour):02d}:{int(minute):02d}" if minute.isdigit() and hour.isdigit() else ""

    @property
    def weekdays(self) -> list[str]:
        """Days of the week, where it names some one by one."""
        named = self.cron.split()[4].lower().split(",")
        days = [
            each if each in WEEKDAYS else WEEKDAYS[(int(each) - 1) % 7] for each in named if _is_day(each)
        ]
        return days if len(days) == len(named) else []

    @property
    def day(self) -> str:
        """Day of the month, where it names one."""
        return self.cron.split()[2].upper()

    def sentence(self) -> str:
        """When it is due, in the reader's language: ``every Monday, 07:00``; the zone is said beside it."""
        match self.shape:
            case "daily":
                return _("every day, {time}").format(time=self.at)
            case "weekly":
                return _("every {days}, {time}").format(days=_listed(self.weekdays), time=self.at)
            case "monthly" if self.day == LAST_DAY:
                return _("on the last day of the month, {time}").format(time=self.at)
            case "monthly":
                return _("on day {day} of the month, {time}").format(day=int(self.day), time=self.at)
        return _("cron {cron}").format(cron=self.cron)

    def exceptional(self, moment: datetime) -> list[Exceptional]:
        """Due times of the next year on which the wall clock does not show the time, or shows it twice."""
        if not self.at:
            return []
        wanted = time.fromisoformat(self.at)
        found = []
        for at in self.between(moment, moment + _YEAR):
            local = at.astimezone(self._zone)
            again = local.replace(fold=1).astimezone(UTC)
            if local.time() != wanted:
                found.append(Exceptional(at, is_missing=True))
            elif again != at:
                found.append(Exceptional(at, is_missing=False))
        return found

    @property
    def _zone(self) -> ZoneInfo:
        return clock.zone(self.zone)


def _is_cron(text: str) -> bool:
    if len(text) > _LONGEST or len(text.split()) != _FIELDS:
        return False
    try:
        CronSim(text, _ANY)
    except (CronSimError, ValueError, TypeError, AssertionError):
        return False
    return True


def _clock(typed: str) -> tuple[int, int]:
    found = _CLOCK.fullmatch(typed.strip())
    if found is None:
        raise BadField("at", _("{typed} is no time of day: write such as 07:00.").format(typed=typed))
    return int(found[1]), int(found[2])


def _is_day(text: str) -> bool:
    return text in WEEKDAYS or (text.isascii() and text.isdigit() and int(text) <= len(WEEKDAYS))


def _listed(days: Sequence[str]) -> str:
    moments = (_FIRST_MONDAY + timedelta(days=WEEKDAYS.index(day)) for day in days)
    names = [language.locale().days["stand-alone"]["wide"][each.weekday()] for each in moments]
    return format_list(names, locale=language.locale())
