"""What the page of call records shows: the dashboard's choices, a filter, an order and a page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cxreports.cdr.record import COLUMNS
from cxreports.errors import BadFilter
from cxreports.figures.call_records import CdrFilter, Direction
from cxreports.pages.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cxreports.clock import Period

SIZES: Final = (50, 100, 500)
"""Calls that a page may have."""

LONGEST_NUMBER: Final = 64

DIRECTIONS: Final[tuple[Direction, ...]] = ("", "inbound", "outbound")

_PAGE: Final = re.compile(r"[1-9]\d{0,8}")


@dataclass(frozen=True)
class CallRecordsView:
    """The choices of a person who looks at call records.

    Attributes
    ----------
    view
        Customer, zone and period, as the dashboard has them.
    number, sip, direction, connected
        Of the filter.
    sort, descending
        Order of the calls.
    page
        Number of the page, from 0.
    size
        Calls of a page, out of `SIZES`.
    """

    view: View = field(default_factory=View)
    number: str = ""
    sip: str = ""
    direction: Direction = ""
    connected: bool = False
    sort: str = "call_time"
    descending: bool = True
    page: int = 0
    size: int = 100

    def chosen(self, choices: Mapping[str, str]) -> CallRecordsView:
        """The view with choices of a person, named and written as `choices` has them.

        What is none of the choices that there are is left out. SIP code and order are taken as they
        come: `filter` and the reading of the calls refuse what makes none.
        """
        chosen = replace(
            self,
            view=self.view.chosen(choices),
            number=choices.get("number", self.number)[:LONGEST_NUMBER],
            sip=choices.get("sip", self.sip),
            connected=choices.get("connected", str(int(self.connected))) == "1",
            direction=next((name for name in DIRECTIONS if name == choices.get("direction")), self.direction),
            size=next((size for size in SIZES if str(size) == choices.get("size")), self.size),
        )
        if sort := choices.get("sort"):
            chosen = replace(chosen, sort=sort, descending=choices.get("order") != "up")
        if _PAGE.fullmatch(choices.get("page", "")):
            chosen = replace(chosen, page=int(choices["page"]) - 1)
        return chosen

    def asked(self, wishes: Mapping[str, str]) -> CallRecordsView:
        """The view with wishes of an address: as `chosen`, without what makes no sense."""
        choices = dict(wishes)
        try:
            choices["sip"] = CdrFilter(sip=wishes.get("sip", self.sip)).sip
        except BadFilter:
            choices["sip"] = self.sip
        if wishes.get("sort") not in COLUMNS:
            choices.pop("sort", None)
        return replace(self.chosen(choices), view=self.view.asked(wishes))

    def choices(self) -> dict[str, str]:
        """All that is chosen, as texts: what widgets show, and what comes back from them to `chosen`."""
        return self.view.choices() | {
            "number": self.number,
            "sip": self.sip,
            "direction": self.direction,
            "connected": str(int(self.connected)),
            "sort": self.sort,
            "order": "" if self.descending else "up",
            "page": str(self.page + 1),
            "size": str(self.size),
        }

    def address(self) -> dict[str, str]:
        """The view as an address has it: without most of what is usual."""
        usual = CallRecordsView().choices()
        own = {
            name: text
            for name, text in self.choices().items()
            # An order without its column would say nothing.
            if text != usual[name] or (name == "sort" and not self.descending)
        }
        # Of a zoom the list of calls shows nothing.
        return {name: text for name, text in (self.view.address() | own).items() if name != "zoom"}

    def preferred(self) -> dict[str, str]:
        """The choices that are kept for a person: the dashboard's."""
        return self.view.preferred()

    def filter(self, period: Period) -> CdrFilter:
        """Filter of a period.

        Raises
        ------
        BadFilter
            The SIP code is none.
        """
        return CdrFilter(self.view.customer, period, self.connected, self.number, self.sip, self.direction)

    def on_the_clock(self, moment: datetime) -> str:
        """A time as the custom period is written: see `View.on_the_clock`."""
        return self.view.on_the_clock(moment)
