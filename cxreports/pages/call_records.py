"""The page of call records: a filter and a page number go in, one page of calls is read and shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.figures import call_records
from cxreports.figures.call_files import Format, download
from cxreports.language import _, ngettext, number
from cxreports.pages.bar import as_of_text, show_account, show_channels, show_customers, show_no_account
from cxreports.pages.call_records_view import SIZES, CallRecordsView
from cxreports.pages.exports import audit_exports
from cxreports.pages.live import LivePage
from cxreports.pages.notices import no_calls, no_calls_of
from cxreports.pages.reading import Reading
from cxreports.pages.view import View
from cxreports.sheets.call_records import COLUMNS, HIDDEN, cdr_sheet
from cxreports.widgets import CallRecordsPage, Grid
from cxreports.widgets.delivery import Delivery

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
        self._customer = ""
        self.grid = Grid(title=_("Calls"), remote=True, height=GRID_PX, empty=_("No calls match."))
        self.grid.hidden = list(HIDDEN)
        page = CallRecordsPage(
            parts={"topbar": self.top_bar.reference, "grid": self.grid.reference},
            sizes=list(SIZES),
        )
        self._begin(page, self.grid)
        self.grid.observe(self._order_chosen, ["order"])
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

    def _follow(self, chosen: CallRecordsView) -> None:
        """Follow a choice; another filter or order begins at its first page."""
        if replace(chosen, page=0) != replace(self.view, page=0):
            chosen = replace(chosen, page=0)
        super()._follow(chosen)

    def _answer(self, widget: Any, content: Mapping[str, Any], buffers: Any) -> None:
        for delivery in self._deliveries.values():
            delivery.answer(dict(content))
        super()._answer(widget, content, buffers)
        if "resend" in content:
            for delivery in self._deliveries.values():
                delivery.fail(_("The connection was lost on the way: download again."))
        if "refresh" in content:
            self.refresh()
        if "download" in content:
            self._guarded(lambda: self._deliver(content["download"], str(content["key"])))

    def _deliver(self, form: Format, key: str) -> None:
        pieces = self.pieces(form)
        for delivery in self._deliveries.values():
            delivery.stop()
        self._deliveries = {key: Delivery(self.page, key, pieces)}

    def _show(self) -> None:
        reading = self._reading = self._reading or Reading(self.lake.snapshot())
        if reading.customers.is_empty():
            self._show_choices(reading, None)
            self.page.notice, self.page.empty = no_calls(), True
            return
        if not self.view.view.customer:
            largest = reading.customers.sort("cdrs", descending=True)["customer"][0]
            self.view = replace(self.view, view=replace(self.view.view, customer=largest))
        view = self.view.view
        show_customers(self.top_bar, reading, self.lake.home)
        calls = reading.calls_of(view.customer)
        if calls is None:
            self._show_choices(reading, None)
            self.page.notice, self.page.empty = no_calls_of(view.customer), True
            show_no_account(self.top_bar)
            return
        show_account(self.top_bar, reading, view.customer, self.lake.home)
        show_channels(self.top_bar, reading.channels(view.customer), view.zone, reading.taken)
        period = reading.period(view, calls)
        self._show_presets(self.page, reading.presets(view, calls))
        self._asked = self.view.filter(period)
        count = call_records.count(reading.snapshot, self._asked)
        pages = -(-count // self.view.size)
        self.view = replace(self.view, page=max(0, min(self.view.page, pages - 1)))
        with self.page.hold_sync(), self.grid.hold_sync():
            self._show_choices(reading, period)
            self._show_calls(reading, count)
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
        self.grid.customer = self._asked.customer
        self.grid.show(cdr_sheet(calls, f"calls-{view.view.customer}"), first=first)
