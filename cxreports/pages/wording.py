"""Numbers as people read them. Nothing is rounded but where a text says so by its decimals."""

from decimal import Decimal
from typing import Final

ABSENT: Final = "\N{EN DASH}"
"""Stands for a figure that there is none of."""

_SIGNS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥", "BRL": "R$"}


def number(value: float | Decimal | None, decimals: int = 0) -> str:
    """Write a number with thousands separated and so many decimals."""
    return ABSENT if value is None else f"{value:,.{decimals}f}"


def exact(value: Decimal | None, least: int = 0) -> str:
    """Write a decimal to its last digit that is not 0, with no fewer than `least` decimals."""
    if value is None:
        return ABSENT
    exponent = value.normalize().as_tuple().exponent
    decimals = max(least, -exponent if isinstance(exponent, int) else 0)
    return f"{value:,.{decimals}f}"


def money(value: Decimal | None, currency: str | None) -> str:
    """Write an amount with two decimals and its currency."""
    if value is None:
        return ABSENT
    sign = _SIGNS.get(currency or "")
    minus = "\N{MINUS SIGN}" if value < 0 else ""
    return f"{minus}{sign}{abs(value):,.2f}" if sign else f"{value:,.2f}"


def minutes(seconds: float | None) -> str:
    """Write seconds as minutes and seconds, ``3:12``."""
    if seconds is None:
        return ABSENT
    whole = round(abs(seconds))
    return f"{whole // 60}:{whole % 60:02d}"
