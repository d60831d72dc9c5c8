"""What the page of call records shows: the dashboard's choices, a filter, an order and a page."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cxreports.figures.call_records import CdrFilter
from cxreports.pages.calls.origin import is_of_connected, is_origin, whole_of, without
from cxreports.pages.view import View, chosen_columns
from cxreports.sheets.call_records import COLUMNS, HIDDEN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cxreports.clock import Period

SIZES: Final = (50, 100, 500)
"""Calls that a page may have."""

LONGEST_ORIGIN: Final = 120
"""Characters of where a person came from."""

_KEY: Final = re.compile(r"-?\d{1,19}", re.ASCII)
_LARGEST_KEY: Final = 2**63 - 1
_USUAL_COLUMNS: Final = tuple(name for name in COLUMNS if name not in HIDDEN)
_PAGE: Final = re.compile(r"[1-9]\d{0,8}")


@dataclass(frozen=True)
class CallRecordsView:
    """The choices of a person who looks at call records.

    Attributes
    ----------
    view
        Customer, zone, period and narrowing, as the dashboard has them.
    connected
        Whether only calls that were answered are listed.
    origin, whole
        Figure whose calls are listed, and the period to go back to (`cxreports.pages.calls.origin`); empty
        where nobody came from a figure.
    call
        Record key of the call that is open; empty for none.
    sort, descending
        Order of the calls.
    page
        Number of the page, from 0.
    size
        Calls of a page, out of `SIZES`.
    columns
        Columns that are shown; empty for the usual ones.
    """

    view: View = field(default_factory=View)
    connected: bool = False
    origin: str = ""
    whole: str = ""
    call: str = ""
    sort: str = "call_time"
    descending: bool = True
    page: int = 0
    size: int = 100
    columns: tuple[str, ...] = ()

    def chosen(self, choices: Mapping[str, str]) -> CallRecordsView:
        """The view with choices of a person, named and written as `choices` has them.

        What is none of the choices that there are is left out. SIP code and order are taken as they
        come: `filter` and the reading of the calls refuse what makes none.
        """
        chosen = replace(
            self,
            view=self.view.chosen(choices),
            connected=choices.get("connected", str(int(self.connected))) == "1",
            origin=choices.get("origin", self.origin)[:LONGEST_ORIGIN],
            whole=choices.get("whole", self.whole)[:LONGEST_ORIGIN],
            size=next((size for size in SIZES if str(size) == choices.get("size")), self.size),
        )
        if _is_key(call := choices.get("call", self.call)):
            chosen = replace(chosen, call=call)
        if sort := choices.get("sort"):
            chosen = replace(chosen, sort=sort, descending=choices.get("order") != "up")
        if "call_columns" in choices:
            columns = chosen_columns(choices["call_columns"], COLUMNS, _USUAL_COLUMNS)
            chosen = replace(chosen, columns=columns)
        if _PAGE.fullmatch(choices.get("page", "")):
            chosen = replace(chosen, page=int(choices["page"]) - 1)
        return _whence(self, chosen)

    def asked(self, wishes: Mapping[str, str]) -> CallRecordsView:
        """The view with wishes of an address: as `chosen`, without what makes no sense."""
        choices = dict(wishes)
        if wishes.get("sort") not in COLUMNS:
            choices.pop("sort", None)
        return replace(self.chosen(choices), view=self.view.asked(wishes))

    def choices(self) -> dict[str, str]:
        """All that is chosen, as texts: what widgets show, and what comes back from them to `chosen`."""
        return self.view.choices() | {
            "connected": str(int(self.connected)),
            "origin": self.origin,
            "whole": self.whole,
            "call": self.call,
            "sort": self.sort,
            "order": "" if self.descending else "up",
            "page": str(self.page + 1),
            "size": str(self.size),
            "call_columns": ",".join(self.columns),
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
        """The choices that are kept for a person: the dashboard's, and the columns."""
        return self.view.preferred() | {"call_columns": ",".join(self.columns)}

    def filter(self, period: Period) -> CdrFilter:
        """Filter of a period.

        Raises
        ------
        BadFilter
            The SIP code is none.
        """
        return CdrFilter(
            **asdict(self.view.narrowing),
            customer=self.view.customer,
            period=period,
            connected=self.connected,
        )

    def on_the_clock(self, moment: datetime) -> str:
        """A time as the custom period is written: see `View.on_the_clock`."""
        return self.view.on_the_clock(moment)


def _is_key(call: str) -> bool:
    """Whether a text is a record's key, or empty."""
    return not call or bool(_KEY.fullmatch(call) and abs(int(call)) <= _LARGEST_KEY)


def _whence(before: CallRecordsView, after: CallRecordsView) -> CallRecordsView:
    """A view with the origin that is true of it; without the one that was left, and what came with that."""
    if before.origin and not after.origin:
        view = without(before.origin, before.whole, after.view)
        connected = after.connected and not is_of_connected(before.origin)
        return replace(after, view=view, connected=connected, whole="")
    moved = whole_of(before.view) != whole_of(after.view)
    if not is_origin(after.origin) or (before.origin == after.origin and moved):
        return replace(after, origin="", whole="")
    return after
