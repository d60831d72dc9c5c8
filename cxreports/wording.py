"""Numbers, money, durations and times as people read them, in the reader's language.

Whatever writes an amount of money does it with `money`: rounded to the currency's own digits, or exact.
Grids, whose headings name the currency, have as many decimals as the currency (`currency_decimals`) or the
column needs; files and the command line write digits alone (`exact_digits`).
"""

import re
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, get_currency_precision

from cxreports import language
from cxreports.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ABSENT: Final = "\N{EN DASH}"
"""Stands for a figure that has no value."""

_DIGITS: Final = 60
_USUAL_DECIMALS: Final = 2
_LETTERS_BESIDE_DIGITS: Final = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


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


def money(value: Decimal | None, currency: str | None, *, exact: bool = False, code: bool = False) -> str:
    """Amount with its currency, sign and code placed as the language has them: ``$2,914.27``, ``¥1,250``.

    Parameters
    ----------
    currency
        ISO 4217 code; without one the amount stands alone, with two decimals.
    exact
        Whether every digit that it has is written; else it is rounded to the currency's own digits.
    code
        Whether the code follows where the language writes a sign alone: ``$2,914.27 USD``.
    """
    if value is None:
        return ABSENT
    if not currency:
        return number(value, decimals_of(value, _USUAL_DECIMALS) if exact else _USUAL_DECIMALS)
    amount = Decimal(exact_digits(value)) if exact else value
    # Quantizing an amount of more than 28 digits fails in the usual context.
    with localcontext(prec=_DIGITS):
        text = format_currency(amount, currency, locale=language.locale(), decimal_quantization=not exact)
    # CLDR parts letters from digits, ``CHF 12``; Babel does not.
    text = _LETTERS_BESIDE_DIGITS.sub("\N{NO-BREAK SPACE}", text)
    return f"{text} {currency}" if code and currency not in text else text


def currency_decimals(currency: str | None) -> int:
    """Decimals of a currency's smallest unit (ISO 4217): 0 for JPY, 2 for USD, 3 for BHD."""
    return get_currency_precision(currency) if currency else _USUAL_DECIMALS


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


def near_moment(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Time to the minute as it is seen from now: ``today 01:15``, ``yesterday 23:10``, ``28 Nov, 06:05``.

    Days are those of the zone's calendar, however many hours they have; the year stands with a date of
    another one.
    """
    local, today = at.astimezone(zone), now.astimezone(zone)
    beside = {-1: _("yesterday {time}"), 0: _("today {time}"), 1: _("tomorrow {time}")}
    text = beside.get((local.date() - today.date()).days)
    return _dated(local, today) if text is None else text.format(time=f"{local:%H:%M}")


def time_on_the_clock(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Time to the minute within a sentence: of today what clocks show, else as `near_moment` dates it."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == today.date() else _dated(local, today)


def _dated(local: datetime, today: datetime) -> str:
    return language.date_and_time(local, "MMMd" if local.year == today.year else "yMMMd")


def day(at: datetime, zone: tzinfo = UTC) -> str:
    """Day of a time, in UTC or a zone."""
    return format_date(at.astimezone(zone).date(), "medium", locale=_locale_of_dates())


def _locale_of_dates() -> Locale:
    """Locale of the current language; in English the day comes before the month, as on the dashboard."""
    current = language.locale()
    return Locale.parse(language.DATES_IN_ENGLISH) if current.language == "en" else current


def unknown_parts(row: "Mapping[str, Any]") -> list[str]:
    """What a row of a summary does not know of some of its calls, a sentence for each part.

    A part of which nothing is known is left out: its figure is absent. So is the post-dial delay: a call that
    is refused before the telephone rings has none. Frames count those without one.
    """
    forms: Mapping[str, Callable[[int], str]] = {
        "duration_unknown": lambda n: ngettext(
            "{count} of {calls} calls has no duration yet", "{count} of {calls} calls have no duration yet", n
        ),
        "billed_duration_unknown": lambda n: ngettext(
            "{count} of {calls} calls has no billed duration yet",
            "{count} of {calls} calls have no billed duration yet",
            n,
        ),
        "charge_unknown": lambda n: ngettext(
            "{count} of {calls} calls has no price yet", "{count} of {calls} calls have no price yet", n
        ),
        "dtmf_unknown": lambda n: ngettext(
            "{count} of {calls} calls does not say its keypad digits",
            "{count} of {calls} calls do not say their keypad digits",
            n,
        ),
    }
    calls = row["connected"]
    return [
        form(row[name]).format(count=number(row[name]), calls=number(calls))
        for name, form in forms.items()
        if 0 < (row.get(name) or 0) < calls
    ]
