"""A low balance: the one finding that the checklist, the operator's warnings and alerts share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cxreports.accounts.thresholds import USED_UP, low_mark

if TYPE_CHECKING:
    from decimal import Decimal

    from cxreports.accounts.balances import Balance


class Level(StrEnum):
    """How low a balance is."""

    LOW = "low"
    """At or below the company's mark."""

    USED_UP = "used_up"
    """Nothing is left."""

    OVER_LIMIT = "over_limit"
    """Below what the debit limit allows."""


@dataclass(frozen=True)
class LowBalance:
    """A balance at or below the mark at which the company is warned.

    Attributes
    ----------
    left
        The balance.
    currency
        ISO code of all three amounts.
    mark
        Balance at which the company is warned.
    debit_limit
        How far below zero the balance may go, as a positive amount.
    """

    level: Level
    left: Decimal
    currency: str
    mark: Decimal
    debit_limit: Decimal


def low_balance(balance: Balance) -> LowBalance | None:
    """Whether and how far a balance is low; None while it is above the company's mark."""
    company, left, mark = balance.company, balance.left, low_mark(balance.company)
    if left < -company.debit_limit:
        level = Level.OVER_LIMIT
    elif left <= USED_UP:
        level = Level.USED_UP
    elif left <= mark:
        level = Level.LOW
    else:
        return None
    return LowBalance(level, left, company.currency, mark, company.debit_limit)
