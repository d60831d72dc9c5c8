"""The dashboard: choices go in, one snapshot is read, widgets show what it says."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl

import cxreports
from cxreports import charts
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import Period, zone
from cxreports.customers import read_customers
from cxreports.errors import CxreportsError
from cxreports.metrics import METRICS
from cxreports.pages.figures import InUse, figures
from cxreports.pages.tables import NOTE, tables
from cxreports.pages.view import CUSTOM, PERIODS, View, bucket_width
from cxreports.pages.wording import minutes, number
from cxreports.series import series
from cxreports.summary import totals
from cxreports.widgets import ChartWidget, Controls, Figures, Page, SummaryTable, TopBar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxreports.lake.snapshot import Snapshot
    from cxreports.session import Lake

GRAPHS: Final = ("channels", "asr", "acd", "dtmf")
"""Metrics of the four graphs, in their order."""

POLL_S: Final = 5.0
"""How often the lake is asked whether calls were added."""

_SUBTITLES: Final = {"channels": "max and mean", "dtmf": "answered calls with keypad tones"}

_log = logging.getLogger("cxreports.pages")


@dataclass(frozen=True)
class Reading:
    """What a view shows, read from one snapshot.

    Attributes
    ----------
    calls
        From the customer's first call to the last.
    now
        Time that the view ends at: now, or the last call when that is long past.
    period
        Stretch of time shown.
    """

    view: View
    snapshot: Snapshot
    calls: Period
    now: datetime
    period: Period


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
        self._snapshot: Snapshot | None = None
        self._watching: asyncio.Task[None] | None = None
        self._showing = False
        self.top_bar = TopBar()
        self.controls = Controls(periods=list(PERIODS))
        self.figures = Figures()
        self.charts = {name: ChartWidget() for name in GRAPHS}
        self.summary = SummaryTable(note=NOTE)
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
        return self.page._repr_mimebundle_(**options)  # noqa: SLF001 (what display() calls)

    def choose(self, **choices: Any) -> None:
        """Show another customer, zone, period: the fields of `View`."""
        self.view = replace(self.view, **choices)
        self._guarded(self._show)

    def refresh(self) -> None:
        """Show calls that were added since."""
        self._snapshot = None
        self._guarded(self._show)

    def _chosen(self, change: Mapping[str, Any]) -> None:
        """Follow a choice made in the browser; those that arrive together are shown once."""
        if self._showing:
            return
        name, value = change["name"], change["new"]
        if getattr(self.view, name) == value:
            return
        self.view = replace(self.view, **{name: value})
        if name in {"customer", "zone", "period", "compare"}:
            self._guarded(self._show)
        elif name == "tab":
            self.page.view = self.view.address()

    def _said(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        """Answer the browser's greeting: what its address asks for, and fresh figures."""
        if "hello" in content:
            self.view = self.view.asked({k: str(v) for k, v in content["hello"].items()})
            self.refresh()
            if self._watching is None:
                self._watching = asyncio.ensure_future(self._watch())

    async def _watch(self) -> None:
        """Follow the lake while a browser looks at the page."""
        while True:
            await asyncio.sleep(POLL_S)
            try:
                snapshot = self.lake.snapshot()
            except CxreportsError:
                _log.exception("The lake cannot be read; trying again.")
                continue
            if self._snapshot is None or snapshot.versions != self._snapshot.versions:
                self.refresh()

    def _guarded(self, act: Callable[[], None]) -> None:
        """Do what a person asked for; a failure is said on the page and logged under an id."""
        self._showing = True
        try:
            act()
        except CxreportsError as error:
            self.page.notice = {"kind": "error", "title": "This cannot be shown", "text": str(error), "code": ""}
        except Exception:
            code = secrets.token_hex(4)
            _log.exception("The dashboard failed [%s] with %s", code, self.view)
            self.page.notice = {
                "kind": "error",
                "title": "Something went wrong",
                "text": "The page goes on with what it showed before. The log tells what happened under this id:",
                "code": code,
            }
        finally:
            self._showing = False

    def _show(self) -> None:
        snapshot = self._snapshot = self._snapshot or self.lake.snapshot()
        known = snapshot.customers()
        self.page.notice = None
        self.page.empty = known.is_empty()
        if known.is_empty():
            self._show_empty()
            return
        if not self.view.customer:
            self.view = replace(self.view, customer=_largest(known))
        reading = self._read(snapshot, known)
        if reading is None:
            self._show_unknown(known)
            return
        self._show_choices(reading, known)
        self._show_figures(reading)
        self._show_graphs(reading)
        self.summary.tables = tables(snapshot, self.view.customer, reading.calls.start, reading.now)
        self.summary.tab = self.view.tab
        self.page.view = self.view.address()

    def _show_empty(self) -> None:
        self.top_bar.customers, self.top_bar.customer, self.top_bar.zone = [], "", self.view.zone
        self.page.notice = {
            "kind": "empty",
            "title": "There are no calls yet",
            "text": "Load CDR files, or make a sample operator with 60 days of calls:",
            "code": "cxreports demo",
        }

    def _show_unknown(self, known: pl.DataFrame) -> None:
        self.page.empty = True
        self.top_bar.customers = self._customers(known)
        self.top_bar.customer, self.top_bar.zone = self.view.customer, self.view.zone
        self.page.notice = {
            "kind": "empty",
            "title": f"There are no calls of {self.view.customer}",
            "text": "Choose another customer in the bar above, or load this customer's CDR files.",
            "code": "",
        }

    def _read(self, snapshot: Snapshot, known: pl.DataFrame) -> Reading | None:
        own = known if self.view.is_everyone else known.filter(customer=self.view.customer)
        if own.is_empty():
            return None
        first, last = own["first_call"].min(), own["last_call"].max()
        calls = Period.of(first, last)  # type: ignore[arg-type]
        now = datetime.now(UTC)
        shown = self.view.span(now)
        if self.view.period != CUSTOM and calls.end < shown.start:
            now = calls.end
            shown = self.view.span(now)
        return Reading(self.view, snapshot, calls, now, shown)

    def _show_choices(self, reading: Reading, known: pl.DataFrame) -> None:
        view = self.view
        settings = read_customers(self.lake.home).get(view.customer)
        self.top_bar.customers = self._customers(known)
        self.top_bar.customer, self.top_bar.zone = view.customer, view.zone
        self.top_bar.channel_limit = settings.channel_limit if settings else None
        self.controls.period, self.controls.compare, self.controls.zone = view.period, view.compare, view.zone
        self.controls.custom_from = view.custom_from or view.on_the_clock(reading.period.start)
        self.controls.custom_to = view.custom_to or view.on_the_clock(reading.period.end)
        self.controls.as_of = _as_of(reading)

    def _customers(self, known: pl.DataFrame) -> list[dict[str, str]]:
        names = {each.id: each.name for each in read_customers(self.lake.home).values()}
        entries = [
            {"id": row["customer"], "name": names.get(row["customer"], row["customer"]), "note": number(row["calls"])}
            for row in known.to_dicts()
        ]
        entries.sort(key=lambda each: each["name"].lower())
        everyone = {"id": ALL_CUSTOMERS, "name": "All customers", "note": number(known["calls"].sum())}
        return [everyone, *entries] if len(entries) > 1 else entries

    def _show_figures(self, reading: Reading) -> None:
        before = reading.period.previous()
        customer = reading.view.customer
        current, previous = (
            totals(reading.snapshot, customer, start=each.start, end=each.end).to_dicts()[0]
            for each in (reading.period, before)
        )
        in_use = _in_use(reading)
        self.top_bar.channels = in_use.now
        self.figures.figures = figures(reading.view, in_use, current, previous)
        shown = {
            "channels": number(in_use.now),
            "asr": f"{number(current['asr_pct'], 1)} %",
            "acd": minutes(current["acd_s"]),
            "dtmf": f"{number(current['dtmf_pct'], 1)} %",
        }
        for name, chart in self.charts.items():
            chart.title, chart.tone, chart.now = METRICS[name].label, name, shown[name]
            chart.subtitle = _SUBTITLES.get(name, METRICS[name].meaning)

    def _show_graphs(self, reading: Reading) -> None:
        view, period = reading.view, reading.period
        every = bucket_width(period.length)
        for name, widget in self.charts.items():
            current, before = (
                series(
                    reading.snapshot, view.customer, name,
                    every=every, start=each.start, end=each.end, tz=view.zone,
                )
                for each in (period, period.previous())
            )  # fmt: skip
            current = current.filter(pl.col("start") <= reading.now.astimezone(zone(view.zone)))
            drawing = getattr(charts, name)
            widget.show(drawing(current, previous=before if view.compare else None))
            any_calls = current["value"].fill_null(0).max()
            widget.message = "" if any_calls else "No calls in this period."
            widget.description = _description(name, current, view)


