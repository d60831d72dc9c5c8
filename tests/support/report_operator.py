"""A small operator whose October 2026 was written down by hand, and its reports."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cxreports.portal.companies import companies
from cxreports.portal.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cxreports.lake import Store

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
DESTINATIONS = ("Spain Mobile", "France", "Réunion", "Japan Tokyo", "=1+1")


@dataclass(frozen=True)
class Operator:
    home: Path
    store: Store


def calls_of(customer: str, currency: str, first: datetime, days: int, each: int) -> list[dict[str, Any]]:
    """Calls of each day: every third is not answered, and no two days are alike."""
    calls = []
    for day in range(days):
        for nth in range(each + day % 5):
            answered = nth % 3 != 2
            calls.append(
                {
                    "customer": customer,
                    "call_time": first + timedelta(days=day, hours=8 + nth % 9, seconds=37 * nth),
                    "connected": answered,
                    "duration_s": 60 + 7 * nth + day if answered else 0,
                    "billed_duration_s": 60 * (2 + nth // 9) if answered else 0,
                    "sip_code": 200 if answered else (486, 503, 404)[nth % 9 // 3],
                    "charge": Decimal("0.012345") * (nth + 1) if answered else Decimal(0),
                    "currency": currency,
                    "pdd_ms": 1000 + nth,
                    "destination_name": DESTINATIONS[(nth + day) % len(DESTINATIONS)],
                    "dtmf": "1" if nth % 7 == 0 else "",
                }
            )
    return calls


def made_operator(made_store: Callable[..., Store]) -> Operator:
    """Acme has called since August, Bravo since mid-October; the data reaches to 2 November."""
    begun = datetime(2026, 8, 20, tzinfo=UTC)
    calls = calls_of("acme", "USD", begun, 74, 9)
    calls += calls_of("bravo", "EUR", datetime(2026, 10, 15, tzinfo=UTC), 18, 6)
    store = made_store(calls)
    with closing(Database.of(store.home)) as database, database.writing() as db:
        companies.add(db, "acme", "Acme Telecom", currency="USD", channel_limit=4, zone="Europe/Madrid")
        companies.add(db, "bravo", "Bravo & Söhne", currency="EUR", zone="Europe/Berlin")
    return Operator(store.home, store)
