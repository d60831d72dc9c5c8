"""What every page shows in its top bar: customers to choose from, channels, balance, the user."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import zone
from cxreports.language import _, isolated, ngettext, number
from cxreports.pages.outstanding import amounts_text, outstanding
from cxreports.wording import money, time_on_the_clock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from cxreports.accounts.account import Account
    from cxreports.accounts.balances import Balance
    from cxreports.figures.live_channels import LiveChannels
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


def show_account(bar: TopBar, reading: Reading, customer: str, home: Path, tz: str) -> Account:
    """Show a customer's channel limit, balance and what is outstanding, on a zone's clocks."""
    account = reading.account(home, customer)
    bar.channel_limit = account.channel_limit
    bar.balance = "" if account.balance is None else balance_text(account.balance)
    bar.is_low, bar.pay_url = account.is_low, account.pay_url
    bar.alerts = [asdict(notice) for notice in outstanding(account, tz, reading.taken)]
    return account


def show_channels(bar: TopBar, channels: LiveChannels, tz: str, now: datetime) -> None:
    """Show the channels in use, and where the number comes from."""
    for trait, shown in channels_shown(channels, tz, now).items():
        bar.set_trait(trait, shown)


def channels_shown(channels: LiveChannels, tz: str, now: datetime) -> dict[str, int | str | None]:
    """Traits of the top bar that channels are shown by."""
    return {
        "channels": channels.count,
        "channels_source": channels.source,
        "channels_note": channels_note(channels, tz, now),
    }


def channels_note(channels: LiveChannels, tz: str, now: datetime) -> str:
    """Source of a count of channels, worded: as of when, or since when it is unknown."""
    if channels.as_of is None:
        return _("no calls yet")
    if channels.source == "switch" and channels.count is not None:
        return _("now, {switch}").format(switch=channels.switch)
    text = _("unknown since {time}") if channels.count is None else _("as of the last call, {time}")
    return text.format(time=time_on_the_clock(channels.as_of, zone(tz), now))


def as_of_text(reading: Reading, tz: str, *, follows: bool) -> str:
    """Time up to which the data reaches, worded.

    Parameters
    ----------
    follows
        Whether the page shows new calls by itself.
    """
    if reading.as_of is None:
        return ""
    text = _("as of {time} · new calls show by themselves") if follows else _("as of {time}")
    return text.format(time=time_on_the_clock(reading.as_of, zone(tz), reading.taken))


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
    bar.channels, bar.channels_source, bar.channels_note = None, "", ""
    bar.balance, bar.alerts = "", []
