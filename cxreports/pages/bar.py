"""What every page shows in its top bar: customers to choose from, channels, balance, the user."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.language import _, isolated, ngettext, number
from cxreports.pages.outstanding import amounts_text, outstanding
from cxreports.wording import money

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cxreports.accounts.balances import Balance
    from cxreports.pages.reading import Reading
    from cxreports.portal.user_menu import UserMenu
    from cxreports.widgets import TopBar


def show_user(bar: TopBar, menu: UserMenu) -> None:
    """Show who looks at the page, and their menu."""
    bar.user, bar.menu = menu.name, [asdict(item) for item in menu.items]


def show_customers(bar: TopBar, reading: Reading, home: Path) -> None:
    """Show the customers by name, all of them together first."""
    bar.customers = customer_entries(reading, reading.names(home))


def customer_entries(reading: Reading, names: Mapping[str, str]) -> list[dict[str, str]]:
    """``{"id", "name", "note"}`` of each customer that can be chosen, all of them together first.

    Parameters
    ----------
    names
        Names of the companies by id; one without calls is chosen like any other.
    """
    calls = dict(reading.customers.select("customer", "cdrs").iter_rows())
    entries = [
        {"id": id_, "name": names.get(id_, id_), "note": _calls(calls.get(id_, 0))}
        for id_ in calls.keys() | names.keys()
    ]
    entries.sort(key=lambda entry: entry["name"].lower())
    everyone = {"id": ALL_CUSTOMERS, "name": _("All customers"), "note": _calls(sum(calls.values()))}
    return [everyone, *entries] if len(entries) > 1 else entries


def _calls(count: int) -> str:
    if not count:
        return _("no calls yet")
    return ngettext("{count} call", "{count} calls", count).format(count=number(count))


def show_account(bar: TopBar, reading: Reading, customer: str, home: Path) -> None:
    """Show a customer's channel limit, balance and what is outstanding."""
    account = reading.account(home, customer)
    bar.channel_limit = account.channel_limit
    bar.balance = "" if account.balance is None else balance_text(account.balance)
    bar.is_low, bar.pay_url = account.is_low, account.pay_url
    bar.alerts = [asdict(notice) for notice in outstanding(account)]


def balance_text(balance: Balance) -> str:
    """Balance as ``$1,284.06 USD``, and beside it what calls cost in other currencies."""
    currency = balance.company.currency
    left = isolated(money(balance.left, currency, code=True))
    if not balance.foreign:
        return left
    amounts = isolated(amounts_text(balance.foreign.items()))
    return _("{balance}; charged besides: {amounts}").format(balance=left, amounts=amounts)


def show_no_account(bar: TopBar) -> None:
    """Show that there is nothing to say of the customer."""
    bar.channels, bar.balance, bar.alerts = None, "", []
