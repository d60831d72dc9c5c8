"""Answers of the desk: no more of companies and people than pages show or count with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 (pydantic reads the annotations)
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Holder:
    """A company as its account needs it.

    Attributes
    ----------
    id
        The customer id that its CDRs bear.
    currency
        ISO code of its account.
    debit_limit
        How far below zero the balance may go, as a positive amount.
    channel_limit
        Channels configured for it; None for no limit.
    low_balance
        The balance counts as low at or below this; None warns at zero.
    """

    id: str
    name: str = ""
    currency: str = "USD"
    debit_limit: Decimal = Decimal(0)
    channel_limit: int | None = None
    low_balance: Decimal | None = None


@dataclass(frozen=True)
class Ledger:
    """What was received of a company, and who of it may log in.

    Attributes
    ----------
    received
        Completed payments and adjustments, in the holder's currency.
    users
        Users that are not disabled.
    """

    holder: Holder
    received: Decimal
    users: int = 0


@dataclass(frozen=True)
class Person:
    """What a person has settled of their own account."""

    email: str
    mobile: str
    has_verified_email: bool
    has_verified_mobile: bool
    has_second_factor: bool


@dataclass(frozen=True)
class FiringAlert:
    """An alert that fires.

    Attributes
    ----------
    standing
        Name of the rule where it stands from the start, else empty.
    metric, value
        What is watched, and the figure as decimal text; a change in per cent where `is_change`.
    is_narrowed
        Whether some calls alone count.
    currency
        ISO code of amounts.
    why
        What a learned rule found, as an alert keeps it (`cxreports.alerts.sentences.why_text`).
    """

    id: int
    title: str
    standing: str
    customer: str
    metric: str
    level: str
    value: str
    is_change: bool
    is_narrowed: bool
    currency: str
    since: datetime
    is_acknowledged: bool
    why: dict[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True)
class AccountAnswer:
    """A customer's account, as one visitor may see it.

    Attributes
    ----------
    ledger
        None for a customer that is no company of the portal, or that the visitor may not see.
    person
        The visitor; None outside a portal.
    firing
        Alerts that fire, of the rules that the visitor may see, the newest first.
    """

    ledger: Ledger | None
    person: Person | None
    firing: tuple[FiringAlert, ...] = ()
