"""What the page of call records shows: the dashboard's choices, a filter, an order and a page."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cxreports.cdr.record import COLUMNS
from cxreports.errors import BadFilter
from cxreports.figures.call_records import CdrFilter, Direction
from cxreports.pages.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxreports.clock import Period

SIZES: Final = (50, 100, 500)
"""Calls that a page may have."""

DIRECTIONS: Final[tuple[Direction, ...]] = ("", "inbound", "outbound")

_PAGE: Final = re.compile(r"[1-9]\d{0,8}")


@dataclass(frozen=True)
class CdrView:
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

    def asked(self, wishes: Mapping[str, str]) -> CdrView:
        """Give this view with what an address asks for; what makes no sense is left out."""
        asked = replace(
            self,
            view=self.view.asked(wishes),
            number=wishes.get("number", self.number)[:64],
            connected=wishes.get("connected", str(int(self.connected))) == "1",
            direction=next((each for each in DIRECTIONS if each == wishes.get("direction")), self.direction),
        )
        with suppress(BadFilter):
            asked = replace(asked, sip=CdrFilter(sip=wishes.get("sip", self.sip)).sip)
        if wishes.get("sort") in COLUMNS:
            asked = replace(asked, sort=wishes["sort"], descending=wishes.get("order") != "up")
        if _PAGE.fullmatch(wishes.get("page", "")):
            asked = replace(asked, page=int(wishes["page"]) - 1)
        size = next((each for each in SIZES if str(each) == wishes.get("size")), asked.size)
        return replace(asked, size=size)

    def address(self) -> dict[str, str]:
        """Give the view as an address says it; what is as usual is not said."""
        said = {
            "number": self.number,
            "sip": self.sip,
            "direction": self.direction,
            "connected": "1" if self.connected else "",
            "sort": self.sort if (self.sort, self.descending) != ("call_time", True) else "",
            "order": "" if self.descending else "up",
            "page": str(self.page + 1) if self.page else "",
            "size": str(self.size) if self.size != CdrView.size else "",
        }
        return self.view.address() | {name: text for name, text in said.items() if text}

    def filter(self, period: Period) -> CdrFilter:
        """Give the filter of a period.

        Raises
        ------
        BadFilter
            The SIP code is none.
        """
        return CdrFilter(self.view.customer, period, self.connected, self.number, self.sip, self.direction)
