"""Time: ISO texts, zones, periods, and the edges of half-open buckets.

Everything inside cxreports is UTC to the microsecond; a zone comes in where people look. A
bucket's edge is the instant at which the zone's wall clock first reaches a round time, so a
day has 23 or 25 hours where the clocks change, and a day that a zone skipped has no bucket.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import numpy.typing as npt

from cxreports.errors import BadTime
from cxreports.language import _

Instants: TypeAlias = npt.NDArray[np.int64]
"""Microseconds since 1970-01-01 00:00 UTC."""

Time: TypeAlias = str | date | datetime
"""A time as people give it: ISO 8601 text, a date (its midnight, UTC), a datetime."""

SECOND_US: Final = 1_000_000
MINUTE_US: Final = 60 * SECOND_US
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US

MOST_BUCKETS: Final = 1_000_000
"""More buckets than this in one answer are a mistake, not a question."""

_YEARS: Final = range(1900, 2200)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WIDTH: Final = re.compile(r"([1-9]\d{0,5})\s*(s|m|h|d|w|mo|y)")
_UNIT_US: Final = {"s": SECOND_US, "m": MINUTE_US, "h": HOUR_US, "d": DAY_US, "w": 7 * DAY_US}
_NAMED_WIDTHS: Final = {"minute": "1m", "hour": "1h", "day": "1d", "week": "1w", "month": "1mo", "year": "1y"}


def microseconds(time: datetime) -> int:
    """Exact microseconds since 1970 of an aware time (``timestamp()`` would round)."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(instant: int) -> datetime:
    """Time in UTC of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=int(instant))


def time(value: Time) -> datetime:
    """Read a time; what has no offset is UTC.

    Parameters
    ----------
    value
        ISO 8601 text (``2026-03-29``, ``2026-03-29T01:30``, ``2026-03-29 01:30+02:00``), a
        date or a datetime.

    Returns
    -------
    datetime
        In UTC.

    Raises
    ------
    BadTime
        The text is no ISO 8601 time, there is no such date, or it lies before 1900 or past 2199.
    """
    if isinstance(value, str):
        value = _from_text(value)
    elif not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if value.year not in _YEARS:
        raise BadTime(f"{value} lies outside the years {_YEARS[0]} to {_YEARS[-1]} that calls can have")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _from_text(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadTime(
            f"{text!r} is no time ({error}): write it as ISO 8601, such as 2026-03-29, "
            f"2026-03-29T14:30 or 2026-03-29T14:30:00+02:00 (UTC unless an offset is given)"
        ) from None


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Find a time zone of the IANA database.

    Raises
    ------
    BadTime
        There is no such zone; the message names those with a similar name.
    """
    try:
        found = ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        found = None
    if found is None or name.lower() in {"localtime", "posixrules", "factory"}:
        raise BadTime(
            f"there is no time zone {name!r}{_similar_zones(name)}; see the IANA list of time zones"
        )
    return found


def _similar_zones(name: str) -> str:
    zones = {name.lower(): name for name in sorted(available_timezones())}
    asked = name.strip().lower().replace(" ", "_")
    city = asked.rsplit("/", 1)[-1]
    cities = [name for low, name in zones.items() if city and low.rsplit("/", 1)[-1] == city]
    near = [zones[low] for low in get_close_matches(asked, zones, n=3)]
    found = list(dict.fromkeys(cities + near))[:3]
    return f": did you mean {' or '.join(found)}?" if found else ""


