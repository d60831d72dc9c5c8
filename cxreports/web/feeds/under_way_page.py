"""The page of calls under way: who talks to whom, since when, where to, and what it costs so far."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, Final

from cxreports import clock
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.desk.clerk import answered
from cxreports.desk.requests import Names
from cxreports.errors import BadTime
from cxreports.figures.rates import Rates
from cxreports.language import _
from cxreports.portal import site_map
from cxreports.portal.database import now
from cxreports.portal.feeds import under_way
from cxreports.web.forms.form import FormPage
from cxreports.wording import minutes, money, time_on_the_clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from cxreports.figures.rates import Rate
    from cxreports.lake.store import Store
    from cxreports.portal.feeds.under_way import Dialog, Reading

MOST_ROWS: Final = 500
RATES_LIFE_S: Final = 300.0
RATES_OF: Final = timedelta(days=7)
"""Calls of so long say what a destination costs."""

_MOST_KEPT: Final = 200


@dataclass(frozen=True)
class Row:
    """A call, worded."""

    customer: str
    caller: str
    callee: str
    destination: str
    state: str
    since: str
    lasts: str
    cost: str


@dataclass(frozen=True)
class Silent:
    """A switch that does not answer."""

    name: str
    since: str


class KnownRates:
    """Rates by customer, read anew every few minutes."""

    def __init__(self, store: Store) -> None:
        self._store, self._lock = store, Lock()
        self._kept: dict[str, tuple[float, Rates]] = {}

    def of(self, customer: str) -> Rates:
        """Rates of a customer, or of all."""
        with self._lock:
            at, rates = self._kept.get(customer, (0.0, None))
            if rates is None or time.monotonic() - at > RATES_LIFE_S:
                rates = Rates.of(self._store.snapshot(), customer, now() - RATES_OF)
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                self._kept[customer] = time.monotonic(), rates
        return rates


class UnderWayHandler(FormPage):
    """The page."""

    async def get(self) -> None:
        """Show it."""
        shell = self.shell()
        zone = shell.zone if shell else "UTC"
        customer = self._customer()
        values = await self.look(self._read, customer, zone)
        company = "" if self.visitor.customer is not None else customer
        part = self.address_of(f"{site_map.UNDER_WAY.path}/list", company=company, zone=zone)
        self.show("under_way.html.j2", zone=zone.replace("_", " "), part=part, **values)

    def _customer(self) -> str:
        """Whose calls: a customer's own, whatever is asked for."""
        if self.visitor.customer is not None:
            return self.visitor.customer
        return self.get_query_argument("company", "") or ALL_CUSTOMERS

    def _read(self, customer: str, tz: str) -> dict[str, Any]:
        present = now()
        found = under_way.readings(self.site.home, present)
        calls = under_way.calls_of(found, customer)
        names: dict[str, str] = answered(self.database, self.visitor, Names())
        rates: KnownRates = self.settings["cx_rates"]
        shown = calls[:MOST_ROWS]
        known = rates.of(customer) if shown else Rates({})
        rated = [known.of_number(call.customer, call.callee) for call in calls] if shown else []
        return {
            "rows": [_row(call, rate, names, tz, present) for call, rate in zip(shown, rated, strict=False)],
            "total": len(calls),
            "sums": _sums(calls, rated, present),
            "is_asked": bool(found),
            "silent": _silent(found, tz, present) if self.visitor.is_operator else [],
            "unknown": _unknown(found, tz, present),
            "company_name": names.get(customer, ""),
            "has_customers": customer == ALL_CUSTOMERS,
        }


class UnderWayListHandler(UnderWayHandler):
    """The list alone, by which the page's script keeps it up to date: nobody's visit, and without a shell."""

    in_shell: ClassVar[bool] = False
    counts_as_visit: ClassVar[bool] = False

    async def get(self) -> None:
        """Show it."""
        try:
            zone = clock.zone(self.get_query_argument("zone", "UTC")).key
        except BadTime:
            zone = "UTC"
        self.show("under_way_list.html.j2", **await self.look(self._read, self._customer(), zone))


def _row(call: Dialog, rate: Rate | None, names: Mapping[str, str], tz: str, present: datetime) -> Row:
    cost = _cost(call, rate, present)
    return Row(
        customer=names.get(call.customer, call.customer) or _("unknown"),
        caller=call.caller,
        callee=call.callee,
        destination=rate.destination if rate else "",
        state=_("talking") if call.state == "answered" else _("ringing"),
        since=time_on_the_clock(call.since, clock.zone(tz), present) if call.since else "",
        lasts=minutes((present - call.since).total_seconds()) if call.since else "",
        cost=money(cost, rate.currency) if rate and cost is not None else "",
    )


def _cost(call: Dialog, rate: Rate | None, present: datetime) -> Decimal | None:
    if rate is None or call.answered_at is None:
        return None
    talked = (present - call.answered_at) // timedelta(milliseconds=1)
    return rate.cost(Decimal(talked) / 1000)


def _sums(calls: Sequence[Dialog], rated: Iterable[Rate | None], present: datetime) -> list[str]:
    """What the calls cost so far, by currency; calls without a rate are not in it."""
    sums: dict[str, Decimal] = {}
    for call, rate in zip(calls, rated, strict=False):
        cost = _cost(call, rate, present)
        if rate is not None and cost is not None:
            sums[rate.currency or ""] = sums.get(rate.currency or "", Decimal(0)) + cost
    return [money(amount, currency) for currency, amount in sorted(sums.items())]


def _silent(found: Sequence[Reading], tz: str, present: datetime) -> list[Silent]:
    return [
        Silent(each.switch, time_on_the_clock(each.unknown_since, clock.zone(tz), present))
        for each in found
        if each.unknown_since is not None
    ]


def _unknown(found: Sequence[Reading], tz: str, present: datetime) -> str:
    """Since when not all switches answer; empty while they do."""
    since = min((each.unknown_since for each in found if each.unknown_since), default=None)
    return "" if since is None else time_on_the_clock(since, clock.zone(tz), present)


ROUTES: Final[list[tuple[Any, ...]]] = [
    (site_map.UNDER_WAY.route, UnderWayHandler),
    (f"{site_map.UNDER_WAY.route}/list", UnderWayListHandler),
]
