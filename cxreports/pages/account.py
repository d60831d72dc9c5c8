"""A customer's account as the pages show it: balance, the link to pay, what is outstanding.

Pages know the `Account` alone, so that whoever keeps accounts can stand behind it. Until then
`FileAccount` tells what ``customers.toml`` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from cxreports.errors import CxreportsError
from cxreports.pages.wording import money

if TYPE_CHECKING:
    from cxreports.customers import Customer


@dataclass(frozen=True)
class Alert:
    """Something that waits for the customer.

    Attributes
    ----------
    title
        What it is, in a few words.
    text
        What settles it.
    url
        Where it is settled; empty when that is not a page.
    action
        What the link there says: ``Pay``, ``Verify``.
    """

    title: str
    text: str
    url: str = ""
    action: str = "Open"


class Account(Protocol):
    """What pages show of an account."""

    @property
    def balance(self) -> str:
        """The balance with its currency, in words; empty where nobody keeps one."""

    @property
    def is_low(self) -> bool:
        """Whether the balance is used up."""

    @property
    def pay_url(self) -> str:
        """Where to pay; empty where that is not set up."""

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """What is outstanding, most urgent first."""


@dataclass(frozen=True)
class FileAccount:
    """An account as ``customers.toml`` tells it.

    Attributes
    ----------
    customer
        The customer; None for one that the file does not name.
    payment_url
        Template of the address to pay at: ``{account}``, ``{amount}`` (what is owed, or 0) and
        ``{currency}`` are filled in.
    """

    customer: Customer | None
    payment_url: str = ""

    @property
    def balance(self) -> str:
        """Give the balance as ``$1,284.06 USD``."""
        if self.customer is None or self.customer.balance is None:
            return ""
        currency = self.customer.currency or ""
        return f"{money(self.customer.balance, currency)} {currency}".strip()

    @property
    def is_low(self) -> bool:
        """Whether the balance is zero or below."""
        return self.customer is not None and self.customer.balance is not None and self.customer.balance <= 0

    @property
    def pay_url(self) -> str:
        """Fill in the template.

        Raises
        ------
        CxreportsError
            The template has other fields, or is no address on the web.
        """
        if not self.payment_url or self.customer is None or self.customer.balance is None:
            return ""
        owed = max(Decimal(0), -self.customer.balance)
        fields = {"account": self.customer.id, "amount": str(owed), "currency": self.customer.currency or ""}
        try:
            url = self.payment_url.format(**{name: quote(value, safe="") for name, value in fields.items()})
        except (KeyError, IndexError, ValueError) as error:
            raise CxreportsError(
                f"the payment address {self.payment_url!r} cannot be filled in ({error!r}): "
                "use {account}, {amount} and {currency}"
            ) from error
        if not url.startswith(("https://", "http://")):
            raise CxreportsError(f"the payment address {self.payment_url!r} must begin with https://")
        return url

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Give a used-up balance, which is all that the file can tell."""
        if not self.is_low:
            return ()
        return (Alert("The balance is used up", f"It stands at {self.balance}.", self.pay_url, "Pay"),)
