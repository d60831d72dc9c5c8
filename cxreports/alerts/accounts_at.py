"""Figures that go by the clock: balances, how long they last, silence, refused files."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np

from cxreports.accounts.balances import balance_of
from cxreports.alerts import silence
from cxreports.alerts.rule import Reading
from cxreports.clock import HOUR_US, MINUTE_US, from_microseconds, microseconds
from cxreports.metrics import added_sums_sql, sums_sql
from cxreports.sql import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cxreports.alerts.measuring import Ask, Surroundings
    from cxreports.clock import Instants
    from cxreports.desk.answers import Ledger
    from cxreports.lake.snapshot import Snapshot

RATE_DAYS: Final = 7
"""Days whose mean charge says how long a balance lasts."""

_DAY: Final = timedelta(days=1)
_NOTHING: Final = Decimal(0)


@dataclass(frozen=True)
class AccountAt:
    """A company's ledger, and when what was received came.

    Attributes
    ----------
    entries
        Completed payments and adjustments; those later than a moment do not count at it. Empty where only the
        present is asked for.
    """

    ledger: Ledger
    entries: Sequence[tuple[datetime, Decimal]] = ()


def readings(around: Surroundings, ask: Ask) -> list[Reading]:
    """Readings of a rule that goes by the clock."""
    return _READ[ask.rule.metric](around, ask)


def _balance(around: Surroundings, ask: Ask) -> list[Reading]:
    left = _left(around, ask.customer, ask.moments)
    return [Reading(each) for each in left]


def _left(around: Surroundings, customer: str, moments: Instants) -> list[Decimal | None]:
    """Balance at each moment: the present one, less what came later, and the calls after it given back."""
    account = around.accounts.get(customer)
    if account is None:
        return [None] * len(moments)
    present = balance_of(account.ledger, around.snapshot).left
    first = from_microseconds(int(moments[0]))
    charged = _charges(around.snapshot, customer, account.ledger.holder.currency, "cdr", first)
    later = _backwards([amount for _, amount in charged])
    paid = sorted((microseconds(at), amount) for at, amount in account.entries)
    still_to_come = _backwards([amount for _, amount in paid])
    calls = np.searchsorted(np.array([edge for edge, _ in charged], np.int64), moments)
    payments = np.searchsorted(np.array([at for at, _ in paid], np.int64), moments)
    return [
        present + later[nth] - still_to_come[paid_nth] for nth, paid_nth in zip(calls, payments, strict=True)
    ]


def _backwards(amounts: Sequence[Decimal]) -> list[Decimal]:
    """Sums from each amount to the last one, and nothing after it."""
    sums = [_NOTHING]
    for amount in reversed(amounts):
        sums.append(sums[-1] + amount)
    return sums[::-1]


def _charges(
    snapshot: Snapshot, customer: str, currency: str, table: str, start: datetime, end: datetime | None = None
) -> list[tuple[int, Decimal]]:
    """Charges in a company's currency by minute (``cdr``) or hour (``hourly``), in order of time."""
    rows = snapshot.scan(table, customer=customer, start=start, end=end)
    if table == "cdr":
        at, sums = f"epoch_us(call_time) // {MINUTE_US} * {MINUTE_US}", sums_sql(names={"charge"})
    else:
        at, sums = "epoch_us(hour)", added_sums_sql({"charge"})
    found = snapshot.query(
        f"SELECT {at} AS instant, {sums} FROM {rows} AS rows WHERE charge IS NOT NULL "
        f"AND (currency IS NULL OR currency = {literal(currency)}) GROUP BY instant ORDER BY instant"
    )
    return list(found.iter_rows())


def _balance_days(around: Surroundings, ask: Ask) -> list[Reading]:
    """Days that the balance lasts at the mean charge of the days before, by whole hours."""
    account = around.accounts.get(ask.customer)
    if account is None:
        return [Reading(None) for _ in ask.moments]
    hours = ask.moments // HOUR_US * HOUR_US
    span_us = RATE_DAYS * 24 * HOUR_US
    start, end = from_microseconds(int(hours[0]) - span_us), from_microseconds(int(hours[-1]))
    charged = _charges(around.snapshot, ask.customer, account.ledger.holder.currency, "hourly", start, end)
    edges = [edge for edge, _ in charged]
    running = [_NOTHING]
    for _, amount in charged:
        running.append(running[-1] + amount)
    found: list[Reading] = []
    for hour, left in zip(hours, _left(around, ask.customer, ask.moments), strict=True):
        spent = running[bisect_left(edges, int(hour))] - running[bisect_left(edges, int(hour) - span_us)]
        found.append(Reading(_lasts(left, spent)))
    return found


def _lasts(left: Decimal | None, spent: Decimal) -> Decimal | None:
    """Days that an amount lasts; none where nothing is spent."""
    if left is None or spent <= 0:
        return None
    return max(left * RATE_DAYS / spent, _NOTHING)


def _silence(around: Surroundings, ask: Ask) -> list[Reading]:
    """Minutes without a call.

    Of all customers it is that of the switch which is silent for longest among those that are silent for
    longer than they ever were in the days before; else the time since the newest call of all.
    """
    first = from_microseconds(int(ask.moments[0]))
    ends = silence.ends_by_switch(around.snapshot, ask.customer, first - 2 * silence.HABIT)
    if not ends:
        return [Reading(None) for _ in ask.moments]
    quiet = np.array([silence.unusual_gaps(each, ask.moments) for each in ends])
    newest = np.array([silence.gaps(each, ask.moments) for each in ends]).min(axis=0)
    longest = np.maximum(quiet.max(axis=0), newest)
    return [Reading(int(each) // MINUTE_US if each < silence.NEVER else None) for each in longest]


def _refused_files(around: Surroundings, ask: Ask) -> list[Reading]:
    at = np.array([microseconds(each) for each in around.refused], np.int64)
    sample = ask.rule.sample // timedelta(microseconds=1)
    counts = np.searchsorted(at, ask.moments) - np.searchsorted(at, ask.moments - sample)
    return [Reading(int(each)) for each in counts]


_READ: Final[dict[str, Callable[[Surroundings, Ask], list[Reading]]]] = {
    "balance": _balance,
    "balance_days": _balance_days,
    "silence": _silence,
    "refused_files": _refused_files,
}
