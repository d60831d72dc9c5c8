"""The operator's page: all customers beside each other, with what is out of the ordinary."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

import cxreports
from cxreports.accounts.balances import balances
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.errors import CxreportsError, OutOfReach
from cxreports.figures.overview import overview
from cxreports.language import _
from cxreports.pages.bar import show_person
from cxreports.pages.choices import changed, opened
from cxreports.pages.headline import figures
from cxreports.pages.notices import guarded
from cxreports.pages.outstanding import warning_text
from cxreports.pages.reading import Reading
from cxreports.pages.view import View, zone_names
from cxreports.pages.visit import first_view, kept, tell_exports, whoever
from cxreports.portal import site_map
from cxreports.portal.database import database_of
from cxreports.portal.tables import User
from cxreports.sheets.customers import Accounts, operator_sheet, warned
from cxreports.visitor import customer_in_reach
from cxreports.widgets import Figures, Grid, OperatorPage, TopBar
from cxreports.wording import number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxreports.figures.analyst import Lake
    from cxreports.lake.snapshot import Snapshot
    from cxreports.pages.choices import Preferences
    from cxreports.pages.person import Person
    from cxreports.portal.database import Database
    from cxreports.sheets.selection import Sheet

POLL_S: Final = 5.0
"""How often the lake is asked whether calls were added."""

FRESH: Final = timedelta(minutes=1)
"""How old the page may become without new calls: payments and time change it too."""

GRID_PX: Final = 640
"""Height of twenty customers."""

_VIEW: Final = View(customer=ALL_CUSTOMERS, period="24h")

_log = logging.getLogger("cxreports.pages")


class Operator:
    """The operator's page as a notebook displays it.

    Parameters
    ----------
    lake
        An open lake; by default the one of the home folder.
    database
        The portal's database; by default the home folder's.
    preferences, person
        As for `cxreports.pages.dashboard.Dashboard`; the zone alone is a choice here.

    Raises
    ------
    OutOfReach
        The page's process works for a customer.
    """

    def __init__(
        self,
        lake: Lake | None = None,
        database: Database | None = None,
        *,
        preferences: Preferences | None = None,
        person: Person | None = None,
    ) -> None:
        if customer_in_reach() is not None:
            raise OutOfReach(_("This page is for operators."))
        self.lake = lake or cxreports.open()
        self.database = database or database_of(self.lake.home)
        self._preferences = preferences or kept(self.lake.home)
        self.view = replace(_VIEW, zone=first_view(_VIEW, self._preferences).zone)
        self._reading: Reading | None = None
        self._watching: asyncio.Task[None] | None = None
        self.top_bar = TopBar(zones=zone_names())
        show_person(self.top_bar, person or whoever())
        self.figures = Figures()
        self.grid = Grid(title=_("Customers"), height=GRID_PX, empty=_("There are no customers yet."))
        self.page = OperatorPage(
            parts={
                "topbar": self.top_bar.reference,
                "figures": self.figures.reference,
                "grid": self.grid.reference,
            },
            title=_("Operator"),
            ways=_ways(),
            ways_label=_("Pages"),
        )
        self._guarded(self._show)
        self.top_bar.observe(self._chosen, ["zone"])
        self.page.on_msg(self._said)
        tell_exports(self.lake.home, "customers", self.grid)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.page._repr_mimebundle_(**options)

    def refresh(self) -> None:
        """Show what has changed since."""
        self._reading = None
        self._guarded(self._show)

    def _chosen(self, _change: Mapping[str, Any]) -> None:
        before, self.view = self.view, replace(self.view, zone=self.top_bar.zone)
        if before == self.view:
            return
        self._guarded(self._show)
        self._guarded(lambda: self._preferences.save(changed(before, self.view)))

    def _said(self, _widget: Any, content: Mapping[str, Any], _buffers: Any) -> None:
        """Answer the browser: with its time zone, with what changed, with all again."""
        if "resend" in content:
            for part in (self.top_bar, self.figures, self.grid, self.page):
                part.send_state()
        if "hello" not in content:
            return
        hello = {name: str(text) for name, text in content["hello"].items()}
        known: dict[str, str] = {}
        self._guarded(lambda: known.update(self._preferences.load()))
        shown, self.view = self.view, replace(self.view, zone=opened(self.view, hello, known).zone)
        if self._has_changed():
            self.refresh()
        elif self.view != shown:
            self._guarded(self._show)
        if self._watching is None:
            self._watching = asyncio.ensure_future(self._watch())

    async def _watch(self) -> None:
        """Follow the lake and the accounts while a browser looks at the page."""
        while True:
            await asyncio.sleep(POLL_S)
            if self._has_changed():
                self.refresh()

    def _has_changed(self) -> bool:
        reading = self._reading
        if reading is None or not reading.is_recent(FRESH):
            return True
        try:
            return self.lake.snapshot().versions != reading.snapshot.versions
        except CxreportsError:
            _log.exception("The lake cannot be read; trying again.")
            return False

    def _guarded(self, act: Callable[[], None]) -> None:
        guarded(self.page, act, self.view)

    def _show(self) -> None:
        reading = self._reading = self._reading or Reading(self.lake.snapshot())
        calls = reading.calls_of(ALL_CUSTOMERS)
        now = reading.taken if calls is None else reading.now(self.view, calls)
        until = now if calls is None else min(now, calls.end)
        period = self.view.span(now)
        shown = overview(reading.snapshot, period, until)
        sheet = operator_sheet(shown, self._accounts(reading.snapshot), now, warning_text)
        in_use, busiest = reading.in_use(ALL_CUSTOMERS, until), reading.busiest(ALL_CUSTOMERS, period, "UTC")
        current, before = (
            reading.totals(ALL_CUSTOMERS, each).row(0, named=True) for each in (period, period.previous())
        )
        worded = {each["key"]: each for each in figures(self.view, in_use, busiest, current, before)}
        own = _own_figures(sheet, int((shown["attempts"] > 0).sum()))
        with self.page.hold_sync():
            self.top_bar.zone, self.top_bar.channels = self.view.zone, in_use
            self.figures.figures = [
                own[0],
                *(worded[each] for each in ("channels", "asr", "acd", "attempts")),
                own[1],
            ]
            self.grid.zone = "UTC"
            self.grid.note = _("the last 24 hours, as the customers' dashboards show them")
            self.grid.show(sheet)
            self.page.as_of = _("as of {time} UTC · new calls show by themselves").format(
                time=f"{reading.taken:%H:%M}"
            )
            self.page.view = {"zone": self.view.zone}
            self.page.notice, self.page.empty = {}, False

    def _accounts(self, snapshot: Snapshot) -> Accounts:
        with self.database.reading() as db:
            active = (
                select(User.company_id, func.count())
                .where(User.company_id.is_not(None), User.disabled_at.is_(None))
                .group_by(User.company_id)
            )
            return Accounts(balances(db, snapshot), {str(key): count for key, count in db.execute(active)})


def _own_figures(sheet: Sheet, active: int) -> tuple[dict[str, str], dict[str, str]]:
    """Word how many customers call, and how many have a warning."""
    every, warnings = sheet.frame.height, warned(sheet)
    plain = {"unit": "", "detail": "", "trend": ""}
    return (
        plain
        | {
            "key": "customers",
            "label": _("Customers with calls, 24 h"),
            "value": number(active),
            "unit": _("of {every}").format(every=number(every)),
        },
        plain
        | {
            "key": "warnings",
            "label": _("Customers with warnings"),
            "value": number(warnings),
            "detail": _("first in the table") if warnings else "",
        },
    )


def _ways() -> list[dict[str, str]]:
    """List the operator's other pages."""
    ways = sorted((place for place in site_map.PLACES if place.links), key=lambda place: place.links)
    return [{"label": place.title, "url": place.url} for place in ways]
