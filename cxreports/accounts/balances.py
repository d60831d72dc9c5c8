"""Balances: what was received, which the portal keeps, less what the calls cost, which the lake knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cxreports.figures.costs import costs
from cxreports.portal.companies import companies, ledger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from cxreports.figures.costs import Costs
    from cxreports.lake.snapshot import Snapshot
    from cxreports.portal.tables import Company

NO_COSTS: Final[Costs] = MappingProxyType({})

_NOTHING: Final = Decimal(0)


@dataclass(frozen=True)
class Balance:
    """Balance of a company, exact, in its currency.

    Attributes
    ----------
    received
        Completed payments and adjustments.
    charged
        Cost of its calls in this currency; a price without a currency is in it.
    foreign
        Cost of its calls in other currencies, by currency: no part of the balance.
    """

    company: Company
    received: Decimal
    charged: Decimal
    foreign: Mapping[str, Decimal] = field(default_factory=dict)

    @classmethod
    def of(cls, company: Company, received: Decimal, cost: Costs) -> Balance:
        """Balance of a company that so much was received of and whose calls cost so much."""
        own = ledger.total(cost.get(None, _NOTHING), cost.get(company.currency, _NOTHING))
        foreign = {
            currency: amount
            for currency, amount in cost.items()
            if currency is not None and currency != company.currency and amount
        }
        return cls(company, received, own, foreign)

    @property
    def left(self) -> Decimal:
        """What is left of what was received."""
        return ledger.balance(self.received, self.charged)


def balance_of(db: Session, snapshot: Snapshot, company: Company) -> Balance:
    """Balance of one company."""
    cost = costs(snapshot, company.id).get(company.id, NO_COSTS)
    return Balance.of(company, ledger.received(db, company.id), cost)


def balances(db: Session, snapshot: Snapshot) -> dict[str, Balance]:
    """Balances of all companies, by id."""
    cost, received = costs(snapshot), ledger.received_by_company(db)
    return {
        company.id: Balance.of(company, received.get(company.id, _NOTHING), cost.get(company.id, NO_COSTS))
        for company in companies.all_companies(db)
    }
