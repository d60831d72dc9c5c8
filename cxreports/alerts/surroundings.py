"""What rules that go by the clock are judged by, out of the portal's database."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from cxreports.alerts.accounts_at import AccountAt
from cxreports.alerts.measuring import Surroundings
from cxreports.desk.clerk import ledgers
from cxreports.portal.alerts.tables import RefusedFile
from cxreports.portal.tables import Payment, PaymentStatus

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy.orm import Session

    from cxreports.lake.snapshot import Snapshot


def surroundings(db: Session, snapshot: Snapshot, *, since: datetime | None = None) -> Surroundings:
    """Ledgers of all companies, and the refused files.

    Parameters
    ----------
    since
        First moment that will be asked for; None for the present alone.
    """
    entries: dict[str, list[tuple[datetime, Decimal]]] = defaultdict(list)
    if since is not None:
        completed = select(Payment.company_id, Payment.made_at, Payment.amount).where(
            Payment.status == PaymentStatus.COMPLETED, Payment.made_at >= since
        )
        for company, at, amount in db.execute(completed):
            entries[company].append((at, amount))
    accounts = {each.holder.id: AccountAt(each, entries.get(each.holder.id, ())) for each in ledgers(db)}
    return Surroundings(snapshot, accounts, list(db.scalars(select(RefusedFile.at).order_by(RefusedFile.at))))
