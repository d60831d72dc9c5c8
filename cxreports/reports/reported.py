"""Periods that reports are of: a day, week, month or year of UTC's calendar, or any other stretch of time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

from cxreports.clock import Bucket, Period, time, zone
from cxreports.errors import BadTime
from cxreports.language import _, date, date_and_time, isolated, marked, ngettext, number

if TYPE_CHECKING:
    from cxreports.clock import Time

_UTC: Final = zone("UTC")
_DAY: Final = timedelta(days=1)
_INSTANT: Final = timedelta(microseconds=1)
_WIDTHS: Final = {"day": "1d", "week": "1w", "month": "1mo", "year": "1y"}
_FORMS: Final = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m", "year": "%Y"}
_RELATIVE: Final = re.compile(r"(last|this)-(day|week|month|year)")
_WEEK: Final = re.compile(r"(\d{4})-?W(\d{2})")
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")
_YEAR: Final = re.compile(r"\d{4}")
_LENGTH: Final = re.compile(r"\d+[hdw]")

_KINDS: Final = {
    "day": marked("Daily report"),
    "week": marked("Weekly report"),
    "month": marked("Monthly report"),
    "year": marked("Yearly report"),
    "": marked("Report"),
}


@dataclass(frozen=True)
class Reported:
    """A period as a report has it.

    Attributes
    ----------
    period
        Half-open, UTC.
    unit
        ``day``, ``week``, ``month`` or ``year`` where it is one of the calendar; else empty.
    """

    period: Period
    unit: str = ""

    @classmethod
    def of(cls, asked: str | Period | Self, now: datetime) -> Self:
        """Read a period.

        Parameters
        ----------
        asked
            ``2026-10``, ``2026-W41``, ``2026-10-05``, ``2026``, ``last-month`` (``this-``; ``day``, ``week``,
            ``year``), ``yesterday``, ``2026-10-01/2026-10-08`` (ISO 8601; the end no longer counts), or
            ``7d``, ``24h``: so much up to now.
        now
            Time that ``last-month`` and the like are before.

        Raises
        ------
        BadTime
            It is none of them.
        """
        if isinstance(asked, cls):
            return asked
        if isinstance(asked, Period):
            return cls._of_period(asked)
        text = str(asked).strip()
        if text == "yesterday":
            text = "last-day"
        if match := _RELATIVE.fullmatch(text):
            current = cls._of_unit(match[2], now)
            return current if match[1] == "this" else cls._of_unit(match[2], current.period.start - _INSTANT)
        if _LENGTH.fullmatch(text):
            return cls._of_period(Period.last(text, now.replace(second=0, microsecond=0)))
        first, slash, last = text.partition("/")
        if slash:
            return cls._of_period(Period.of(first, last))
        return cls._named(text)

    @classmethod
    def _named(cls, text: str) -> Self:
        try:
            if match := _WEEK.fullmatch(text):
                return cls._of_unit("week", _week(int(match[1]), int(match[2])))
            if match := _MONTH.fullmatch(text):
                return cls._of_unit("month", datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC))
            if _YEAR.fullmatch(text):
                return cls._of_unit("year", datetime(int(text), 1, 1, tzinfo=UTC))
            return cls._of_unit("day", time(text))
        except (ValueError, BadTime) as error:
            raise BadTime(
                f"{text!r} is no period of a report: write 2026-10, 2026-W41, 2026-10-05, 2026, last-month, "
                "last-week, yesterday, 7d, or two times with a slash between them, 2026-10-01/2026-10-08"
            ) from error

    @classmethod
    def _of_unit(cls, unit: str, at: Time) -> Self:
        bucket, moment = Bucket.of(_WIDTHS[unit]), time(at)
        return cls(Period(bucket.floor(moment, _UTC), bucket.after(moment, _UTC)), unit)

    @classmethod
    def _of_period(cls, period: Period) -> Self:
        if period.end <= period.start:
            raise BadTime(f"a report of {period} is of no time at all")
        for unit in _WIDTHS:
            whole = cls._of_unit(unit, period.start)
            if whole.period == period:
                return whole
        return cls(period)

    @property
    def slug(self) -> str:
        """Its name in the names of files: ``2026-10``, ``2026-10-01_2026-10-08``."""
        if self.unit:
            return self.period.start.strftime(_FORMS[self.unit])
        ends = (self.period.start, self.period.end)
        form = (
            "%Y-%m-%d"
            if all(each == each.replace(hour=0, minute=0, second=0) for each in ends)
            else "%Y-%m-%dT%H%M"
        )
        return "_".join(each.strftime(form) for each in ends)

    @property
    def text(self) -> str:
        """As `of` reads it."""
        return self.slug if self.unit else f"{self.period.start.isoformat()}/{self.period.end.isoformat()}"

    @property
    def title(self) -> str:
        """What people call it: ``October 2026``."""
        start, last = self.period.start, self.period.end - _INSTANT
        match self.unit:
            case "month":
                name = date(start, "yMMMM")
                return name[:1].upper() + name[1:]
            case "year":
                return f"{start:%Y}"
            case "day":
                return date(start, "yMMMEd")
            case _:
                return f"{date(start, 'yMMMd')} \N{EN DASH} {date(last, 'yMMMd')}"

    @property
    def kind(self) -> str:
        """What a report of it is called: ``Monthly report``."""
        return _(_KINDS[self.unit])

    @property
    def days(self) -> int:
        """Whole days that it has; 0 where it is not made of them."""
        return self.period.length // _DAY if not self.period.length % _DAY else 0

    @property
    def by(self) -> str:
        """Bucket of its summary: hours of a day or two, months of a year, else days."""
        if self.period.length <= 2 * _DAY:
            return "hour"
        return "day" if self.period.length <= 100 * _DAY else "month"

    def sentence(self, *, is_compared: bool = False) -> str:
        """From when to when it goes, how long that is, and whether it is compared with the time before."""
        parts = [
            _("{start} \N{EN DASH} {end} UTC").format(
                start=isolated(date_and_time(self.period.start, "yMMMd")),
                end=isolated(date_and_time(self.period.end, "yMMMd")),
            )
        ]
        if self.days:
            parts.append(ngettext("{count} day", "{count} days", self.days).format(count=number(self.days)))
        if is_compared and self.days:
            text = ngettext(
                "compared with the day before", "compared with the {count} days before", self.days
            )
            parts.append(text.format(count=number(self.days)))
        elif is_compared:
            parts.append(_("compared with as long before"))
        # What follows UTC would be drawn into its direction.
        return " · ".join([parts[0], *map(isolated, parts[1:])])


def _week(year: int, week: int) -> datetime:
    return datetime.fromisocalendar(year, week, 1).replace(tzinfo=UTC)
