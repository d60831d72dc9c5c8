"""Dates in numbers, and the SQL that reads them: ``04/03/2024 10:00``, ``3/4/24 1:05 PM``, ``04.03.2024``."""

import re
from collections.abc import Sequence
from typing import Final

from cxreports.sql import literal

ORDERS: Final = ("dmy", "mdy", "ymd")
"""Orders of day, month and year, as ``--dates`` and a format's ``formats`` name them."""

_DATE: Final = "(?:^|[ ,])([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]"

_NUMERIC: Final = f"{_DATE}([0-9]{{4}}|[0-9]{{2}})(?:[^0-9]|$)"

NUMERIC: Final = literal(_NUMERIC)
"""SQL literal of an expression whose groups are the numbers of a date that does not begin with its year."""

IN_NUMBERS: Final = re.compile(_NUMERIC)
"""The same expression for a value that is at hand."""

SEEN: Final = re.compile(r"(?<![\d.])\d{1,2}([-/.])\d{1,2}\1(?:\d{4}|\d{2})(?![\d.])")
"""The same anywhere in a line; an IP address is none."""

_SHORT_YEAR: Final = literal(f"{_DATE}[0-9]{{2}}(?:[^0-9]|$)")
_CLOCKS: Final = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H:%M:%S.%f")
_PARTS: Final = {"d": "%d", "m": "%m"}
_WRITTEN: Final = re.compile(r"%-?([dmYy])([^%\w])%-?([dmYy])([^%\w])%-?([dmYy])")


def order_named(formats: Sequence[str]) -> str | None:
    """Order of the first of these formats that has one in numbers; None if none has."""
    for text in formats:
        if text in ORDERS:
            return text
        found = _WRITTEN.search(text)
        letters = "".join(found.group(1, 3, 5)).lower() if found else ""
        if letters in ORDERS:
            return letters
    return None


def reordered(text: str, order: str | None) -> str:
    """Strptime format with its day, month and year in another order."""
    found = _WRITTEN.search(text)
    if order is None or found is None or sorted("".join(found.group(1, 3, 5)).lower()) != ["d", "m", "y"]:
        return text
    year = "%Y" if "Y" in found[0] else "%y"
    first, second, third = (_PARTS.get(letter, year) for letter in order)
    return f"{text[: found.start()]}{first}{found[2]}{second}{found[4]}{third}{text[found.end() :]}"


def times_sql(text: str, order: str) -> str:
    """Write SQL of a text as a TIMESTAMP: a date in numbers of this order, years of two digits or four."""
    short = ", ".join(map(literal, _formats(order, "%y")))
    long = ", ".join(map(literal, _formats(order, "%Y")))
    return (
        f"CASE WHEN regexp_matches({text}, {_SHORT_YEAR}) THEN try_strptime({text}, [{short}]) "
        f"ELSE try_strptime({text}, [{long}]) END"
    )


def _formats(order: str, year: str) -> list[str]:
    dates = [separator.join(_PARTS.get(letter, year) for letter in order) for separator in "/-."]
    ways = [f"{date} {clock}" for date in dates for clock in _CLOCKS]
    return [*ways, *dates, *(f"{date}, {clock}" for date in dates for clock in _CLOCKS)]
