"""The dashboard: choices go in, one snapshot is read, widgets show what it says."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import replace
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
from cxreports.pages.figures import figures
from cxreports.pages.graphs import GRAPHS, described
from cxreports.pages.reading import Reading
from cxreports.pages.tables import NOTE, TABS
from cxreports.pages.view import CUSTOM, PERIODS, View, zone_names
from cxreports.pages.wording import minutes, number
from cxreports.widgets import ChartWidget, Controls, Figures, Grid, Page, TopBar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxreports.session import Lake

POLL_S: Final = 5.0
"""How often the lake is asked whether calls were added."""

_FRESH: Final = timedelta(minutes=1)
"""A page that was prepared no longer ago is shown as it is."""

_SUBTITLES: Final = {"channels": "max and mean", "dtmf": "answered calls with keypad tones"}

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
        self.top_bar = TopBar(zones=zone_names())
        self.controls = Controls(periods=list(PERIODS))
        self.figures = Figures()
        self.charts = {
            name: ChartWidget(
                title=METRICS[name].label, subtitle=_SUBTITLES.get(name, METRICS[name].meaning), tone=name
            )
            for name in GRAPHS
        }
        self.summary = Grid(
            title="Summary",
            note=NOTE,
            tabs=[{"id": tab.id, "label": tab.label} for tab in TABS],
            empty="No calls.",
        )
        self.page = Page.of(
            {
                "topbar": self.top_bar,
                "controls": self.controls,
                "figures": self.figures,
                "charts": list(self.charts.values()),
                "summary": self.summary,
            }
        )
        self._guarded(self._show)
        self.top_bar.observe(self._chosen, ["customer", "zone"])
        self.controls.observe(self._chosen, ["period", "compare", "custom_from", "custom_to"])
        self.summary.observe(self._chosen, ["tab"])
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
        )
        before, self.view = self.view, chosen
        if before != chosen:
            only_tab = replace(before, tab=chosen.tab) == chosen
            self._guarded(self._show_tab if only_tab else self._show)

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
        self.top_bar.customer, self.top_bar.zone, self.top_bar.channels = (
            self.view.customer,
            self.view.zone,
            None,
        )
        self.page.notice, self.page.empty = notice, True

    def _show_choices(self, period: Period, as_of: str) -> None:
        view = self.view
        known = read_customers(self.lake.home).get(view.customer)
        self.top_bar.customer, self.top_bar.zone = view.customer, view.zone
        self.top_bar.channel_limit = known.channel_limit if known else None
        self.controls.period, self.controls.compare, self.controls.zone = view.period, view.compare, view.zone
        self.controls.custom_from = view.custom_from or view.on_the_clock(period.start)
        self.controls.custom_to = view.custom_to or view.on_the_clock(period.end)
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
        now = {
            "channels": number(in_use.now),
            "asr": f"{number(current['asr_pct'], 1)} %",
            "acd": minutes(current["acd_s"]),
            "dtmf": f"{number(current['dtmf_pct'], 1)} %",
        }
        for name, chart in self.charts.items():
            chart.now = now[name]

    def _show_graphs(self, reading: Reading, period: Period, now: datetime) -> None:
        customer, tz = self.view.customer, self.view.zone
        current = reading.graphs(customer, period, tz)
        before = reading.graphs(customer, period.previous(), tz) if self.view.compare else {}
        past = pl.col("start") <= now.astimezone(zone(tz))
        limit = {"channels": {"limit": self.top_bar.channel_limit}}
        for name, widget in self.charts.items():
            frame = current[name].filter(past)
            widget.scope = f"{customer} {period} {tz}"
            widget.show(charts.BY_METRIC[name](frame, previous=before.get(name), **limit.get(name, {})))
            widget.description = described(name, frame, tz)


def _notice(kind: str, title: str, text: str, code: str = "") -> dict[str, str]:
    return {"kind": kind, "title": title, "text": text, "code": code}


_NO_CALLS: Final = (
    "There are no calls yet",
    "Load CDR files, or make a sample operator with 60 days of calls:",
    "cxreports demo",
)


def _as_of(reading: Reading, now: datetime) -> str:
    if now != reading.taken:
        return f"no calls since {now:%-d %b %Y, %H:%M} UTC; shown up to then"
    return f"as of {reading.taken:%H:%M} UTC · new calls show by themselves"
