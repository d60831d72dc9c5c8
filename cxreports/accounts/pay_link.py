"""The link to pay: an address at the payment provider, filled in for one account."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote

from cxreports.errors import CxreportsError
from cxreports.language import _

if TYPE_CHECKING:
    from cxreports.accounts.balances import Balance


def pay_link(template: str, balance: Balance) -> str:
    """Address at which a company pays; empty without a template.

    Parameters
    ----------
    template
        ``{account}``, ``{amount}`` (what is owed, or 0) and ``{currency}`` are filled in.

    Raises
    ------
    CxreportsError
        The template has other fields, or is no address on the web.
    """
    if not template:
        return ""
    owed = max(Decimal(0), -balance.left)
    company = balance.company
    fields = {"account": company.id, "amount": f"{owed:f}", "currency": company.currency}
    try:
        url = template.format(**{name: quote(value, safe="") for name, value in fields.items()})
    except (KeyError, IndexError, ValueError) as error:
        raise CxreportsError(
            _("the payment address {address} cannot be filled in ({error}): use {fields}").format(
                address=repr(template), error=repr(error), fields="{account}, {amount}, {currency}"
            )
        ) from error
    if not url.startswith(("https://", "http://")):
        raise CxreportsError(
            _("the payment address {address} must begin with https://").format(address=repr(template))
        )
    return url
