"""Numbers, money, durations and times as people read them, in the reader's language.

Whatever writes an amount of money does it here: cards and graphs round it (`money`, `money_with_code`),
sentences and forms write it as the language does (`amount`), files and the command line write its
digits alone (`exact_digits`).
"""

from datetime import UTC, datetime, tzinfo
from decimal import Decimal, localcontext
from typing import Final

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency

from cxreports import language

ABSENT: Final = "\N{EN DASH}"
"""Stands for a figure that has no value."""

SIGNS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥", "BRL": "R$"}
"""Signs of currencies that people know by them."""

_MONEY_DECIMALS: Final = 2
_DIGITS: Final = 60


def number(value: float | Decimal | None, decimals: int = 0) -> str:
    """Figure with thousands separated and so many decimals."""
    return ABSENT if value is None else language.number(value, decimals)


def percent(value: float | Decimal | None, decimals: int = 1) -> str:
    """Percentage, ``46.2 %``."""
    return ABSENT if value is None else f"{number(value, decimals)} %"


def minutes(seconds: float | None) -> str:
    """Seconds as minutes and seconds, ``3:12``."""
    if seconds is None:
        return ABSENT
    whole = round(abs(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def money(value: Decimal | None, currency: str | None) -> str:
    """Amount rounded for a card, ``$2,914.27``; a currency without a sign of its own is left to the unit."""
    if value is None:
        return ABSENT
    sign = SIGNS.get(currency or "")
    minus = "\N{MINUS SIGN}" if value < 0 else ""
    return f"{minus}{sign}{number(abs(value), _MONEY_DECIMALS)}" if sign else number(value, _MONEY_DECIMALS)


def money_with_code(value: Decimal | None, currency: str | None) -> str:
    """Amount rounded for a graph, with its currency's code: ``2,914.27 EUR``."""
    return ABSENT if value is None else f"{number(value, _MONEY_DECIMALS)} {currency or ''}".strip()


def amount(value: Decimal, currency: str, *, exact: bool = False) -> str:
    """Amount with its currency as the language writes it.

    Parameters
    ----------
    exact
        Whether every digit that it has is written; else it is rounded to the currency's own digits.
    """
    if not exact:
        return format_currency(value, currency, locale=language.locale())
    with localcontext(prec=_DIGITS):
        return format_currency(
            Decimal(exact_digits(value)), currency, locale=language.locale(), decimal_quantization=False
        )


def exact_digits(value: Decimal, least: int = 0) -> str:
    """Decimal to its last digit that is not 0, with no fewer than `least` decimals; no exponent."""
    whole, _, fraction = f"{value:f}".partition(".")
    kept = fraction.rstrip("0").ljust(least, "0")
    return f"{whole}.{kept}" if kept else whole


def decimals_of(value: Decimal, least: int = 0) -> int:
    """Decimals of a value up to the last one that is not 0, but no fewer than `least`."""
    # Not normalize(), which rounds to the 28 digits of the context.
    digits, exponent = value.as_tuple()[1:]
    if not value or not isinstance(exponent, int):
        return least
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(least, -(exponent + zeros))


def moment(at: datetime, zone: tzinfo = UTC) -> str:
    """Time to the minute, in UTC or a zone."""
    return f"{day(at, zone)}, {format_time(at.astimezone(zone).time(), 'HH:mm', locale=_locale_of_dates())}"


def day(at: datetime, zone: tzinfo = UTC) -> str:
    """Day of a time, in UTC or a zone."""
    return format_date(at.astimezone(zone).date(), "medium", locale=_locale_of_dates())


def _locale_of_dates() -> Locale:
    """Locale of the current language; in English the day comes before the month, as on the dashboard."""
    current = language.locale()
    return Locale("en", "GB") if current.language == "en" else current
