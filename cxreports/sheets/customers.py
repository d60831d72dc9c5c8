"""The operator's customers as a sheet for the grid: figures of 24 hours, account, warnings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cxreports.accounts.warnings import warnings
from cxreports.clock import Period
from cxreports.figures.summary import below
from cxreports.language import _
from cxreports.metrics import METRICS
from cxreports.sheets.columns import Column, decimals_of_all, ratio_column
from cxreports.sheets.names import file_name
from cxreports.sheets.selection import Sheet
from cxreports.wording import unknown_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from cxreports.accounts.balances import Balance
    from cxreports.accounts.warnings import CustomerWarning

NO_CALLS: Final[Mapping[str, Any]] = {
    "last_call": None,
    "channels": 0,
    "attempts": 0,
    "connected": 0,
    "asr_pct": None,
    "acd_s": None,
    "duration_unknown": 0,
    "asr_pct_above": None,
    "acd_s_above": None,
    "asr_pct_below": None,
    "acd_s_below": None,
    "before_attempts": 0,
    "before_asr_pct": None,
}
"""Figures of a company that has never called."""

_DECIMALS: Final = 10

_UNKNOWN: Final = "note"
"""Column of how many calls' durations are not known."""


@dataclass(frozen=True)
class Accounts:
    """Balances and users of the customers, out of the portal.

    Attributes
    ----------
    balances
        By the company's id.
    users
        How many may log in, by the company's id.
    """

    balances: Mapping[str, Balance]
    users: Mapping[str, int]


def operator_sheet(
    figures: pl.DataFrame, accounts: Accounts, now: datetime, text_of: Callable[[CustomerWarning], str]
) -> Sheet:
    """Sheet with a row for each customer with calls and each company, those with warnings first.

    Parameters
    ----------
    figures
        Frame of `cxreports.figures.overview.overview`.
    now
        Time that warnings look back from.
    text_of
        Wording of a warning in the reader's language.
    """
    called = {row["customer"]: row for row in figures.iter_rows(named=True)}
    rows = []
    for customer in sorted({*called, *accounts.balances}):
        calls, balance = called.get(customer, NO_CALLS), accounts.balances.get(customer)
        texts = map(text_of, warnings(calls, balance, now))
        row = _row(customer, calls, balance, accounts.users.get(customer, 0))
        rows.append(row | {"warnings": "; ".join(texts) or None})
    rows.sort(key=lambda row: (not row["warnings"], -row["attempts"], row["name"].casefold()))
    return Sheet(
        pl.DataFrame(rows, schema=_schema(figures)),
        _columns(accounts),
        name=file_name("", "customers", Period.last("24h", now)),
        title=_("Customers"),
    )


def warned(sheet: Sheet) -> int:
    """How many customers have a warning."""
    return int(sheet.frame["warnings"].is_not_null().sum())


def _row(customer: str, figures: Mapping[str, Any], balance: Balance | None, users: int) -> dict[str, Any]:
    return {
        **{name: figures[name] for name in NO_CALLS},
        "customer": customer,
        "name": balance.company.name if balance else customer,
        "channel_limit": balance.company.channel_limit if balance else None,
        "balance": balance.left if balance else None,
        "currency": balance.company.currency if balance else None,
        "users": users if balance else None,
        _UNKNOWN: "; ".join(unknown_parts(figures)) or None,
    }


def _schema(figures: pl.DataFrame) -> dict[str, Any]:
    return {
        **{name: figures.schema[name] for name in NO_CALLS},
        "customer": pl.String,
        "name": pl.String,
        "channel_limit": pl.Int64,
        "balance": pl.Decimal(38, _DECIMALS),
        "currency": pl.String,
        "users": pl.Int64,
        _UNKNOWN: pl.String,
        "warnings": pl.String,
    }


def _columns(accounts: Accounts) -> tuple[Column, ...]:
    currencies = {each.company.currency for each in accounts.balances.values()}
    return (
        Column("name", _("Customer"), link="./?customer={customer}", title=_("Opens its dashboard")),
        Column("warnings", _("Warnings"), tone="warn"),
        Column("last_call", _("Last call (UTC)"), "time", align="left", precision="minute"),
        Column("channels", _("Channels"), "number", title=_(METRICS["channels"].meaning)),
        Column("channel_limit", _("Limit"), "number", title=_("Channels configured for it")),
        Column("attempts", _("Attempts"), "number", title=_(METRICS["attempts"].meaning)),
        _ratio("asr", _("ASR %")),
        replace(_ratio("acd", _("ACD s")), note=_UNKNOWN),
        Column(
            "balance",
            _("Balance"),
            # Amounts of several currencies add up to nothing.
            "number" if len(currencies) == 1 else "amount",
            decimals_of_all(currencies),
            link="operator/payments?company={customer}",
            title=_("Payments less charges"),
        ),
        Column("currency", _("Currency")),
        Column("users", _("Users"), "number", link="operator/users?company={customer}"),
        Column("customer", _("Id"), link="operator/companies/change?company={customer}"),
        Column("before_asr_pct", _("ASR % before"), "ratio", METRICS["asr"].decimals, shown=False),
        Column("connected", _("Connected"), "number", title=_(METRICS["connected"].meaning), shown=False),
    )


def _ratio(name: str, label: str) -> Column:
    metric = METRICS[name]
    return ratio_column(metric, label, metric.decimals, denominator=below(metric.column))
