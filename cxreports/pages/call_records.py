"""The page of call records: a filter and a page number go in, one page of calls is read and shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import cxreports
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.figures import call_records
from cxreports.figures.call_files import Format, download
from cxreports.language import _, ngettext, number
from cxreports.pages.bar import show_account, show_customers, show_no_account, show_person
from cxreports.pages.call_records_view import SIZES, CdrView
from cxreports.pages.choices import changed, opened
from cxreports.pages.notices import guarded, no_calls, no_calls_of
from cxreports.pages.reading import Reading
from cxreports.pages.view import CUSTOM, View, periods, zone_names
from cxreports.pages.visit import first_view, kept, tell_exports, whoever
from cxreports.sheets.call_records import COLUMNS, HIDDEN, cdr_sheet
from cxreports.widgets import Grid, TopBar
from cxreports.widgets.call_records_page import CdrPage
from cxreports.widgets.delivery import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cxreports.figures.analyst import Lake
    from cxreports.figures.call_records import CdrFilter
    from cxreports.pages.choices import Preferences
    from cxreports.pages.person import Person

GRID_PX: Final = 576
"""Height of eighteen calls."""

_FRESH: Final = timedelta(minutes=1)
"""Calls that were read no longer ago are shown as they are."""

_FILTER: Final = ("number", "sip", "direction", "connected")
_PERIOD: Final = ("period", "custom_from", "custom_to")


class CdrViewer:
    """The call records as a notebook displays them.

    Parameters
    ----------
    lake
        An open lake; by default the one of the home folder.
    view
        What to show first.
    preferences, person
        As the dashboard has them.
    """

    def __init__(
        self,
        lake: Lake | None = None,
        view: CdrView | None = None,
        *,
        preferences: Preferences | None = None,
        person: Person | None = None,
    ) -> None:
        self.lake = lake or cxreports.open()
        self._preferences = preferences or kept(self.lake.home)
        self.view = view or CdrView(first_view(View(), self._preferences))
        self._reading: Reading | None = None
        self._asked: CdrFilter | None = None
        self._deliveries: dict[str, Delivery] = {}
        self._showing = False
        self._customer = ""
        self.top_bar = TopBar(zones=zone_names())
        show_person(self.top_bar, person or whoever())
        self.grid = Grid(title=_("Calls"), remote=True, height=GRID_PX, empty=_("No calls match."))
        self.grid.hidden = list(HIDDEN)
        self.page = CdrPage(
            parts={"topbar": self.top_bar.reference, "grid": self.grid.reference},
            periods=periods(),
            sizes=list(SIZES),
        )
        self._guarded(self._show)
        self.top_bar.observe(self._chosen, ["customer", "zone"])
        self.grid.observe(self._chosen, ["order"])
        self.page.observe(self._chosen, [*_FILTER, *_PERIOD, "page", "size"])
        self.page.on_msg(self._said)
        tell_exports(self.lake.home, "call records", self.page, self.grid)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.page._repr_mimebundle_(**options)

    def choose(self, **choices: Any) -> None:
        """Show other calls: the fields of `CdrView`, and those of its `View`."""
        own = {name: value for name, value in choices.items() if name not in View.__dataclass_fields__}
        base = {name: value for name, value in choices.items() if name in View.__dataclass_fields__}
        self.view = replace(self.view, view=replace(self.view.view, **base), **own)
        self._guarded(self._show)

    def refresh(self) -> None:
        """Show calls that were added since."""
        self._reading = None
        self._guarded(self._show)

    def pieces(self, form: Format) -> Iterator[tuple[bytes, float]]:
        """Write the calls that are shown, of all pages, with the columns that are shown.

        Yields
        ------
        piece, share
            Part of the file, and the share of the calls that is done.
        """
        assert self._reading is not None  # noqa: S101 (the page offers no download before)
        assert self._asked is not None  # noqa: S101
        snapshot, asked = self._reading.snapshot, self._asked
        total, done = call_records.count(snapshot, asked), [0]
        shown = [each for each in COLUMNS if each not in self.grid.hidden]
        for piece in download(snapshot, asked, columns=shown, format=form, progress=done.append):
            yield piece, done[-1] / total if total else 1.0

    def _chosen(self, _change: Mapping[str, Any]) -> None:
        """Follow the choices made in the browser; another filter or order begins at its first page."""
        if self._showing:
            return
        page, order = self.page, self.grid.order
        custom = page.period == CUSTOM
        view = replace(
            self.view.view,
            customer=self.top_bar.customer,
            zone=self.top_bar.zone,
            period=page.period,
            custom_from=page.custom_from if custom else "",
            custom_to=page.custom_to if custom else "",
        )
        chosen = replace(
            self.view,
            view=view,
            **{name: getattr(page, name) for name in _FILTER},
            sort=order.get("column", "call_time"),
            descending=bool(order.get("descending", True)),
            page=max(0, page.page),
            size=page.size if page.size in SIZES else self.view.size,
        )
        if replace(chosen, page=0) != replace(self.view, page=0):
            chosen = replace(chosen, page=0)
        before, self.view = self.view, chosen
        if before != chosen:
            self._guarded(self._show)
        if fresh := changed(before.view, chosen.view):
            self._guarded(lambda: self._preferences.save(fresh))

    def _said(self, _widget: Any, content: Mapping[str, Any], _buffers: Any) -> None:
        """Answer the browser."""
        for delivery in self._deliveries.values():
            delivery.answer(dict(content))
        if "resend" in content:
            for part in (self.top_bar, self.grid, self.page):
                part.send_state()
            for delivery in self._deliveries.values():
                delivery.fail(_("The connection was lost on the way: download again."))
        if "refresh" in content:
            self.refresh()
        if "hello" in content:
            shown, hello = self.view, {name: str(text) for name, text in content["hello"].items()}
            known: dict[str, str] = {}
            self._guarded(lambda: known.update(self._preferences.load()))
            self.view = replace(shown.asked(hello), view=opened(shown.view, hello, known))
            if self._reading is None or not self._reading.is_recent(_FRESH):
                self.refresh()
            elif self.view != shown:
                self._guarded(self._show)
        if "download" in content:
            self._guarded(lambda: self._deliver(content["download"], str(content["key"])))

    def _deliver(self, form: Format, key: str) -> None:
        for delivery in self._deliveries.values():
            delivery.stop()
        self._deliveries = {key: Delivery(self.page, key, self.pieces(form))}

    def _guarded(self, act: Callable[[], None]) -> None:
        """Do what a person asked for, while what the widgets say is no choice."""
        self._showing = True
        try:
            guarded(self.page, act, self.view)
        finally:
            self._showing = False

    def _show(self) -> None:
        reading = self._reading = self._reading or Reading(self.lake.snapshot())
        if reading.customers.is_empty():
            self._show_choices(reading)
            self.page.notice, self.page.empty = no_calls(), True
            return
        if not self.view.view.customer:
            largest = reading.customers.sort("cdrs", descending=True)["customer"][0]
            self.view = replace(self.view, view=replace(self.view.view, customer=largest))
        view = self.view.view
        show_customers(self.top_bar, reading, self.lake.home)
        self.top_bar.customer, self.top_bar.zone = view.customer, view.zone
        calls = reading.calls_of(view.customer)
        if calls is None:
            self._show_choices(reading)
            self.page.notice, self.page.empty = no_calls_of(view.customer), True
            show_no_account(self.top_bar)
            return
        now = reading.now(view, calls)
        show_account(self.top_bar, reading, view.customer, self.lake.home)
        self.top_bar.channels = reading.in_use(view.customer, min(now, calls.end))
        period = view.span(now)
        self._asked = self.view.filter(period)
        count = call_records.count(reading.snapshot, self._asked)
        pages = -(-count // self.view.size)
        self.view = replace(self.view, page=max(0, min(self.view.page, pages - 1)))
        with self.page.hold_sync(), self.grid.hold_sync():
            self._show_choices(reading)
            self.page.custom_from = view.custom_from or view.on_the_clock(period.start)
            self.page.custom_to = view.custom_to or view.on_the_clock(period.end)
            self._show_calls(reading, count)
            self.page.pages = pages
            self.page.notice, self.page.empty = {}, False

    def _show_choices(self, reading: Reading) -> None:
        page, view = self.page, self.view
        page.period, page.zone = view.view.period, view.view.zone
        page.number, page.sip, page.direction, page.connected = (
            view.number,
            view.sip,
            view.direction,
            view.connected,
        )
        page.page, page.size, page.view = view.page, view.size, view.address()
        page.as_of = _("as of {time} UTC").format(time=f"{reading.taken:%H:%M}")
        usual = (view.sort, view.descending) == (CdrView.sort, CdrView.descending)
        self.grid.order = {} if usual else {"column": view.sort, "descending": view.descending}

    def _show_calls(self, reading: Reading, count: int) -> None:
        assert self._asked is not None  # noqa: S101 (made just before)
        view, first = self.view, self.view.page * self.view.size
        if view.view.is_everyone and self._customer != ALL_CUSTOMERS:
            self.grid.hidden = [each for each in self.grid.hidden if each != "customer"]
        self._customer = view.view.customer
        calls = call_records.page(
            reading.snapshot,
            self._asked,
            sort=view.sort,
            descending=view.descending,
            offset=first,
            limit=view.size,
            columns=COLUMNS,
        )
        self.page.range = (
            ngettext(
                "{first}\N{EN DASH}{last} of {count} call", "{first}\N{EN DASH}{last} of {count} calls", count
            ).format(first=number(first + 1), last=number(first + calls.height), count=number(count))
            if count
            else _("No calls")
        )
        zone = view.view.zone.replace("_", " ")
        self.grid.note = _("times in {zone}; downloads in UTC").format(zone=zone)
        self.grid.zone = view.view.zone
        self.grid.show(cdr_sheet(calls, f"calls-{view.view.customer}"), first=first)
