"""The operator's page: all customers beside each other, with what is out of the ordinary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from cxreports.accounts.balances import balances
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.desk.desk import desk_of
from cxreports.errors import OutOfReach
from cxreports.figures.overview import overview
from cxreports.language import _
from cxreports.pages.bar import as_of_text
from cxreports.pages.exports import audit_exports
from cxreports.pages.headline import figures
from cxreports.pages.live import FRESH, LivePage
from cxreports.pages.notices import first_customer
from cxreports.pages.outstanding import warning_text
from cxreports.pages.reading import Reading
from cxreports.pages.spans.printed import printed
from cxreports.pages.view import View
from cxreports.portal import site_map
from cxreports.sheets.customers import Accounts, operator_sheet, warned
from cxreports.visitor import customer_in_reach
from cxreports.widgets import CustomersPage, Figures, Grid
from cxreports.wording import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxreports.figures.analyst import Lake
    from cxreports.lake.snapshot import Snapshot
    from cxreports.pages.kept_choices import KeptChoices
    from cxreports.portal.user_menu import UserMenu
    from cxreports.sheets.selection import Sheet

GRID_PX: Final = 640
"""Height of twenty customers."""


@dataclass(frozen=True)
class CustomersView(View):
    """All customers in the last 24 hours; the zone alone is a choice here."""

    customer: str = ALL_CUSTOMERS

    def chosen(self, choices: Mapping[str, str]) -> Self:
        """The view in another zone."""
        return super().chosen({name: text for name, text in choices.items() if name == "zone"})

    def choices(self) -> dict[str, str]:
        """The zone."""
        return {"zone": self.zone}

    def address(self) -> dict[str, str]:
        """The zone."""
        return self.choices()


class Operator(LivePage[CustomersView]):
    """The operator's page as a notebook displays it.

    Parameters
    ----------
    lake
        An open lake; by default the one of the home folder.
    kept, menu
        As the dashboard has them.

    Raises
    ------
    OutOfReach
        The page's process works for a customer.
    """

    def __init__(
        self,
        lake: Lake | None = None,
        *,
        kept: KeptChoices | None = None,
        menu: UserMenu | None = None,
    ) -> None:
        if customer_in_reach() is not None:
            raise OutOfReach(_("This page is for operators."))
        super().__init__(lake, None, CustomersView(), kept, menu)
        self.figures = Figures()
        self.grid = Grid(title=_("Customers"), height=GRID_PX, empty=_("There are no customers yet."))
        page = CustomersPage(
            parts={
                "topbar": self.top_bar.reference,
                "figures": self.figures.reference,
                "grid": self.grid.reference,
            },
            title=_("Customers"),
            ways=_ways(),
            ways_label=_("Customers"),
        )
        self._begin(page, self.figures, self.grid)
        audit_exports(self.lake.home, "customers", self.grid)

    def _is_due(self) -> bool:
        # Payments and time change this page too.
        return self._reading is None or not self._reading.is_recent(FRESH)

    def _show(self) -> None:
        reading = self._reading = self._reading or Reading(self.lake.snapshot())
        calls = reading.calls_of(ALL_CUSTOMERS)
        now = reading.until if calls is None else reading.now(self.view, calls)
        period = self.view.span(now)
        in_use = reading.channels(ALL_CUSTOMERS)
        shown = overview(reading.snapshot, period, None if in_use.count is None else in_use.as_of)
        sheet = operator_sheet(shown, self._accounts(reading.snapshot), now, warning_text)
        busiest = reading.busiest(ALL_CUSTOMERS, self.view.plotted(period), self.view.zone)
        current, before = (
            reading.totals(ALL_CUSTOMERS, each).row(0, named=True) for each in (period, period.previous())
        )
        self._show_channels(reading, ALL_CUSTOMERS, self.view.zone)
        worded = {each["key"]: each for each in figures(self.view, self._in_use, busiest, current, before)}
        own = _own_figures(sheet, int((shown["attempts"] > 0).sum()))
        self._show_view()
        self.figures.figures = [
            own[0],
            *(worded[each] for each in ("channels", "asr", "acd", "attempts")),
            own[1],
        ]
        self.grid.zone = "UTC"
        self.grid.note = _("the last 24 hours, as the customers' dashboards show them")
        self.grid.customer = ALL_CUSTOMERS
        self.grid.show(sheet)
        self.page.as_of = as_of_text(reading, self.view.zone, follows=True)
        self.page.paper = printed(
            _("Customers"),
            _("All customers"),
            self.view,
            period,
            reading,
        )
        self.page.address = self.view.address()
        self.page.notice = {} if sheet.frame.height else first_customer()
        self.page.empty = False

    def _accounts(self, snapshot: Snapshot) -> Accounts:
        ledgers = desk_of(self.lake.home).ledgers()
        return Accounts(balances(ledgers, snapshot), {each.holder.id: each.users for each in ledgers})


def _own_figures(sheet: Sheet, active: int) -> tuple[dict[str, str], dict[str, str]]:
    """Word how many customers call, and how many have a warning."""
    every, warnings = sheet.frame.height, warned(sheet)
    plain = {"unit": "", "detail": "", "trend": "", "tone": "", "was": ""}
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
