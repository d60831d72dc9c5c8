"""The arithmetic of a call's charge, line by line, exact to the last digit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final

from cxreports.language import _, number
from cxreports.wording import ABSENT, decimals_of, exact_digits, minutes, money

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIGITS: Final = 60
_PLACES: Final = Decimal("1e-10")
"""The lake's last digit of money."""


@dataclass(frozen=True)
class Priced:
    """What a call costs by its rate.

    Attributes
    ----------
    talk
        Seconds charged, divided by 60, times the rate: to the lake's last digit.
    is_exact
        Whether that is all of its digits.
    connection
        Price of the connection; 0 where the record has none.
    """

    talk: Decimal
    is_exact: bool
    connection: Decimal

    @classmethod
    def of(cls, call: Mapping[str, Any]) -> Priced | None:
        """Price by rate; None where the record has no rate or no seconds charged."""
        rate, seconds = call["rate"], call["billed_duration_s"]
        if rate is None or seconds is None or not call["connected"]:
            return None
        with localcontext(prec=_DIGITS):
            product = seconds * rate
            talk = (product / 60).quantize(_PLACES, ROUND_HALF_UP)
            return cls(talk, talk * 60 == product, call["connect_cost"] or Decimal(0))

    def comes_to(self, charge: Decimal) -> bool:
        """Whether the charge is this price, in full or rounded in some way to some decimals."""
        with localcontext(prec=_DIGITS):
            total = self.talk + self.connection
            places = decimals_of(charge)
            ways = (ROUND_HALF_UP, ROUND_UP, ROUND_DOWN)
            # A charge that ends in zeros may have been rounded to more decimals than it shows.
            return any(
                total.quantize(Decimal(1).scaleb(-each), way) == charge
                for each in range(max(2, places), 11)
                for way in ways
            )


def charge_lines(call: Mapping[str, Any]) -> list[dict[str, str]]:
    """What a charge is made of: ``label``, ``detail``, ``amount``; the charge itself is last.

    Parameters
    ----------
    call
        Columns of the record.
    """
    lines = [_line(_("Talk time"), minutes(call["duration_s"]), _seconds(call["duration_s"]))]
    if not call["connected"]:
        lines = []
    elif call["billed_duration_s"] is not None:
        lines.append(_line(_("Billed time"), "", _seconds(call["billed_duration_s"])))
    return [*lines, *_prices(call), _line(_("Charge"), "", _money(call["charge"], call), kind="total")]


def _prices(call: Mapping[str, Any]) -> list[dict[str, str]]:
    priced, charge = Priced.of(call), call["charge"]
    if priced is None:
        said = [
            (_("Rate"), _("per minute"), call["rate"]),
            (_("Connection"), _("per connected call"), call["connect_cost"]),
        ]
        return [
            _line(label, detail, _money(value, call)) for label, detail, value in said if value is not None
        ]
    sign = "" if priced.is_exact else "\N{ALMOST EQUAL TO} "
    detail = _("{seconds} s \N{DIVISION SIGN} 60 \N{MULTIPLICATION SIGN} {rate} a minute").format(
        seconds=_plain(call["billed_duration_s"]), rate=_money(call["rate"], call)
    )
    lines = [_line(_("Rate"), detail, f"{sign}{_money(priced.talk, call)}")]
    if call["connect_cost"] is not None:
        lines.append(_line(_("Connection"), "", _money(priced.connection, call)))
    if charge is not None:
        with localcontext(prec=_DIGITS):
            rest = charge - priced.talk - priced.connection
        if rest and priced.comes_to(charge):
            lines.append(_line(_("Rounding"), "", f"{sign}{_money(rest, call)}"))
        elif rest:
            text = _("the record does not say what for")
            lines.append(_line(_("Difference"), text, f"{sign}{_money(rest, call)}"))
    return lines


def _line(label: str, detail: str, amount_: str, kind: str = "") -> dict[str, str]:
    return {"label": label, "detail": detail, "amount": amount_, "kind": kind}


def _seconds(value: Decimal | None) -> str:
    return ABSENT if value is None else _("{seconds} s").format(seconds=_plain(value))


def _plain(value: Decimal) -> str:
    return number(value, decimals_of(value))


def _money(value: Decimal | None, call: Mapping[str, Any]) -> str:
    if value is None:
        return ABSENT
    if not call["currency"]:
        return exact_digits(value, 2)
    return money(value, call["currency"], exact=True)
