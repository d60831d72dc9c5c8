"""Partitions of the lake's tables: the UTC day, month or year that a time lies in, by its first day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from cxreports.clock import from_microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def day_of(instant: int) -> str:
    """UTC day of an instant, as partitions are named."""
    return from_microseconds(instant).date().isoformat()


def month_of(instant: int) -> str:
    """First day of the UTC month of an instant, as partitions are named."""
    return from_microseconds(instant).date().replace(day=1).isoformat()


def year_of(instant: int) -> str:
    """First day of the UTC year of an instant, as partitions are named."""
    return from_microseconds(instant).date().replace(month=1, day=1).isoformat()


def _month(day: int) -> int:
    found = _date(day)
    return found.year * 12 + found.month


def _date(day: int) -> date:
    return date.fromordinal(_FIRST + day)


_FIRST: Final = date(1970, 1, 1).toordinal()

PARTITION_OF: Final[Mapping[str, Callable[[int], str]]] = {"day": day_of, "month": month_of, "year": year_of}
"""Which partition an instant lies in, by the name of the partition's column."""

NUMBER_OF: Final[Mapping[str, Callable[[int], int]]] = {
    "day": lambda day: day,
    "month": _month,
    "year": lambda day: _date(day).year,
}
"""The same as numbers that ascend, of days since 1970: calls of years are parted by thousands of them."""
