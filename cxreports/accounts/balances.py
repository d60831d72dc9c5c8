"""Balances: what was received, which the portal knows, less what the calls cost, which the lake knows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from cxreports.figures.summary import charged, charged_by_customer
from cxreports.portal.companies import companies, ledger

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
    cost = charged(snapshot, company.id, company.currency)
    return Balance(company, ledger.received(db, company.id), cost)


def balances(db: Session, snapshot: Snapshot) -> dict[str, Balance]:
    """Give the balances of all companies, by id."""
    cost, received = charged_by_customer(snapshot), ledger.received_by_company(db)
    nothing = Decimal(0)
    return {
        each.id: Balance(each, received.get(each.id, nothing), cost.get((each.id, each.currency), nothing))
        for each in companies.all_companies(db)
    }
