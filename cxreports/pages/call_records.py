"""The page of call records: a filter and a page number go in, one page of calls is read and shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cxreports.errors import CxreportsError
from cxreports.figures import call_records
from cxreports.figures.call_files import Format, download
from cxreports.figures.delivered import deliveries_of
from cxreports.language import _, ngettext, number
from cxreports.pages.bar import as_of_text, show_account, show_customers
from cxreports.pages.call_records_view import SIZES, CallRecordsView
from cxreports.pages.calls.origin import chip
from cxreports.pages.calls.panel import panel
from cxreports.pages.cells.cells import Cells
from cxreports.pages.cells.notebook import notebook
from cxreports.pages.exports import audit_exports
from cxreports.pages.live import LivePage
from cxreports.pages.reading import Reading
from cxreports.pages.spans.printed import printed
from cxreports.pages.view import View
from cxreports.sheets.call_records import COLUMNS, HIDDEN, cdr_sheet
from cxreports.sheets.names import file_name
from cxreports.widgets import CallRecordsPage, Grid
from cxreports.widgets.delivery import Delivery, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxreports.clock import Period
    from cxreports.figures.analyst import Lake
    from cxreports.figures.call_records import CdrFilter
    from cxreports.pages.kept_choices import KeptChoices
    from cxreports.portal.user_menu import UserMenu

GRID_PX: Final = 576
"""Height of eighteen calls."""


class CdrViewer(LivePage[CallRecordsView]):
    """The call records as a notebook displays them.

    Parameters
    ----------
    lake
        An open lake; by default the one of the home folder.
    view
        What to show first.
    kept, menu
        As the dashboard has them.
    """

    # Calls that are added would move the rows that somebody reads: Refresh shows them.
    follows = False
    page: CallRecordsPage

    def __init__(
        self,
        lake: Lake | None = None,
        view: CallRecordsView | None = None,
        *,
        kept: KeptChoices | None = None,
        menu: UserMenu | None = None,
    ) -> None:
        super().__init__(lake, view, CallRecordsView(), kept, menu)
        self._asked: CdrFilter | None = None
        self._deliveries: dict[str, Delivery] = {}
        self._calls = pl.DataFrame()
        self._entered: int | None = None
        self._cells: Cells | None = None
        self.grid = Grid(
            title=_("Calls"), remote=True, opens=True, height=GRID_PX, empty=_("No calls match.")
        )
        page = CallRecordsPage(
            parts={"topbar": self.top_bar.reference, "grid": self.grid.reference},
            sizes=list(SIZES),
        )
        self._begin(page, self.grid)
        self.grid.observe(self._order_chosen, ["order"])
        self.grid.on_msg(self._row_opened)
        self.grid.observe(self._columns_chosen, ["hidden"])
        audit_exports(self.lake.home, "call records", self.page, self.grid)

    def choose(self, **choices: Any) -> None:
        """Show other calls: the fields of `CallRecordsView`, and those of its `View`."""
        own = {name: value for name, value in choices.items() if name not in View.__dataclass_fields__}
        base = {name: value for name, value in choices.items() if name in View.__dataclass_fields__}
        self.view = replace(self.view, view=replace(self.view.view, **base), **own)
        self._guarded(self._show)

    def pieces(self, form: Format) -> Iterator[tuple[bytes, float]]:
        """Write the calls that are shown, of all pages, with the columns that are shown.

        Returns
        -------
        Iterator
            Parts of the file, each with the share of the calls that is done.

        Raises
        ------
        BadFilter
            There is no such format.
        """
        assert self._reading is not None  # noqa: S101 (the page offers no download before)
        assert self._asked is not None  # noqa: S101
        snapshot, asked = self._reading.snapshot, self._asked
        total, done = call_records.count(snapshot, asked), [0]
        shown = [each for each in COLUMNS if each not in self.grid.hidden]
        contents = download(snapshot, asked, columns=shown, format=form, progress=done.append)
        self.page.customer = asked.customer
        self.page.announce_export(form, total)
        return ((piece, done[-1] / total if total else 1.0) for piece in contents)

    def _order_chosen(self, change: Mapping[str, Any]) -> None:
        if self._showing:
            return
        order = change["new"]
        is_up = not order.get("descending", True)
        sort = str(order.get("column", CallRecordsView.sort))
        self._follow(self.view.chosen({"sort": sort, "order": "up" if is_up else ""}))

    def _columns_chosen(self, change: Mapping[str, Any]) -> None:
        if not self._showing:
            shown = [name for name in COLUMNS if name not in change["new"]]
            self._follow(self.view.chosen({"call_columns": ",".join(shown)}))

    def _follow(self, chosen: CallRecordsView) -> None:
        """Follow a choice; another filter or order begins at its first page."""
        usual = replace(chosen, page=0, call="", columns=self.view.columns)
        if usual != replace(self.view, page=0, call=""):
            chosen = replace(chosen, page=0)
        super()._follow(chosen)

    def _show_change(self, before: CallRecordsView) -> None:
        if replace(before, columns=self.view.columns) == self.view:
            self._show_view()
            self._show_columns()
            self.page.address = self.view.address()
        elif replace(before, call=self.view.call) == self.view and self._asked is not None:
            self._show_call()
            self._show_view()
            self.page.address = self.view.address()
        else:
            super()._show_change(before)

    def _show_columns(self) -> None:
        """Show the columns that were chosen, else the usual ones; for all customers together, whose calls."""
        usual = {name for name in COLUMNS if name not in HIDDEN}
        shown = set(self.view.columns) or usual | ({"customer"} if self.view.view.is_everyone else set())
        self.grid.hidden = [name for name in COLUMNS if name not in shown]

    def _row_opened(self, _widget: Any, content: Mapping[str, Any], _buffers: Any) -> None:
        row = content.get("open")
        if content.get("key") != self.grid.rows["key"]:
            return
        if isinstance(row, int) and 0 <= row < self._calls.height:
            self._follow(replace(self.view, call=str(self._calls["record_key"][row])))

    def _step(self, by: int) -> None:
        """Open the next call of the list, or the one before, on the page beside this one if need be."""
        at = self._opened_row()
        if at is None or by not in {1, -1}:
            return
        if 0 <= at + by < self._calls.height:
            self._follow(replace(self.view, call=str(self._calls["record_key"][at + by])))
        elif 0 <= self.view.page + by < self.page.pages:
            self._entered = 0 if by > 0 else -1
            self._follow(replace(self.view, page=self.view.page + by))

    def _opened_row(self) -> int | None:
        """Row of the open call on this page."""
        if not self.view.call or self._calls.is_empty():
            return None
        return self._calls["record_key"].index_of(int(self.view.call))

    def _show_call(self) -> None:
        """Show the open call beside the list; one that the filter does not let through is closed."""
        assert self._reading is not None  # noqa: S101 (the list was shown before)
        assert self._asked is not None  # noqa: S101
        row, call = self._opened_row(), None
        if row is not None:
            call = self._calls.row(row, named=True)
        elif self.view.call:
            call = call_records.one(self._reading.snapshot, self._asked, int(self.view.call))
        if call is None:
            self.view = replace(self.view, call="")
        self.grid.opened = -1 if row is None else row
        self.page.call = {} if call is None else self._panel(call, row)

    def _panel(self, call: dict[str, Any], row: int | None) -> dict[str, Any]:
        assert self._reading is not None  # noqa: S101
        assert self._asked is not None  # noqa: S101
        snapshot, place = self._reading.snapshot, ""
        if row is not None:
            nth, total = self.view.page * self.view.size + row + 1, call_records.count(snapshot, self._asked)
            place = _("{nth} of {total}").format(nth=number(nth), total=number(total))
        legs = call_records.legs_of(snapshot, call)
        deliveries = deliveries_of(snapshot, call)
        shown = panel(call, self.view.view.zone, snapshot.user_side_codes, legs, deliveries)
        return shown | {"place": place}

    def _answer(self, widget: Any, content: Mapping[str, Any], buffers: Any) -> None:
        for delivery in self._deliveries.values():
            delivery.answer(dict(content))
        super()._answer(widget, content, buffers)
        if "resend" in content:
            for delivery in self._deliveries.values():
                delivery.fail(_("The connection was lost on the way: download again."))
        if "refresh" in content:
            self.refresh()
        if "step" in content:
            self._step(content["step"])
        if content.get("ask") == "notebook" and self._cells and self._asked:
            title = _("Call records: {customer}").format(customer=self._asked.customer)
            cells = notebook(title, self._cells, [(_("Calls"), self._cells.calls(self._asked))])
            self.page.send({"notebook": f"calls-{self._asked.customer}.ipynb"}, [cells])
        if content.get("ask") == "destinations":
            self._guarded(self._list_destinations)
        if "download" in content:
            self._guarded(lambda: self._deliver(content["download"], str(content["key"])))

    def _list_destinations(self) -> None:
        if self._reading is not None and self._asked is not None and self._asked.period is not None:
            self.page.destinations = self._reading.destinations(self._asked.customer, self._asked.period)

    def _deliver(self, form: Format, key: str) -> None:
        try:
            pieces = self.pieces(form)
        except CxreportsError as error:
            refuse(self.page, key, error)
            return
        for delivery in self._deliveries.values():
            delivery.stop()
        self._deliveries = {key: Delivery(self.page, key, pieces)}

    def _show(self) -> None:
        reading = self._reading = self._reading or Reading(self.lake.snapshot())
        if reading.customers.is_empty():
            self._show_choices(reading, None)
            self.page.notice, self.page.empty = self._without_calls(reading, self.view.view.customer), True
            return
        if not self.view.view.customer:
            largest = reading.customers.sort("cdrs", descending=True)["customer"][0]
            self.view = replace(self.view, view=replace(self.view.view, customer=largest))
        view = self.view.view
        show_customers(self.top_bar, reading, self.lake.home)
        calls = reading.calls_of(view.customer)
        if calls is None:
            self._show_choices(reading, None)
            self.page.notice, self.page.empty = self._without_calls(reading, self.view.view.customer), True
            return
        show_account(self.top_bar, reading, view.customer, self.lake.home, view.zone)
        self._show_channels(reading, view.customer, view.zone)
        period = reading.period(view, calls)
        self._show_presets(self.page, reading.presets(view, calls))
        self._asked = self.view.filter(period)
        count = call_records.count(reading.snapshot, self._asked)
        pages = -(-count // self.view.size)
        self.view = replace(self.view, page=max(0, min(self.view.page, pages - 1)))
        self._show_calls(reading, count)
        if self._entered is not None and self._calls.height:
            self.view = replace(self.view, call=str(self._calls["record_key"][self._entered]))
        self._entered = None
        self._show_call()
        self._show_choices(reading, period)
        self.page.chip = chip(self.view.origin, view, period) if self.view.origin else {}
        self.page.pages = pages
        self.page.notice, self.page.empty = {}, False

    def _show_view(self, period: Period | None = None) -> None:
        super()._show_view(period)
        view = self.view
        usual = (view.sort, view.descending) == (CallRecordsView.sort, CallRecordsView.descending)
        self.grid.order = {} if usual else {"column": view.sort, "descending": view.descending}

    def _show_choices(self, reading: Reading, period: Period | None) -> None:
        self._show_view(period)
        self.page.address = self.view.address()
        self.page.as_of = as_of_text(reading, self.view.view.zone, follows=False)
        if period is not None:
            view, home = self.view.view, self.lake.home
            self.page.paper = printed(
                _("Call records"),
                reading.name(home, view.customer),
                view,
                period,
                reading,
                about=self.page.range,
            )

    def _show_calls(self, reading: Reading, count: int) -> None:
        assert self._asked is not None  # noqa: S101 (made just before)
        view, first = self.view, self.view.page * self.view.size
        calls = call_records.page(
            reading.snapshot,
            self._asked,
            sort=view.sort,
            descending=view.descending,
            offset=first,
            limit=view.size,
            columns=(*COLUMNS, "record_key", "legs"),
        )
        self._calls = calls
        self.page.range = (
            ngettext(
                "{first}\N{EN DASH}{last} of {count} call", "{first}\N{EN DASH}{last} of {count} calls", count
            ).format(first=number(first + 1), last=number(first + calls.height), count=number(count))
            if count
            else _("No calls")
        )
        self.page.file = file_name(self._asked.customer, "calls", self._asked.period, view.view.zone)
        zone = view.view.zone.replace("_", " ")
        self.grid.note = _("times in {zone}; downloads in UTC").format(zone=zone)
        self.grid.zone = view.view.zone
        self.grid.customer = self._asked.customer
        base = view.view
        self._cells = Cells(base.customer, base.zone, base.narrowing, reading.snapshot.as_of)
        self.grid.python = self._cells.alone(self._cells.calls(self._asked))
        self.grid.show(cdr_sheet(calls, self.page.file), first=first)
        self._show_columns()
