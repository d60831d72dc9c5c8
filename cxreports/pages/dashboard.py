"""The dashboard: choices go in, one snapshot is read, widgets show what it says."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl

import cxreports
from cxreports import charts
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import Period, zone
from cxreports.customers import read_customers
from cxreports.errors import CxreportsError
from cxreports.metrics import METRICS
from cxreports.pages.account import FileAccount
from cxreports.pages.figures import figures
from cxreports.pages.graphs import described, subtitle, told
from cxreports.pages.reading import Reading
from cxreports.pages.tables import NOTE, TABS
from cxreports.pages.view import CUSTOM, GRAPHS, PERIODS, STANDARD, WIDGETS, View, known, zone_names
from cxreports.pages.wording import number
from cxreports.pages.zoom import Window
from cxreports.settings import Settings
from cxreports.widgets import ChartWidget, Controls, Figures, Grid, Page, TopBar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxreports.pages.account import Account
    from cxreports.session import Lake

POLL_S: Final = 5.0
"""How often the lake is asked whether calls were added."""

_FRESH: Final = timedelta(minutes=1)
"""A page that was prepared no longer ago is shown as it is."""

_log = logging.getLogger("cxreports.pages")


class Dashboard:
    """The dashboard as a notebook displays it.

    Parameters
    ----------
    lake
        An open lake; by default the one of the home folder.
    view
        What to show first.
    """

    def __init__(self, lake: Lake | None = None, view: View | None = None) -> None:
        self.lake = lake or cxreports.open()
        self.view = view or View()
        self._reading: Reading | None = None
        self._watching: asyncio.Task[None] | None = None
        self._showing = False
        self._scope = ""
        self._domain: list[float] | None = None
        self.top_bar = TopBar(zones=zone_names())
        self.controls = Controls(
            periods=list(PERIODS),
            available=[{"id": each, "label": _labelled(each)} for each in WIDGETS],
            standard=list(STANDARD),
        )
        self.figures = Figures()
        self.charts = {
            name: ChartWidget(title=_labelled(name), subtitle=subtitle(name), tone=charts.tone(name))
            for name in GRAPHS
        }
        self.summary = Grid(
            title="Summary",
            note=NOTE,
            tabs=[{"id": tab.id, "label": tab.label} for tab in TABS],
            empty="No calls.",
        )
        self.page = Page.of(
            {"topbar": self.top_bar, "controls": self.controls},
            {"figures": self.figures, **self.charts, "summary": self.summary},
        )
        self._guarded(self._show)
        self.top_bar.observe(self._chosen, ["customer", "zone"])
        self.controls.observe(
            self._chosen, ["period", "compare", "custom_from", "custom_to", "widgets", "theme"]
        )
        self.summary.observe(self._chosen, ["tab"])
        for chart in self.charts.values():
            chart.observe(self._zoomed, ["domain"])
        self.page.on_msg(self._said)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.page._repr_mimebundle_(**options)

    def choose(self, **choices: Any) -> None:
        """Show another customer, zone, period: the fields of `View`."""
        self.view = replace(self.view, **choices)
        self._guarded(self._show)

    def refresh(self) -> None:
        """Show calls that were added since."""
        self._reading = None
        self._guarded(self._show)

    def _chosen(self, _: Mapping[str, Any]) -> None:
        """Follow the choices made in the browser; those that arrive together are shown at once."""
        if self._showing:
            return
        custom = self.controls.period == CUSTOM
        chosen = View(
            customer=self.top_bar.customer,
            zone=self.top_bar.zone,
            period=self.controls.period,
            custom_from=self.controls.custom_from if custom else "",
            custom_to=self.controls.custom_to if custom else "",
            compare=self.controls.compare,
            tab=self.summary.tab,
            widgets=known(self.controls.widgets),
            theme=self.controls.theme,
        )
        before, self.view = self.view, chosen
        if before != chosen:
            only_tab = replace(before, tab=chosen.tab, theme=chosen.theme) == chosen
            self._guarded(self._show_tab if only_tab else self._show)

    def _zoomed(self, change: Mapping[str, Any]) -> None:
        """Follow a zoom with finer figures; every graph reports it, the first one counts."""
        if self._showing or change["new"] == self._domain:
            return
        self._domain = change["new"]
        self._guarded(self._show_zoom)

    def _said(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        """Answer the browser: with what its address asks for, with what changed, with all again."""
        if "resend" in content:
            for part in (
                self.top_bar,
                self.controls,
                self.figures,
                *self.charts.values(),
                self.summary,
                self.page,
            ):
                part.send_state()
        if "hello" not in content:
            return
        shown, self.view = self.view, self.view.asked({k: str(v) for k, v in content["hello"].items()})
        if self._reading is None or not self._reading.is_recent(_FRESH) or self._has_new_calls():
            self.refresh()
        elif self.view != shown:
            self._guarded(self._show)
        if self._watching is None:
            self._watching = asyncio.ensure_future(self._watch())

    async def _watch(self) -> None:
        """Follow the lake while a browser looks at the page."""
        while True:
            await asyncio.sleep(POLL_S)
            if self._reading is None or self._reading.is_stale() or self._has_new_calls():
                self.refresh()

    def _has_new_calls(self) -> bool:
        try:
            versions = self.lake.snapshot().versions
        except CxreportsError:
            _log.exception("The lake cannot be read; trying again.")
            return False
        return self._reading is None or versions != self._reading.snapshot.versions

    def _guarded(self, act: Callable[[], None]) -> None:
        """Do what a person asked for; a failure is said on the page and logged under an id."""
        self._showing = True
        try:
            act()
        except CxreportsError as error:
            self.page.notice = _notice("error", "This cannot be shown", str(error))
        except Exception:  # noqa: BLE001 (the page outlives whatever a choice leads to)
            code = secrets.token_hex(4)
            _log.exception("The dashboard failed [%s] with %s", code, self.view)
            text = "The page goes on with what it showed before. The log tells what happened, under this id:"
            self.page.notice = _notice("error", "Something went wrong", text, code)
        finally:
            self._showing = False
            self.page.empty = self.page.empty or not self.figures.figures

    def _show(self) -> None:
        reading = self._reading = self._reading or Reading(self.lake.snapshot())
        if reading.customers.is_empty():
            self._show_nothing(_notice("empty", *_NO_CALLS))
            return
        if not self.view.customer:
            largest = reading.customers.sort("cdrs", descending=True)["customer"][0]
            self.view = replace(self.view, customer=largest)
        self.top_bar.customers = self._customers(reading)
        calls = reading.calls_of(self.view.customer)
        if calls is None:
            title = f"There are no calls of {self.view.customer}"
            self._show_nothing(_notice("empty", title, "Choose another customer in the bar above."))
            return
        now = reading.now(self.view, calls)
        period = self.view.span(now)
        self._show_choices(period, _as_of(reading, now))
        self._show_figures(reading, period, min(now, calls.end))
        self._show_graphs(reading, period, now)
        self._show_summary(reading, calls.start, now)
        self.page.notice, self.page.empty = {}, False

    def _show_zoom(self) -> None:
        reading = self._reading
        calls = reading and reading.calls_of(self.view.customer)
        if reading and calls:
            now = reading.now(self.view, calls)
            self._show_graphs(reading, self.view.span(now), now)

    def _show_tab(self) -> None:
        """Show another table of the summary; all else stays as it is."""
        reading = self._reading
        calls = reading and reading.calls_of(self.view.customer)
        if reading and calls:
            self._show_summary(reading, calls.start, reading.now(self.view, calls))
        self.page.view = self.view.address()

    def _show_summary(self, reading: Reading, first: datetime, now: datetime) -> None:
        tab = next(each for each in TABS if each.id == self.view.tab)
        sheet = reading.sheet(self.view.customer, tab, first, now)
        if sheet is not self.summary.sheet:
            self.summary.show(sheet)

    def _show_nothing(self, notice: dict[str, str]) -> None:
        self.top_bar.customer, self.top_bar.zone = self.view.customer, self.view.zone
        self.top_bar.channels, self.top_bar.balance, self.top_bar.alerts = None, "", []
        self.page.notice, self.page.empty = notice, True

    def _show_choices(self, period: Period, as_of: str) -> None:
        view = self.view
        known = read_customers(self.lake.home).get(view.customer)
        self.top_bar.customer, self.top_bar.zone = view.customer, view.zone
        self.top_bar.channel_limit = known.channel_limit if known else None
        account: Account = FileAccount(known, Settings().payment_url)
        self.top_bar.balance, self.top_bar.is_low = account.balance, account.is_low
        self.top_bar.pay_url = account.pay_url
        self.top_bar.alerts = [asdict(each) for each in account.alerts]
        self.controls.period, self.controls.compare, self.controls.zone = view.period, view.compare, view.zone
        self.controls.custom_from = view.custom_from or view.on_the_clock(period.start)
        self.controls.custom_to = view.custom_to or view.on_the_clock(period.end)
        self.controls.widgets, self.controls.theme = list(view.widgets), view.theme
        self.page.shown = list(view.widgets)
        self.controls.as_of = as_of
        self.summary.tab = view.tab
        self.page.view = view.address()

    def _customers(self, reading: Reading) -> list[dict[str, str]]:
        """Word the list of customers: by name, all of them together first."""
        names = {each.id: each.name for each in read_customers(self.lake.home).values()}
        entries = [
            {"id": id_, "name": names.get(id_, id_), "note": f"{number(calls)} calls"}
            for id_, calls in reading.customers.select("customer", "cdrs").iter_rows()
        ]
        entries.sort(key=lambda entry: entry["name"].lower())
        count = f"{number(reading.customers['cdrs'].sum())} calls"
        everyone = {"id": ALL_CUSTOMERS, "name": "All customers", "note": count}
        return [everyone, *entries] if len(entries) > 1 else entries

    def _show_figures(self, reading: Reading, period: Period, until: datetime) -> None:
        customer = self.view.customer
        current = reading.totals(customer, period)
        in_use = reading.in_use(customer, period, until)
        self.top_bar.channels = in_use.now
        self.figures.figures = figures(
            self.view, in_use, current, reading.totals(customer, period.previous())
        )
        for name, chart in self.charts.items():
            chart.now = told(name, in_use.now, current)

    def _show_graphs(self, reading: Reading, period: Period, now: datetime) -> None:
        view, customer, tz = self.view, self.view.customer, self.view.zone
        # An hour later a fixed period is another one, but what is looked at is the same.
        scope = f"{customer} {view.period} {view.custom_from} {view.custom_to} {tz}"
        if self._scope != scope:
            self._scope, self._domain = scope, None
        window = Window.zoomed(period, self._domain, tz) if self._domain else Window.whole(period)
        earlier = window.earlier(period.length)
        past = pl.col("start") <= now.astimezone(zone(tz))
        limit = {"channels": {"limit": self.top_bar.channel_limit}}
        for name in filter(self.charts.__contains__, view.widgets):
            widget = self.charts[name]
            frame = reading.graph(customer, name, window, tz).filter(past)
            before = reading.graph(customer, name, earlier, tz) if view.compare else None
            widget.scope = scope
            widget.set_trait("domain", self._domain)
            widget.file = f"{customer}-{name}"
            widget.show(charts.BY_METRIC[name](frame, previous=before, **limit.get(name, {})), frame)
            widget.description = described(name, frame, tz)


def _notice(kind: str, title: str, text: str, code: str = "") -> dict[str, str]:
    return {"kind": kind, "title": title, "text": text, "code": code}


_NO_CALLS: Final = (
    "There are no calls yet",
    "Load CDR files, or make a sample operator with 60 days of calls:",
    "cxreports demo",
)


def _labelled(widget: str) -> str:
    return METRICS[widget].label if widget in METRICS else widget.capitalize()


def _as_of(reading: Reading, now: datetime) -> str:
    if now != reading.taken:
        return f"no calls since {now:%-d %b %Y, %H:%M} UTC; shown up to then"
    return f"as of {reading.taken:%H:%M} UTC · new calls show by themselves"
