"""Cost of calls: the sum of their prices, over all time, which balances are computed from."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.metrics import added_sums_sql

if TYPE_CHECKING:
    from cxreports.lake.snapshot import Snapshot

Costs = Mapping[str | None, Decimal]
"""Cost by currency, exact; None is the currency of prices that name none."""


def costs(snapshot: Snapshot, customer: str = ALL_CUSTOMERS) -> dict[str, Costs]:
    """Cost of all calls so far, by customer and currency, read from the stored days.

    Parameters
    ----------
    customer
        A customer's id; by default every customer is asked for at once.

    Returns
    -------
    dict
        Customers without a priced call are left out.
    """
    sums = snapshot.scan("daily" if snapshot.has_days else "hourly", customer=customer)
    rows = snapshot.query(
        f"SELECT customer, currency, {added_sums_sql({'charge'})} FROM {sums} AS sums "
        "WHERE charge IS NOT NULL GROUP BY customer, currency ORDER BY customer, currency"
    )
    found: dict[str, dict[str | None, Decimal]] = {}
    for whose, currency, cost in rows.iter_rows():
        found.setdefault(whose, {})[currency] = cost
    return dict(found)
