"""A customer's account as one visitor sees it: balance, link to pay, checklist. Pages word it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxreports.accounts.balances import Balance
from cxreports.accounts.checklist import checklist
from cxreports.accounts.low_balance import low_balance
from cxreports.accounts.pay_link import pay_link
from cxreports.desk.desk import desk_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cxreports.accounts.checklist import Item
    from cxreports.desk.answers import FiringAlert
    from cxreports.figures.costs import Costs


@dataclass(frozen=True)
class Account:
    """A customer's account.

    Attributes
    ----------
    balance
        None for a customer that is no company of the portal, or that the visitor may not see.
    pay_url
        Where to pay; empty where that is not set up.
    checklist
        What is outstanding, most urgent first: the company's items and the visitor's own.
    firing
        Alerts that fire, acknowledged or not.
    """

    balance: Balance | None = None
    pay_url: str = ""
    checklist: tuple[Item, ...] = ()
    firing: tuple[FiringAlert, ...] = ()

    @property
    def channel_limit(self) -> int | None:
        """Channels configured; None for no limit."""
        return None if self.balance is None else self.balance.company.channel_limit

    @property
    def is_low(self) -> bool:
        """Whether the balance is used up, or at the mark at which the company is warned."""
        return self.balance is not None and low_balance(self.balance) is not None


def company_names(home: Path) -> dict[str, str]:
    """Names of the companies whose calls may be seen, by id."""
    return desk_of(home).names()


def account_of(home: Path, customer: str, cost: Callable[[], Costs], payment_url: str = "") -> Account:
    """Account of a customer, for whoever looks at this page.

    Parameters
    ----------
    cost
        Cost of the customer's calls; not asked for where there is no company to charge.
    payment_url
        Template of the address to pay at: see `cxreports.accounts.pay_link`.

    Raises
    ------
    CxreportsError
        The template of the payment address is wrong.
    """
    found = desk_of(home).account(customer)
    if found.ledger is None:
        return Account(checklist=checklist(found.person, None, found.firing), firing=found.firing)
    balance = Balance.of(found.ledger.holder, found.ledger.received, cost())
    items = checklist(found.person, balance, found.firing)
    return Account(balance, pay_link(payment_url, balance), items, found.firing)
