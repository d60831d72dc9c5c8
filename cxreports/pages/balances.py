"""Balances: what was received, which the portal knows, less what the calls cost, which the lake knows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.portal import companies, ledger

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from cxreports.lake.snapshot import Snapshot
    from cxreports.portal.tables import Company


@dataclass(frozen=True)
class Balance:
    """A company's account, exact, in its currency.

    Attributes
    ----------
    received
        Completed payments and adjustments.
    charged
        What its calls in this currency cost.
    """

    company: Company
    received: Decimal
    charged: Decimal

    @property
    def left(self) -> Decimal:
        """What is left of what was received."""
        return ledger.balance(self.received, self.charged)


def balance_of(db: Session, snapshot: Snapshot, company: Company) -> Balance:
    """Give a company's balance."""
    charged = _charged(snapshot, company.id).get((company.id, company.currency), Decimal(0))
    return Balance(company, ledger.received(db, company.id), charged)


def balances(db: Session, snapshot: Snapshot) -> dict[str, Balance]:
    """Give the balances of all companies, by id."""
    charged, received = _charged(snapshot, ALL_CUSTOMERS), ledger.received_by_company(db)
    return {
        each.id: Balance(
            each, received.get(each.id, Decimal(0)), charged.get((each.id, each.currency), Decimal(0))
        )
        for each in companies.all_companies(db)
    }


def _charged(snapshot: Snapshot, customer: str) -> dict[tuple[str, str], Decimal]:
    """Add up what calls cost, by customer and currency."""
    rows = snapshot.query(
        "SELECT customer, currency, CAST(SUM(charge) AS DECIMAL(38,10)) AS charge FROM "
        f"{snapshot.scan('hourly', customer=customer)} AS hours GROUP BY customer, currency"
    ).filter(pl.col("charge").is_not_null())
    return {(customer, currency): charge for customer, currency, charge in rows.iter_rows()}
