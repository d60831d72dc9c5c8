"""The dashboard: choices go in, one snapshot is read, widgets show what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cxreports import charts
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.figures.narrowing import Narrowing
from cxreports.figures.summary import Asked
from cxreports.language import _, date_and_time
from cxreports.pages.bar import as_of_text, show_account, show_customers
from cxreports.pages.board.graphs import Graphs, drawn_graphs, window_of
from cxreports.pages.calls.behind import Behind
from cxreports.pages.cells.cells import Cells
from cxreports.pages.cells.notebook import notebook
from cxreports.pages.exports import audit_exports, name_downloads
from cxreports.pages.graphs import labelled, listed, subtitle, told
from cxreports.pages.headline import figures
from cxreports.pages.live import LivePage
from cxreports.pages.reading import Reading
from cxreports.pages.spans.printed import printed
from cxreports.pages.view import BREAKDOWNS, GRAPHS, STANDARD, WIDGETS, View
from cxreports.pages.zoom import Window
from cxreports.settings import settings_of
from cxreports.sheets.summary import METRIC_OF, every_column, standard_columns
from cxreports.sheets.summary_tabs import NOTE, TABS, shown_period
from cxreports.widgets import ChartWidget, Controls, DashboardPage, Figures, Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl

    from cxreports.clock import Period
    from cxreports.desk.answers import FiringAlert
    from cxreports.figures.analyst import Lake
    from cxreports.figures.live_channels import LiveChannels
    from cxreports.pages.headline import Busiest, Row
    from cxreports.pages.kept_choices import KeptChoices
    from cxreports.portal.user_menu import UserMenu


class Dashboard(LivePage[View]):
    """The dashboard as a notebook displays it.

    Parameters
    ----------
    lake
        An open lake; by default the one of the home folder.
    view
        What to show first; by default what the visitor's address and kept choices say.
    kept
        Where choices are kept; by default with the visitor, or nowhere but in the address.
    menu
        The user menu; by default the visitor's, if there is one.
    """

    def __init__(
        self,
        lake: Lake | None = None,
        view: View | None = None,
        *,
        kept: KeptChoices | None = None,
        menu: UserMenu | None = None,
    ) -> None:
        super().__init__(lake, view, View(), kept, menu)
        self._shown = False
        self._firing: tuple[FiringAlert, ...] = ()
        self._cells = Cells(ALL_CUSTOMERS, "UTC", Narrowing(), datetime.now(UTC))
        self._codes: dict[str, str] = {}
        self.controls = Controls(
            available=[{"id": name, "label": labelled(name)} for name in WIDGETS],
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
        page = DashboardPage(
            parts={"topbar": self.top_bar.reference, "controls": self.controls.reference},
            widgets={
                "figures": self.figures.reference,
                **{name: chart.reference for name, chart in self.charts.items()},
                "summary": self.summary.reference,
            },
            graphs=list(GRAPHS),
        )
        self._begin(page, self.controls, self.figures, *self.charts.values(), self.summary)
        self.summary.observe(self._tab_chosen, ["tab"])
        self.controls.on_msg(self._asked)
        self.summary.observe(self._columns_chosen, ["hidden"])
        audit_exports(self.lake.home, "dashboard", self.summary, *self.charts.values())

    def choose(self, **choices: Any) -> None:
        """Show another customer, zone, period: the fields of `View`."""
        self.view = replace(self.view, **choices)
        self._guarded(self._show)

    def _asked(self, _widget: Any, content: Mapping[str, Any], _buffers: Any) -> None:
        """Answer the title line: with destinations to narrow the page to, or with the page as a notebook."""
        if content.get("ask") == "destinations":
            self._guarded(self._list_destinations)
        if content.get("ask") == "notebook" and self._shown:
            file = f"dashboard-{self.view.customer}.ipynb"
            self._guarded(lambda: self.controls.send({"notebook": file}, [self.notebook()]))

    def _list_destinations(self) -> None:
        reading, customer = self._reading, self.view.customer
        calls = reading and reading.calls_of(customer)
        if reading and calls:
            period = reading.period(self.view, calls)
            self.controls.destinations = reading.destinations(customer, period)

    def _tab_chosen(self, change: Mapping[str, Any]) -> None:
        if not self._showing:
            self._follow(self.view.chosen({"tab": change["new"]}))

    def _columns_chosen(self, change: Mapping[str, Any]) -> None:
        if not self._showing:
            shown = [name for name in every_column() if name not in change["new"]]
            self._follow(self.view.chosen({"columns": ",".join(shown)}))

    def _guarded(self, act: Callable[[], None]) -> None:
        super()._guarded(act)
        # Before the first figures there is nothing to go on with.
        self.page.empty = self.page.empty or not self._shown

    def _show_change(self, before: View) -> None:
        view = self.view
        only_tab = (
            replace(before, tab=view.tab, theme=view.theme, opens=view.opens, columns=view.columns) == view
        )
        if only_tab:
            self._show_tab()
        elif replace(before, zoom=view.zoom) == view:
            self._show_zoom()
        else:
            self._show()

    def _show(self) -> None:
        reading = self._reading = self._reading or Reading(self.lake.snapshot())
        if reading.customers.is_empty():
            self._show_nothing(reading)
            return
        if not self.view.customer:
            largest = reading.customers.sort("cdrs", descending=True)["customer"][0]
            self.view = replace(self.view, customer=largest)
        show_customers(self.top_bar, reading, self.lake.home)
        calls = reading.calls_of(self.view.customer)
        if calls is None:
            self._show_nothing(reading)
            return
        now, period = reading.now(self.view, calls), reading.period(self.view, calls)
        counted = reading.narrowed(self.view.narrowing)
        self._cells = Cells(self.view.customer, self.view.zone, self.view.narrowing, reading.snapshot.as_of)
        self._show_presets(self.controls, reading.presets(self.view, calls))
        self._show_choices(reading, period, now)
        self._show_channels(reading, self.view.customer, self.view.zone)
        self._read_together(counted, period, calls.start, now)
        self._show_figures(counted, period)
        self._show_graphs(counted, period)
        self._show_summary(counted, calls.start, now)
        self._send_so_far()
        self._show_breakdowns(counted, period)
        self.page.notice, self.page.empty, self._shown = {}, False, True

    def _show_zoom(self) -> None:
        reading = self._reading
        calls = reading and reading.calls_of(self.view.customer)
        if reading and calls:
            period = reading.period(self.view, calls)
            self._show_graphs(reading.narrowed(self.view.narrowing), period)
        self._show_view()
        self.page.address = self.view.address()

    def _show_tab(self) -> None:
        """Show another table of the summary; all else stays as it is."""
        reading = self._reading
        calls = reading and reading.calls_of(self.view.customer)
        if reading and calls:
            counted = reading.narrowed(self.view.narrowing)
            self._show_summary(counted, calls.start, reading.now(self.view, calls))
        self._show_view()
        self.page.address = self.view.address()

    def _read_together(self, reading: Reading, period: Period, first: datetime, now: datetime) -> None:
        """Ask the lake at once for what the figures and the table will ask for."""
        view, periods, table = self.view, [], None
        if "figures" in view.widgets:
            periods += [period, view.earlier(period)]
        if "summary" in view.widgets:
            tab = next(each for each in TABS if each.id == view.tab)
            within = shown_period(tab, first, now)
            periods.append(within)
            table = Asked(within, tab.by, weighed=True)
        reading.read_together(view.customer, periods, table)

    def _show_summary(self, reading: Reading, first: datetime, now: datetime) -> None:
        if "summary" not in self.view.widgets:
            return
        tab = next(each for each in TABS if each.id == self.view.tab)
        shown = self.view.columns or standard_columns()
        sheet = reading.sheet(self.view.customer, tab, first, now, shown)
        within = shown_period(tab, first, now)
        self.summary.python = self._cell("summary", self._cells.summary(tab.by, within))
        self.summary.behind = Behind(self.view, within).cells(METRIC_OF, sheet.frame["start"], within)
        if sheet is not self.summary.sheet:
            self.summary.customer = self.view.customer
            self.summary.show(sheet)
        self.summary.hidden = [name for name in every_column() if name not in shown]

    def _show_nothing(self, reading: Reading) -> None:
        self._show_view()
        self.page.notice, self.page.empty = self._without_calls(reading, self.view.customer), True

    def _show_view(self, period: Period | None = None) -> None:
        super()._show_view(period)
        self.summary.tab = self.view.tab

    def _show_choices(self, reading: Reading, period: Period, now: datetime) -> None:
        self._show_view(period)
        home, customer = self.lake.home, self.view.customer
        account = show_account(self.top_bar, reading, customer, home, self.view.zone)
        self._firing = tuple(alert for alert in account.firing if alert.customer == customer)
        self.controls.as_of = self._as_of(reading, now)
        self.page.paper = printed(
            _("Dashboard"),
            reading.name(home, customer),
            self.view,
            period,
            reading,
            as_of="" if now == reading.until else self.controls.as_of,
            about=_("compared with the period before") if self.view.compare else "",
            table=_("graphs in {zone}, table in UTC").format(zone=self.view.zone.replace("_", " ")),
            currency=account.balance.company.currency if account.balance else "",
        )
        self.page.address = self.view.address()

    def _channels_changed(self) -> None:
        reading, view = self._reading, self.view
        calls = reading and reading.calls_of(view.customer)
        if reading and calls:
            self._show_figures(reading.narrowed(view.narrowing), reading.period(view, calls))

    def _show_figures(self, reading: Reading, period: Period) -> None:
        customer, view = self.view.customer, self.view
        is_whole = view.narrowing == Narrowing()
        in_use = self._in_use if is_whole and self._in_use else reading.channels(customer)
        graphs = [each for each in view.widgets if each in GRAPHS]
        if not graphs and "figures" not in view.widgets:
            return
        current = reading.totals(customer, period).row(0, named=True)
        busiest = reading.busiest(customer, view.plotted(period), view.zone)
        shown = None if period.end < reading.until else in_use
        for name in graphs:
            self.charts[name].now = told(name, shown, busiest.peak if busiest.at else None, current)
        if "figures" in view.widgets:
            self.figures.figures = reading.drawn(
                ("figures", view, period, shown),
                lambda: self._figures(reading, period, shown, busiest, current),
            )
            self._cell("figures", self._cells.totals(period))

    def _figures(
        self, reading: Reading, period: Period, shown: LiveChannels | None, busiest: Busiest, current: Row
    ) -> list[dict[str, str]]:
        """The figures in words, with their code and the ways to their calls."""
        view = self.view
        before = reading.totals(view.customer, view.earlier(period)).row(0, named=True)
        ways = Behind(view, period)
        return [
            figure | {"python": self._tile(figure["key"], period, shown), "calls": ways.figure(figure["key"])}
            for figure in figures(view, shown, busiest, current, before)
        ]

    def _tile(self, key: str, period: Period, in_use: LiveChannels | None) -> str:
        """Code of a figure above the graphs; empty for channels that are unknown."""
        if key != "channels":
            return self._cells.alone(self._cells.tile(key, period))
        if in_use is None:
            return self._cells.alone(self._cells.most_channels(Window.whole(self.view.plotted(period))))
        if in_use.count is None or in_use.as_of is None:
            return ""
        return self._cells.alone(self._cells.most_channels(Window.minute(in_use.as_of)))

    def _cell(self, name: str, code: str) -> str:
        """Keep a widget's code for the notebook of the page; give it as it is copied."""
        self._codes[name] = code
        return self._cells.alone(code)

    def notebook(self) -> bytes:
        """The page as a notebook, whose cells give the figures that it shows."""
        shown = [name for name in self.view.widgets if name in self._codes]
        title = _("Dashboard: {customer}").format(customer=self.view.customer)
        return notebook(title, self._cells, [(labelled(name), self._codes[name]) for name in shown])

    def _polled(self, reading: Reading, window: Window) -> pl.DataFrame | None:
        """What the switches said of all of a customer's calls."""
        view = self.view
        if view.narrowing != Narrowing():
            return None
        return reading.polled(settings_of(self.lake.home).lake, view.customer, window, view.zone)

    def _show_graphs(self, reading: Reading, period: Period) -> None:
        view, tz, limit = self.view, self.view.zone, self.top_bar.channel_limit
        window = window_of(view, period, reading.until)
        polled = self._polled(reading, window)

        def drawn() -> Graphs:
            return drawn_graphs(reading, view, period, self._firing, limit, polled)

        # What switches say changes while the lake does not.
        kept = ("graphs", view, period, self._firing, limit)
        board = reading.drawn(kept, drawn) if polled is None else drawn()
        self.page.before, self.page.unfinished = board.before, board.unfinished
        for name, graph in board.graphs.items():
            widget = self.charts[name]
            name_downloads(widget, name, view.customer, reading.names(self.lake.home), window.period, tz)
            widget.customer = view.customer
            widget.draw(graph.drawing, graph.frame, graph.crosshair)
            widget.description, widget.behind = graph.description, graph.behind
            widget.python = self._cell(name, self._cells.graph(name, window))

    def _show_breakdowns(self, reading: Reading, period: Period) -> None:
        """Show what calls are counted by: last, as it is read from the calls themselves."""
        customer = self.view.customer
        for name in (each for each in self.view.widgets if each in BREAKDOWNS):
            widget = self.charts[name]
            frame = reading.breakdown(customer, name, period)
            name_downloads(widget, name, customer, reading.names(self.lake.home), period, self.view.zone)
            widget.customer = customer
            widget.draw(charts.BREAKDOWNS[name](frame), frame)
            widget.description = listed(name, frame)
            widget.behind = Behind(self.view, period).bars(name, frame)
            widget.python = self._cell(name, self._cells.breakdown(name, period))

    def _as_of(self, reading: Reading, now: datetime) -> str:
        if now != reading.until:
            return _("no calls since {time} UTC; shown up to then").format(time=date_and_time(now, "yMMMd"))
        return as_of_text(reading, self.view.zone, follows=True)
