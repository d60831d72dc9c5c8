"""The checklist: what waits for a person to settle it, as values; the page words them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxreports.accounts.low_balance import LowBalance, low_balance
from cxreports.desk.answers import FiringAlert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxreports.accounts.balances import Balance
    from cxreports.desk.answers import Person


@dataclass(frozen=True)
class UnverifiedEmail:
    """Nobody has confirmed that mail to this address arrives."""

    email: str


@dataclass(frozen=True)
class UnverifiedMobile:
    """Nobody has confirmed that messages to this number arrive; empty for a profile without a number."""

    mobile: str


@dataclass(frozen=True)
class NoSecondFactor:
    """The password alone opens the account."""


Waiting = LowBalance | UnverifiedEmail | UnverifiedMobile | NoSecondFactor
"""What waits to be settled, for as long as that takes."""

Item = FiringAlert | Waiting


def checklist(
    person: Person | None, balance: Balance | None, firing: Iterable[FiringAlert] = ()
) -> tuple[Item, ...]:
    """Items of the checklist, most urgent first.

    Parameters
    ----------
    person
        Who looks at the page; None for the company's items alone.
    balance
        The company's; None where there is none to look at.
    firing
        Alerts that fire; those that somebody has acknowledged are left out.
    """
    low = None if balance is None else low_balance(balance)
    waiting = (alert for alert in firing if not alert.is_acknowledged)
    return (*waiting, *(() if low is None else (low,)), *(() if person is None else _of_person(person)))


def _of_person(person: Person) -> Iterator[Item]:
    if not person.has_verified_email:
        yield UnverifiedEmail(person.email)
    if not person.has_verified_mobile:
        yield UnverifiedMobile(person.mobile)
    if not person.has_second_factor:
        yield NoSecondFactor()
