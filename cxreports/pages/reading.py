"""What pages read of one snapshot: each figure once, however often a choice comes back to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import polars as pl

from cxreports.accounts.account import account_of, company_names
from cxreports.accounts.balances import NO_COSTS
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import Bucket, Period, zone
from cxreports.desk.desk import desk_of
from cxreports.figures import breakdown
from cxreports.figures.costs import costs
from cxreports.figures.live_channels import STALE, LiveChannels, live_channels
from cxreports.figures.measured import MEASURED_COLUMNS, measured
from cxreports.figures.narrowing import Narrowing, narrowed
from cxreports.figures.polled_channels import polled
from cxreports.figures.series import series
from cxreports.figures.summary import Asked, tables_at_once, totals
from cxreports.lake.polls.poll_table import PollTable
from cxreports.language import _, current
from cxreports.pages.graphs import graph_frames
from cxreports.pages.headline import Busiest
from cxreports.pages.spans.preset import PRESETS
from cxreports.pages.zoom import Window
from cxreports.settings import settings_of
from cxreports.sheets.summary import summary_grid
from cxreports.sheets.summary_tabs import Tab, shown_period
from cxreports.visitor import customer_in_reach

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from pathlib import Path

    from cxreports.accounts.account import Account
    from cxreports.figures.costs import Costs
    from cxreports.lake.snapshot import Snapshot
    from cxreports.pages.view import View
    from cxreports.sheets.selection import Sheet

MOST_DESTINATIONS: Final = 200
"""Destinations that a person is offered to narrow a page to; another one can be typed."""

DRAWINGS_KEPT: Final = 24
"""Of a state of the lake: the presets, narrowings and zooms that somebody goes back and forth between."""

T = TypeVar("T")

_INSTANT: Final = timedelta(microseconds=1)
_LOOK_AGAIN: Final = STALE / 3


@dataclass(frozen=True)
class Reading:
    """A snapshot and the time at which it is looked at.

    Attributes
    ----------
    snapshot
        The lake at one set of versions.
    taken
        When, by the clock. Figures do not depend on it: fixed periods end where the data does.
    """

    snapshot: Snapshot
    taken: datetime = field(default_factory=lambda: datetime.now(UTC))
    _kept: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def _once(self, key: Hashable, make: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = make()
        value: T = self._kept[key]
        return value

    def drawn(self, key: Hashable, make: Callable[[], T]) -> T:
        """What a page shows of this state, made once; of the oldest nothing is kept when there are many."""
        shown: dict[Hashable, Any] = self._once("drawn", dict)
        key = (key, self.until, current())
        if key not in shown:
            if len(shown) >= DRAWINGS_KEPT:
                shown.pop(next(iter(shown)))
            shown[key] = make()
        value: T = shown[key]
        return value

    def narrowed(self, only: Narrowing) -> Reading:
        """The same time, looked at in a snapshot in which a narrowing's calls alone count."""
        return self._once(
            ("narrowed", only),
            lambda: self if only == Narrowing() else Reading(narrowed(self.snapshot, only), self.taken),
        )

    @property
    def customers(self) -> pl.DataFrame:
        """``customer``, ``cdrs``, ``first_call``, ``last_call``; empty while the lake is."""
        return self._once("customers", self.snapshot.customers)

    def calls_of(self, customer: str) -> Period | None:
        """Period from a customer's first call to the last; None without a call."""
        own = self.customers
        if customer != ALL_CUSTOMERS:
            own = own.filter(customer=customer)
        first, last = own["first_call"].min(), own["last_call"].max()
        return Period(first, last) if isinstance(first, datetime) and isinstance(last, datetime) else None

    @property
    def as_of(self) -> datetime | None:
        """Time up to which the calls of every switch are there; None in an empty lake."""
        complete = self.snapshot.reach.complete
        return None if complete is None else min(complete, self.taken)

    @property
    def until(self) -> datetime:
        """Where fixed periods end: just after the last call of all, never later than the clock's time."""
        last = self.snapshot.reach.last
        return self.taken if last is None else min(last + _INSTANT, self.taken)

    def now(self, view: View, calls: Period) -> datetime:
        """Where the data ends that a view shows: after the customer's last call when that is long past."""
        if view.looks_back and calls.end < view.span(self.until).start:
            return calls.end + _INSTANT
        return self.until

    def period(self, view: View, calls: Period) -> Period:
        """Stretch of time that a view shows: the calendar's by the clock, all as far as there is data."""
        if view.looks_back:
            return view.span(self.now(view, calls))
        return view.span(self.taken, self.until)

    def again(self) -> Self:
        """The same snapshot, looked at now: what was read of it is kept."""
        return replace(self, taken=datetime.now(UTC))

    def presets(self, view: View, calls: Period) -> dict[str, Period]:
        """What each preset would show, by its id."""
        views = [replace(view, period=preset.id) for preset in PRESETS]
        return {each.period: self.period(each, calls) for each in views}

    def is_stale(self) -> bool:
        """Whether what the clock alone changes may have changed: channels become unknown."""
        return datetime.now(UTC) - self.taken >= _LOOK_AGAIN

    def is_recent(self, age: timedelta) -> bool:
        """Whether it was taken so short a time ago."""
        return datetime.now(UTC) - self.taken < age

    def totals(self, customer: str, period: Period) -> pl.DataFrame:
        """Figures of a whole period: one row, the columns of a summary."""
        return self._once(
            ("totals", customer, period),
            lambda: totals(self.snapshot, customer, start=period.start, end=period.end),
        )

    def read_together(self, customer: str, periods: Iterable[Period], table: Asked | None = None) -> None:
        """Read the totals of some periods, and the rows of a table, at once: they are kept for who asks."""
        asked: dict[Hashable, Asked] = {("totals", customer, period): Asked(period) for period in periods}
        if table is not None:
            asked["rows", customer, table] = table
        missing = {key: each for key, each in asked.items() if key not in self._kept}
        if missing:
            tables = tables_at_once(self.snapshot, customer, list(missing.values()))
            self._kept.update(zip(missing, tables, strict=True))

    def _rows(self, customer: str, table: Asked) -> pl.DataFrame:
        key = "rows", customer, table
        self.read_together(customer, (), table)
        rows: pl.DataFrame = self._kept[key]
        return rows

    def names(self, home: Path) -> dict[str, str]:
        """Names of the customers that the portal knows."""
        return self._once("names", lambda: company_names(home))

    def name(self, home: Path, customer: str) -> str:
        """Name of a customer, or of all of them."""
        return _("All customers") if customer == ALL_CUSTOMERS else self.names(home).get(customer, customer)

    def account(self, home: Path, customer: str) -> Account:
        """A customer's account: its ledger as it is now, its calls as the snapshot has them."""

        def cost() -> Costs:
            return self._once(
                ("costs", customer), lambda: costs(self.snapshot, customer).get(customer, NO_COSTS)
            )

        return account_of(home, customer, cost, settings_of(home).payment_url)

    def sheet(
        self, customer: str, tab: Tab, first: datetime, now: datetime, columns: Iterable[str] = ()
    ) -> Sheet:
        """A table of the summary: its rows with what weighs them, and their totals.

        Parameters
        ----------
        columns
            Columns that are shown: those that cost a read are empty if they are not among them.
        """
        period = shown_period(tab, first, now)
        within = Period(period.start, max(period.start, min(period.end, now)))
        names = tuple(name for name in MEASURED_COLUMNS if name in set(columns))

        def read() -> Sheet:
            rows = self._rows(customer, Asked(period, tab.by, weighed=True))
            more = measured(self.snapshot, customer, tab.by, period, within, names)
            return summary_grid(
                rows,
                self.totals(customer, period),
                tab.by,
                more,
                customer=customer,
                period=period,
                reach=self.as_of,
            )

        return self._once(("sheet", customer, tab.id, period, names), read)

    def graphs(self, customer: str, names: Sequence[str], window: Window, tz: str) -> dict[str, pl.DataFrame]:
        """Graphs' frames; zones whose clocks cut time into the same buckets share what is read."""
        period = window.period
        edges = Bucket.of(window.every).edges(period.start, period.end, zone(tz)).tobytes()
        keys = {name: ("graph", customer, name, window, edges) for name in names}
        missing = [name for name in names if keys[name] not in self._kept]
        read = graph_frames(self.snapshot, customer, missing, window, tz)
        self._kept.update({keys[name]: frame for name, frame in read.items()})
        clocks = pl.col("start").dt.convert_time_zone(tz)
        return {name: self._kept[key].with_columns(clocks) for name, key in keys.items()}

    def polled(self, lake: Path, customer: str, window: Window, tz: str) -> pl.DataFrame | None:
        """Most channels of each bucket, as the switches said; None where they said nothing."""
        table = PollTable(lake, customer_in_reach(), self.snapshot.views.bare)
        found = polled(table, customer, window.edges(tz))
        return None if found is None else found.with_columns(pl.col("start").dt.convert_time_zone(tz))

    def reached(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Buckets of a series that there can be calls in: those that begin after the last one are none."""
        return frame.filter(pl.col("start").dt.convert_time_zone("UTC") < self.until)

    def breakdown(self, customer: str, name: str, period: Period) -> pl.DataFrame:
        """What the calls of a period are counted by."""
        count = {"sip_codes": breakdown.sip_codes, "destinations": breakdown.destinations}[name]
        return self._once(
            (name, customer, period),
            lambda: count(self.snapshot, customer, start=period.start, end=period.end),
        )

    def channels_now(self, home: Path, customer: str) -> LiveChannels:
        """Channels in use, as the switches say, or where none is asked the call records."""
        found = desk_of(home).channels(customer)
        if found is None:
            return self.channels(customer)
        return LiveChannels(found.count, "switch", found.as_of, found.kinds)

    def channels(self, customer: str) -> LiveChannels:
        """Channels in use by call records, with their source."""
        calls = self.calls_of(customer)
        last = None if calls is None else min(calls.end, self.taken)
        is_stale = last is not None and self.taken - last > STALE
        return self._once(
            ("channels", customer, is_stale),
            lambda: live_channels(self.snapshot, customer, last, self.taken),
        )

    def destinations(self, customer: str, period: Period) -> list[str]:
        """Destinations with most attempts of a period."""
        return (
            self.breakdown(customer, "destinations", period)["destination"].head(MOST_DESTINATIONS).to_list()
        )

    def busiest(self, customer: str, period: Period, tz: str) -> Busiest:
        """Find the first of the busiest minutes of a plotted period, from the graph of its channels."""
        frame = self.graphs(customer, ["channels"], Window.whole(period), tz)["channels"]
        most = frame["max"].arg_max()
        if most is None or not frame["max"][most]:
            return Busiest(0, None)
        starts = frame["start"].dt.convert_time_zone("UTC")
        within = Period(
            max(period.start, starts[most]), starts[most + 1] if most + 1 < frame.height else period.end
        )
        return self._once(("busiest", customer, within), lambda: _busiest(self.snapshot, customer, within))


def _busiest(snapshot: Snapshot, customer: str, bucket: Period) -> Busiest:
    minutes = series(snapshot, customer, "channels", every="1m", start=bucket.start, end=bucket.end)
    row = minutes.row(minutes["max"].arg_max() or 0, named=True)
    return Busiest(row["max"], row["start"])