def _largest(known: pl.DataFrame) -> str:
    return str(known.sort("calls", descending=True)["customer"][0])


def _in_use(reading: Reading) -> InUse:
    """Measure the channels now and the busiest minute of the period."""
    snapshot, customer, period = reading.snapshot, reading.view.customer, reading.period
    until = min(reading.now, reading.calls.end)
    minute = series(snapshot, customer, "channels", every="1m", start=period.start, end=period.end)
    busiest = minute.sort("max", descending=True, maintain_order=True).row(0, named=True)
    return InUse(
        snapshot.channels_at(customer, until),
        busiest["max"],
        busiest["start"] if busiest["max"] else None,
    )


def _as_of(reading: Reading) -> str:
    if reading.now == reading.calls.end:
        return f"no calls since {reading.now:%-d %b %Y, %H:%M} UTC; shown up to then"
    moment = reading.snapshot.as_of.astimezone(zone("UTC"))
    age = datetime.now(UTC) - moment
    day = f"{moment:%-d %b, }" if age > timedelta(hours=20) else ""
    return f"as of {day}{moment:%H:%M} UTC · new calls show by themselves"


def _description(name: str, frame: pl.DataFrame, view: View) -> str:
    """Say what a graph shows, for people who cannot see it."""
    metric = METRICS[name]
    values = frame["value"].drop_nulls()
    if values.is_empty():
        return f"{metric.label}: no calls in this period."
    low, high = values.min(), values.max()
    said = f"{number(low, metric.decimals)} to {number(high, metric.decimals)} {metric.unit}"  # type: ignore[arg-type]
    begin, end = frame["start"][0], frame["start"][-1]
    return f"{metric.label} from {begin:%-d %b %H:%M} to {end:%-d %b %H:%M} ({view.zone}): {said}."
