"""A customer's account as the pages show it: balance, the link to pay, what is outstanding.

Pages know the `Account` alone. `CompanyAccount` is the one that the portal keeps: what was received,
less what the calls cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from cxreports.accounts import checklist
from cxreports.errors import CxreportsError
from cxreports.language import _, isolated
from cxreports.portal.companies import companies, ledger
from cxreports.portal.database import database_of
from cxreports.portal.tables import Company, User
from cxreports.visitor import current, customer_in_reach
from cxreports.wording import money

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cxreports.accounts.checklist import Alert


class Account(Protocol):
    """What pages show of an account."""

    @property
    def balance(self) -> str:
        """The balance with its currency, in words; empty where nobody keeps one."""

    @property
    def is_low(self) -> bool:
        """Whether the balance is used up, or at the mark at which the company is warned."""

    @property
    def pay_url(self) -> str:
        """Where to pay; empty where that is not set up."""

    @property
    def channel_limit(self) -> int | None:
        """Channels configured; None for no limit."""

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """What is outstanding, most urgent first."""


def company_names(home: Path) -> dict[str, str]:
    """Give the names of the companies that the portal knows, by id: of those whose calls may be seen."""
    within = customer_in_reach()
    with database_of(home).reading() as db:
        known = companies.all_companies(db)
    return {company.id: company.name for company in known if within in {None, company.id}}


def account_of(
    home: Path,
    customer: str,
    charged: Callable[[str], Decimal],
    payment_url: str = "",
) -> CompanyAccount:
    """Give the account of a customer, to whoever looks at this page.

    Of a customer that the portal does not know, or whose calls may not be seen, there is nothing to show.

    Parameters
    ----------
    charged
        Gives what the customer's calls have cost in a currency.
    payment_url
        See `CompanyAccount`.
    """
    visitor = current()
    with database_of(home).reading() as db:
        user = db.get(User, visitor.user_id) if visitor else None
        company = db.get(Company, customer) if customer_in_reach() in {None, customer} else None
        if company is None:
            return CompanyAccount(None, Decimal(0), payment_url, user)
        received = ledger.received(db, company.id)
    left = ledger.balance(received, charged(company.currency))
    return CompanyAccount(company, left, payment_url, user)


@dataclass(frozen=True)
class CompanyAccount:
    """An account as the portal keeps it.

    Attributes
    ----------
    company
        The customer's company; None for one that the portal does not know.
    left
        The balance, in the company's currency.
    payment_url
        Template of the address to pay at: ``{account}``, ``{amount}`` (what is owed, or 0) and
        ``{currency}`` are filled in.
    user
        Who looks at it, and is told what waits for them; None outside a portal.
    """

    company: Company | None
    left: Decimal
    payment_url: str = ""
    user: User | None = None

    @property
    def balance(self) -> str:
        """Give the balance as ``$1,284.06 USD``."""
        if self.company is None:
            return ""
        return isolated(f"{money(self.left, self.company.currency)} {self.company.currency}")

    @property
    def is_low(self) -> bool:
        """Whether the balance is zero, below, or at the company's mark."""
        return self.company is not None and checklist.is_low(self.company, self.left)

    @property
    def channel_limit(self) -> int | None:
        """Give the company's."""
        return None if self.company is None else self.company.channel_limit

    @property
    def pay_url(self) -> str:
        """Fill in the template.

        Raises
        ------
        CxreportsError
            The template has other fields, or is no address on the web.
        """
        if not self.payment_url or self.company is None:
            return ""
        owed = max(Decimal(0), -self.left)
        fields = {"account": self.company.id, "amount": f"{owed:f}", "currency": self.company.currency}
        try:
            url = self.payment_url.format(**{name: quote(value, safe="") for name, value in fields.items()})
        except (KeyError, IndexError, ValueError) as error:
            raise CxreportsError(
                _("the payment address {address} cannot be filled in ({error}): use {fields}").format(
                    address=repr(self.payment_url),
                    error=repr(error),
                    fields="{account}, {amount}, {currency}",
                )
            ) from error
        if not url.startswith(("https://", "http://")):
            raise CxreportsError(
                _("the payment address {address} must begin with https://").format(
                    address=repr(self.payment_url)
                )
            )
        return url

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Give what the checklist has of the balance, and of whoever looks at it."""
        places = checklist.Places(pay=self.pay_url)
        left = None if self.company is None else self.left
        return tuple(checklist.alerts(self.user, self.company, balance=left, places=places))
