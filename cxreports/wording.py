"""Figures as people read them. Nothing is rounded but where a text says so by its decimals."""

from decimal import Decimal
from typing import Final

from cxreports import language

ABSENT: Final = "\N{EN DASH}"
"""Stands for a figure that there is none of."""

SIGNS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥", "BRL": "R$"}
"""Signs of currencies that people know by them."""


def number(value: float | Decimal | None, decimals: int = 0) -> str:
    """Write a figure with thousands separated and so many decimals."""
    return ABSENT if value is None else language.number(value, decimals)


def decimals_of(value: Decimal, least: int = 0) -> int:
    """Count the decimals up to the last one that is not 0, but no fewer than `least`."""
    # Not normalize(), which rounds to the 28 digits of the context.
    digits, exponent = value.as_tuple()[1:]
    if not value or not isinstance(exponent, int):
        return least
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(least, -(exponent + zeros))


def money(value: Decimal | None, currency: str | None) -> str:
    """Write an amount with two decimals and its currency."""
    if value is None:
        return ABSENT
    sign = SIGNS.get(currency or "")
    minus = "\N{MINUS SIGN}" if value < 0 else ""
    return f"{minus}{sign}{number(abs(value), 2)}" if sign else number(value, 2)


def minutes(seconds: float | None) -> str:
    """Write seconds as minutes and seconds, ``3:12``."""
    if seconds is None:
        return ABSENT
    whole = round(abs(seconds))
    return f"{whole // 60}:{whole % 60:02d}"
