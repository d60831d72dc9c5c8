"""A customer's account as one visitor sees it: balance, link to pay, checklist. Pages word it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxreports.accounts.balances import Balance
from cxreports.accounts.checklist import checklist
from cxreports.accounts.low_balance import low_balance
from cxreports.accounts.pay_link import pay_link
from cxreports.portal.companies import companies, ledger
from cxreports.portal.database import database_of
from cxreports.portal.tables import Company, User
from cxreports.visitor import current, customer_in_reach

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cxreports.accounts.checklist import Item
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
    """

    balance: Balance | None = None
    pay_url: str = ""
    checklist: tuple[Item, ...] = ()

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
    within = customer_in_reach()
    with database_of(home).reading() as db:
        every = companies.all_companies(db)
    return {company.id: company.name for company in every if within in {None, company.id}}


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
    visitor = current()
    with database_of(home).reading() as db:
        user = db.get(User, visitor.user_id) if visitor else None
        company = db.get(Company, customer) if customer_in_reach() in {None, customer} else None
        if company is None:
            return Account(checklist=checklist(user, None))
        received = ledger.received(db, company.id)
    balance = Balance.of(company, received, cost())
    return Account(balance, pay_link(payment_url, balance), checklist(user, balance))
