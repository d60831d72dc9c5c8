"""The dashboard: choices go in, one snapshot is read, widgets show what it says."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl

import cxreports
from cxreports import charts
from cxreports.clock import Period, zone
from cxreports.errors import CxreportsError
from cxreports.language import _, date_and_time
from cxreports.pages.bar import show_account, show_customers, show_no_account, show_person
from cxreports.pages.choices import changed, opened
from cxreports.pages.graphs import described, labelled, listed, subtitle, told
from cxreports.pages.headline import figures
from cxreports.pages.notices import guarded, no_calls, no_calls_of
from cxreports.pages.reading import Reading
from cxreports.pages.view import (
    BREAKDOWNS,
    CUSTOM,
    GRAPHS,
    STANDARD,
    WIDGETS,
    View,
    known,
    periods,
    zone_names,
)
from cxreports.pages.visit import first_view, kept, tell_exports, whoever
from cxreports.pages.zoom import Window
from cxreports.sheets.summary_tabs import NOTE, TABS
from cxreports.widgets import ChartWidget, Controls, Figures, Grid, Page, TopBar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxreports.figures.analyst import Lake
    from cxreports.pages.choices import Preferences
    from cxreports.pages.person import Person

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
        What to show first; by default what the visitor's address and preferences say.
    preferences
        Where the choices of the person are kept; by default with the visitor, or nowhere but in the address.
    person
        Who looks at it; by default the visitor, if there is one.
    """

    def __init__(
        self,
        lake: Lake | None = None,
        view: View | None = None,
        *,
        preferences: Preferences | None = None,
        person: Person | None = None,
    ) -> None:
        self.lake = lake or cxreports.open()
        self._preferences = preferences or kept(self.lake.home)
        self.view = view or first_view(View(), self._preferences)
        self._reading: Reading | None = None
        self._watching: asyncio.Task[None] | None = None
        self._showing, self._shown = False, False
        self._scope = ""
        self._domain: list[float] | None = None
        self.top_bar = TopBar(zones=zone_names())
        show_person(self.top_bar, person or whoever())
        self.controls = Controls(
            periods=periods(),
            available=[{"id": each, "label": labelled(each)} for each in WIDGETS],
            standard=list(STANDARD),
        )
        self.figures = Figures()
        self.charts = {
            name: ChartWidget(title=labelled(name), subtitle=subtitle(name), tone=charts.tone(name))
            for name in (*GRAPHS, *BREAKDOWNS)
        }
        self.summary = Grid(
            title=_("Summary"),
            note=_(NOTE),
            tabs=[{"id": tab.id, "label": _(tab.label)} for tab in TABS],
            empty=_("No calls."),
        )
        self.page = Page.of(
            {"topbar": self.top_bar, "controls": self.controls},
            {"figures": self.figures, **self.charts, "summary": self.summary},
        )
        self._guarded(self._show)
        self.top_bar.observe(self._chosen, ["customer", "zone"])
        self.controls.observe(
            self._chosen, ["period", "compare", "custom_from", "custom_to", "widgets", "theme", "opens"]
        )
        self.summary.observe(self._chosen, ["tab"])
        for name in GRAPHS:
            self.charts[name].observe(self._zoomed, ["domain"])
        self.page.on_msg(self._said)
        tell_exports(self.lake.home, "dashboard", self.summary, *self.charts.values())

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

    def _chosen(self, _change: Mapping[str, Any]) -> None:
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
            opens=self.controls.opens,
        )
        before, self.view = self.view, chosen
        if before == chosen:
            return
        only_tab = replace(before, tab=chosen.tab, theme=chosen.theme, opens=chosen.opens) == chosen
        self._guarded(self._show_tab if only_tab else self._show)
        if fresh := changed(before, chosen):
            self._guarded(lambda: self._preferences.save(fresh))

    def _zoomed(self, change: Mapping[str, Any]) -> None:
        """Follow a zoom with finer figures; every graph reports it, the first one counts."""
        if self._showing or change["new"] == self._domain:
            return
        self._domain = change["new"]
        self._guarded(self._show_zoom)

    def _said(self, _widget: Any, content: Mapping[str, Any], _buffers: Any) -> None:
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
        shown, hello = self.view, {name: str(text) for name, text in content["hello"].items()}
        known: dict[str, str] = {}
        self._guarded(lambda: known.update(self._preferences.load()))
        self.view = opened(shown, hello, known)
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
        """Do what a person asked for, while what the widgets say is no choice."""
        self._showing = True
        try:
            guarded(self.page, act, self.view)
        finally:
            self._showing = False
            self.page.empty = self.page.empty or not self._shown

    def _show(self) -> None:
        reading = self._reading = self._reading or Reading(self.lake.snapshot())
        if reading.customers.is_empty():
            self._show_nothing(no_calls())
            return
        if not self.view.customer:
            largest = reading.customers.sort("cdrs", descending=True)["customer"][0]
            self.view = replace(self.view, customer=largest)
        show_customers(self.top_bar, reading, self.lake.home)
        calls = reading.calls_of(self.view.customer)
        if calls is None:
            self._show_nothing(no_calls_of(self.view.customer))
            return
        now = reading.now(self.view, calls)
        period = self.view.span(now)
        self._show_choices(reading, period, _as_of(reading, now))
        self._show_figures(reading, period, min(now, calls.end))
        self._show_graphs(reading, period, now)
        self._show_summary(reading, calls.start, now)
        self._show_breakdowns(reading, period)
        self.page.notice, self.page.empty, self._shown = {}, False, True

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
        if "summary" not in self.view.widgets:
            return
        tab = next(each for each in TABS if each.id == self.view.tab)
        sheet = reading.sheet(self.view.customer, tab, first, now)
        if sheet is not self.summary.sheet:
            self.summary.show(sheet)

    def _show_nothing(self, notice: dict[str, str]) -> None:
        self._show_view()
        show_no_account(self.top_bar)
        self.page.notice, self.page.empty = notice, True

    def _show_view(self) -> None:
        """Show what is chosen, which the next choice is made of."""
        view = self.view
        self.top_bar.customer, self.top_bar.zone = view.customer, view.zone
        self.controls.period, self.controls.compare, self.controls.zone = view.period, view.compare, view.zone
        self.controls.widgets, self.controls.theme = list(view.widgets), view.theme
        self.controls.opens = view.opens
        self.page.shown = list(view.widgets)
        self.summary.tab = view.tab

    def _show_choices(self, reading: Reading, period: Period, as_of: str) -> None:
        view = self.view
        self._show_view()
        show_account(self.top_bar, reading, view.customer, self.lake.home)
        self.controls.custom_from = view.custom_from or view.on_the_clock(period.start)
        self.controls.custom_to = view.custom_to or view.on_the_clock(period.end)
        self.controls.as_of = as_of
        self.page.view = view.address()

    def _show_figures(self, reading: Reading, period: Period, until: datetime) -> None:
        customer, view = self.view.customer, self.view
        self.top_bar.channels = in_use = reading.in_use(customer, until)
        graphs = [each for each in view.widgets if each in GRAPHS]
        if not graphs and "figures" not in view.widgets:
            return
        current = reading.totals(customer, period).row(0, named=True)
        for name in graphs:
            self.charts[name].now = told(name, in_use, current)
        if "figures" in view.widgets:
            before = reading.totals(customer, period.previous()).row(0, named=True)
            busiest = reading.busiest(customer, period, view.zone)
            self.figures.figures = figures(view, in_use, busiest, current, before)

    def _show_graphs(self, reading: Reading, period: Period, now: datetime) -> None:
        view, customer, tz = self.view, self.view.customer, self.view.zone
        # An hour later a fixed period is another one, but what is looked at is the same.
        scope = f"{customer} {view.period} {view.custom_from} {view.custom_to} {tz}"
        if self._scope != scope:
            self._scope, self._domain = scope, None
        window = Window.zoomed(period, self._domain, tz) if self._domain else Window.whole(period)
        earlier = window.earlier(period.length)
        past = pl.col("start") <= now.astimezone(zone(tz))
        limit = {"channels": self.top_bar.channel_limit}
        names = [each for each in view.widgets if each in GRAPHS]
        before = reading.graphs(customer, names, earlier, tz) if view.compare else {}
        for name, whole in reading.graphs(customer, names, window, tz).items():
            widget, frame = self.charts[name], whole.filter(past)
            widget.scope = scope
            widget.set_trait("domain", self._domain)
            widget.file = f"{customer}-{name}"
            drawing = charts.drawn(name, frame, previous=before.get(name), limit=limit.get(name))
            widget.draw(drawing, frame)
            widget.description = described(name, frame, tz)

    def _show_breakdowns(self, reading: Reading, period: Period) -> None:
        """Show what calls are counted by: last, as it is read from the calls themselves."""
        customer = self.view.customer
        for name in (each for each in self.view.widgets if each in BREAKDOWNS):
            widget = self.charts[name]
            frame = reading.breakdown(customer, name, period)
            widget.file = f"{customer}-{name}"
            widget.draw(charts.BREAKDOWNS[name](frame), frame)
            widget.description = listed(name, frame)


def _as_of(reading: Reading, now: datetime) -> str:
    if now != reading.taken:
        return _("no calls since {time} UTC; shown up to then").format(time=date_and_time(now, "yMMMd"))
    return _("as of {time} UTC · new calls show by themselves").format(time=f"{reading.taken:%H:%M}")
