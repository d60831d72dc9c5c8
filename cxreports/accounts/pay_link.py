"""The link to pay: an address at the payment provider, filled in for one account."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal, localcontext
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from cxreports.errors import CxreportsError
from cxreports.language import _
from cxreports.wording import currency_decimals

if TYPE_CHECKING:
    from cxreports.accounts.balances import Balance

_AMOUNT_PARAMETER: Final = re.compile(r"(?<=[?&])[^?&#]*\{amount\}[^&#]*(?:&|(?=#|$))")
_AMOUNT_SEGMENT: Final = re.compile(r"(?<=[^/:])/[^/?#]*\{amount\}[^/?#]*(?=[/?#]|$)")
_NO_QUERY: Final = re.compile(r"[?&]+(?=#|$)")
_DIGITS: Final = 60


def pay_link(template: str, balance: Balance) -> str:
    """Address at which a company pays; empty without a template.

    Parameters
    ----------
    template
        ``{account}``, ``{amount}`` and ``{currency}`` are filled in. The amount is what is owed, in the
        currency's own digits, rounded up so that it settles the debt. Where nothing is owed, the parameter of
        the query or the segment of the path in which it stands is left out, and who pays chooses the amount.

    Raises
    ------
    CxreportsError
        The template has other fields, or is no address on the web.
    """
    if not template:
        return ""
    company = balance.company
    fields = {
        "account": company.id,
        "amount": _owed(balance.left, company.currency),
        "currency": company.currency,
    }
    filled = template if fields["amount"] else _without_amount(template)
    try:
        url = filled.format(**{name: quote(value, safe="") for name, value in fields.items()})
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


def _owed(left: Decimal, currency: str) -> str:
    """Digits of what is owed, rounded up; empty where nothing is."""
    if left >= 0:
        return ""
    with localcontext(prec=_DIGITS):
        return f"{(-left).quantize(Decimal(1).scaleb(-currency_decimals(currency)), ROUND_CEILING):f}"


def _without_amount(template: str) -> str:
    return _NO_QUERY.sub("", _AMOUNT_SEGMENT.sub("", _AMOUNT_PARAMETER.sub("", template)))
