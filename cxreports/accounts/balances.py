"""Balances: what was received, which the portal keeps, less what the calls cost, which the lake knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cxreports.figures.costs import costs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cxreports.desk.answers import Holder, Ledger
    from cxreports.figures.costs import Costs
    from cxreports.lake.snapshot import Snapshot

NO_COSTS: Final[Costs] = MappingProxyType({})

_NOTHING: Final = Decimal(0)

_EXACT: Final = Context(prec=80, traps=[Inexact])
"""Sums to the last digit of either amount."""


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

    company: Holder
    received: Decimal
    charged: Decimal
    foreign: Mapping[str, Decimal] = field(default_factory=dict)

    @classmethod
    def of(cls, company: Holder, received: Decimal, cost: Costs) -> Balance:
        """Balance of a company that so much was received of and whose calls cost so much."""
        own = _EXACT.add(cost.get(None, _NOTHING), cost.get(company.currency, _NOTHING))
        foreign = {
            currency: amount
            for currency, amount in cost.items()
            if currency is not None and currency != company.currency and amount
        }
        return cls(company, received, own, foreign)

    @property
    def left(self) -> Decimal:
        """What is left of what was received."""
        return _EXACT.subtract(self.received, self.charged)


def balances(ledgers: Iterable[Ledger], snapshot: Snapshot) -> dict[str, Balance]:
    """Balances of the ledgers' companies, by id."""
    cost = costs(snapshot)
    return {
        holder.id: Balance.of(holder, ledger.received, cost.get(holder.id, NO_COSTS))
        for ledger in ledgers
        for holder in [ledger.holder]
    }


def balance_of(ledger: Ledger, snapshot: Snapshot) -> Balance:
    """Balance of one company."""
    cost = costs(snapshot, ledger.holder.id).get(ledger.holder.id, NO_COSTS)
    return Balance.of(ledger.holder, ledger.received, cost)