@dataclass(frozen=True)
class Bucket:
    """The width of the buckets of a table or graph.

    Attributes
    ----------
    text
        As written: ``15m``, ``1h``, ``1d``, ``1w`` (from Monday), ``1mo``.
    width_us
        Microseconds on the wall clock; 0 when the bucket is counted in months.
    months
        Calendar months; 0 when the bucket has a width.
    """

    text: str
    width_us: int
    months: int = 0

    @classmethod
    def of(cls, text: str) -> "Bucket":
        """Read a width: seconds, minutes and hours that divide the day, ``1d``, ``1w``, months.

        Raises
        ------
        BadTime
            The text is no width, or such buckets would not start at the same times each day.
        """
        asked = text.strip().lower()
        match = _WIDTH.fullmatch(_NAMED_WIDTHS.get(asked, asked))
        if match is None:
            raise BadTime(f"{text!r} is no bucket width: write 1m, 5m, 15m, 1h, 6h, 1d, 1w or 1mo")
        count, unit = int(match[1]), match[2]
        if unit in {"mo", "y"}:
            months = count * (12 if unit == "y" else 1)
            if 12 % months == 0:
                return cls(asked, 0, months)
            raise BadTime(f"buckets of {text} do not divide a year: choose 1mo, 2mo, 3mo, 4mo, 6mo or 1y")
        width = count * _UNIT_US[unit]
        if DAY_US % width == 0 or width == 7 * DAY_US:
            return cls(asked, width)
        raise BadTime(f"buckets of {text} do not divide a day: choose such as 5m, 15m, 1h, 6h, 1d, 1w or 1mo")

    def edges(self, start: datetime, end: datetime, within: ZoneInfo) -> Instants:
        """Edges of every bucket that [start, end) touches, as a zone's clocks show them.

        Returns
        -------
        Instants
            n + 1 ascending instants for n buckets; the first is at or before `start`, the last
            at or after `end`. Empty when the period is.

        Raises
        ------
        BadTime
            The buckets would be more than `MOST_BUCKETS`.
        """
        first, last = microseconds(start), microseconds(end)
        if last <= first:
            return np.empty(0, np.int64)
        if self.width_us and (last - first) // self.width_us > MOST_BUCKETS:
            raise BadTime(
                f"buckets of {self.text} from {start} to {end} would be too many: choose wider ones"
            )
        eras = _eras(within, first // DAY_US - 40, last // DAY_US + 40)
        edges = eras.first_reached(self._round_times(first, last))
        if 0 < self.width_us < DAY_US:
            edges = np.sort(np.concatenate([edges, *eras.repeated(self.width_us)]))
        # Not by `unique`, whose hashing costs ten times as much: they ascend.
        edges = edges[np.diff(edges, prepend=edges[0] - 1) > 0]
        low = np.searchsorted(edges, first, side="right") - 1
        high = np.searchsorted(edges, last, side="left")
        return edges[low : high + 1]

    def _round_times(self, first: int, last: int) -> Instants:
        """Wall-clock times that buckets start at, from before `first` to past `last`."""
        if self.months:
            step = self.months
            low, high = (
                (moved.year * 12 + moved.month - 1) // step * step
                for moved in (from_microseconds(first - 2 * DAY_US), from_microseconds(last + 2 * DAY_US))
            )
            months = np.arange(low, high + step + 1, step) - 1970 * 12
            return months.astype("datetime64[M]").astype("datetime64[us]").astype(np.int64)
        # 1970-01-05 was a Monday, which is where ISO weeks start.
        origin = 4 * DAY_US if self.width_us == 7 * DAY_US else 0
        margin = 2 * DAY_US + self.width_us
        low = (first - margin - origin) // self.width_us * self.width_us + origin
        return np.arange(low, last + margin, self.width_us, dtype=np.int64)

    def floor(self, moment: datetime, within: ZoneInfo) -> datetime:
        """Start of the bucket that holds a time."""
        return from_microseconds(self.edges(moment, moment + timedelta(microseconds=1), within)[0])

    def ceil(self, moment: datetime, within: ZoneInfo) -> datetime:
        """First edge at or after a time."""
        return from_microseconds(self.edges(moment - timedelta(microseconds=1), moment, within)[-1])

    def after(self, moment: datetime, within: ZoneInfo) -> datetime:
        """End of the bucket that holds a time: the first edge after it."""
        return self.ceil(moment + timedelta(microseconds=1), within)


@dataclass(frozen=True)
class _Eras:
    """Stretches of time in which a zone's offset stays the same.

    Attributes
    ----------
    begin
        First instant of each era.
    offset
        Wall clock minus UTC, microseconds.
    """

    begin: Instants
    offset: Instants

    @property
    def _reached(self) -> Instants:
        """Latest wall-clock time that was reached by the end of each era (exclusive)."""
        ends = np.append(self.begin[1:], np.iinfo(np.int64).max // 2)
        return np.maximum.accumulate(ends + self.offset)

    def first_reached(self, wall: Instants) -> Instants:
        """Instants at which the wall clock first shows each time or a later one."""
        era = np.searchsorted(self._reached, wall, side="right")
        reached: Instants = np.maximum(self.begin[era], wall - self.offset[era])
        return reached

    def repeated(self, width: int) -> list[Instants]:
        """Edges of the buckets that clocks show again after they were put back.

        Clocks that go back by less than a bucket repeat no bucket: that one is longer.
        """
        edges = []
        for era in range(1, len(self.begin)):
            if self.offset[era - 1] - self.offset[era] >= width:
                again = self.begin[era] + self.offset[era]
                first = -(-again // width) * width
                walls = np.arange(first, self._reached[era - 1], width, dtype=np.int64)
                edges.append(np.append(walls - self.offset[era], self.begin[era]))
        return edges


@lru_cache(maxsize=256)
def _eras(within: ZoneInfo, first_day: int, last_day: int) -> _Eras:
    """Find a zone's eras between two days (counted from 1970) by halving the days they change in."""
    if within.key == "UTC":
        return _Eras(np.array([-(2**61)], np.int64), np.zeros(1, np.int64))
    days = [day * 86_400 for day in range(first_day, last_day + 2)]
    offsets = [_offset_s(within, day) for day in days]
    begin, offset = [-(2**61)], [offsets[0]]
    for day, before, after in zip(days, offsets, offsets[1:], strict=False):
        if before != after:
            low, high = day, day + 86_400
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset_s(within, middle) == before else (low, middle)
            begin.append(high * SECOND_US)
            offset.append(after)
    return _Eras(np.array(begin, np.int64), np.array(offset, np.int64) * SECOND_US)


def _offset_s(within: ZoneInfo, instant_s: int) -> int:
    offset = (_EPOCH + timedelta(seconds=instant_s)).astimezone(within).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


@dataclass(frozen=True)
class Period:
    """A half-open stretch of time [start, end), in UTC.

    Raises
    ------
    BadTime
        The end lies before the start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise BadTime(
                _("the period ends at {end} before it starts at {start}: swap them").format(
                    start=self.start, end=self.end
                )
            )

    @classmethod
    def of(cls, start: Time, end: Time) -> "Period":
        """Read both ends of a period; what has no offset is UTC."""
        return cls(time(start), time(end))

    @classmethod
    def last(cls, length: str, until: Time) -> "Period":
        """Period of some length (``24h``, ``7d``, ``30d``; a day is 24 hours) up to a time.

        Raises
        ------
        BadTime
            The length is not a count of s, m, h, d or w.
        """
        match = _WIDTH.fullmatch(length.strip().lower())
        if match is None or match[2] not in _UNIT_US:
            raise BadTime(f"{length!r} is no length of time: write such as 24h, 7d or 30d")
        end = time(until)
        return cls(end - timedelta(microseconds=int(match[1]) * _UNIT_US[match[2]]), end)

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.end - self.start

    def previous(self) -> "Period":
        """Period of the same length that ends where this one starts."""
        return Period(self.start - self.length, self.start)

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M:%S} to {self.end:%Y-%m-%d %H:%M:%S} UTC"
