"""Numbers, money and times as the pages write them, in the reader's language; times are UTC or a zone's."""

from datetime import UTC, datetime, tzinfo
from decimal import Decimal, localcontext
from typing import Final

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal

from cxreports.language import locale

_DIGITS: Final = 60


def amount(value: Decimal, currency: str) -> str:
    """Write money with its currency and every digit that it has, but no fewer than usual."""
    whole, _, fraction = f"{value:f}".partition(".")
    exact = Decimal(f"{whole}.{fraction.rstrip('0')}")
    with localcontext(prec=_DIGITS):
        return format_currency(exact, currency, locale=locale(), decimal_quantization=False)


def count(value: int) -> str:
    """Write a whole number with its thousands apart."""
    return format_decimal(value, locale=locale())


def moment(at: datetime, zone: tzinfo = UTC) -> str:
    """Write a time to the minute."""
    return f"{day(at, zone)}, {format_time(at.astimezone(zone).time(), 'HH:mm', locale=_of_dates())}"


def day(at: datetime, zone: tzinfo = UTC) -> str:
    """Write the day of a time."""
    return format_date(at.astimezone(zone).date(), "medium", locale=_of_dates())


def _of_dates() -> Locale:
    """Give the current locale; in English the day comes before the month, as on the dashboard."""
    current = locale()
    return Locale("en", "GB") if current.language == "en" else current
