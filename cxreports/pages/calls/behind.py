"""The calls behind a figure: figure to view, view to address, in this one place.

What a graph or grid opens is the page of call records with the figure's own calls: its bucket to the
instant, its filter, answered calls alone where it is a figure of those. So the list is as long as the
figure says.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from cxreports.charts.bars import own_bars
from cxreports.errors import BadFilter
from cxreports.figures.narrowing import WITHOUT_CODE, Narrowing
from cxreports.pages.call_records_view import CallRecordsView
from cxreports.pages.calls.origin import FIGURE, SUMMARY, is_of_connected, whole_of
from cxreports.pages.view import CUSTOM, View, exactly

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import polars as pl

    from cxreports.clock import Period

PAGE: Final = "cdr"
"""Address of the page of call records, beside the dashboard's."""

_ENDS: Final = ("from", "to")


@dataclass(frozen=True)
class Behind:
    """The ways from a page's figures to their calls.

    Attributes
    ----------
    view
        What the page shows.
    period
        The period that it shows.
    """

    view: View
    period: Period

    def of(self, origin: str, period: Period | None = None, **filtered: str) -> CallRecordsView:
        """What the page of call records shows of a figure.

        Parameters
        ----------
        origin
            The figure, as `cxreports.pages.calls.origin` names it.
        period
            The figure's bucket; by default the page's period.
        filtered
            Narrowing of the figure beside the page's.
        """
        stretch = self.period if period is None else period
        begin, end = (exactly(moment, self.view.zone) for moment in (stretch.start, stretch.end))
        shown = self.view
        narrowing = asdict(replace(shown.narrowing, **filtered))  # type: ignore[arg-type]
        view = View(shown.customer, shown.zone, CUSTOM, begin, end, tab=shown.tab, **narrowing)
        return CallRecordsView(view, connected=is_of_connected(origin), origin=origin, whole=whole_of(shown))

    def buckets(self, origin: str, starts: pl.Series, within: Period) -> dict[str, Any]:
        """Ways from the points of a graph.

        Parameters
        ----------
        starts
            Beginnings of its buckets.
        within
            What the graph reads: it may cut the outer buckets.

        Returns
        -------
        dict
            ``base`` (address without the ends of a bucket), ``whole`` (of all calls) and ``edges`` (where
            the buckets begin, and the end of the last one).
        """
        edges = [max(start, within.start) for start in starts] + [within.end]
        texts = [exactly(edge, self.view.zone) for edge in edges]
        return {"base": self._base(origin), "whole": self.all(origin), "edges": texts}

    def bars(self, origin: str, frame: pl.DataFrame) -> dict[str, Any]:
        """Ways from the bars of a breakdown.

        Returns
        -------
        dict
            ``bars`` (addresses by the bars' ranks, empty where none leads to them) and ``whole``.
        """
        column = "sip_code" if origin == "sip_codes" else "destination"
        bars = [self._bar(origin, value) for value in own_bars(origin, frame)[column]]
        return {"bars": bars, "whole": self.all(origin)}

    def _bar(self, origin: str, value: Any) -> str:
        if origin == "destinations":
            return _address(self.of(origin, destination=value))
        code = WITHOUT_CODE if value is None else str(value)
        try:
            Narrowing(sip=code)
        except BadFilter:
            return ""
        return _address(self.of(origin, sip=code))

    def cells(self, metrics: Mapping[str, str], starts: Iterable[datetime], within: Period) -> dict[str, Any]:
        """Ways from the cells of a summary.

        Parameters
        ----------
        metrics
            Names of the metrics in its columns, by the columns' names.
        starts
            Beginnings of its rows, in their order, ascending or descending.
        within
            What all of its rows span.

        Returns
        -------
        dict
            ``columns`` (address without the ends of a row, by column), ``rows`` (both ends of each row) and
            ``total`` (both ends of all of them).
        """
        rows = list(starts)
        ascending = [*sorted(rows), within.end]
        until = dict(pairwise(ascending))
        ends = [[exactly(edge, self.view.zone) for edge in (start, until[start])] for start in rows]
        columns = {column: self._base(f"{SUMMARY}{name}") for column, name in metrics.items()}
        total = [exactly(edge, self.view.zone) for edge in (within.start, within.end)]
        return {"columns": columns, "rows": ends, "total": total}

    def figure(self, key: str) -> str:
        """Address of the calls of a figure above the graphs; empty for channels, which count no calls."""
        return "" if key == "channels" else self.all(f"{FIGURE}{key}")

    def all(self, origin: str) -> str:
        """Address of the calls of the page's whole period."""
        return _address(self.of(origin))

    def _base(self, origin: str) -> str:
        """Address of a figure, to which both ends of a bucket are added: ``&from=…&to=…``."""
        return _address(self.of(origin), without=_ENDS)


def _address(view: CallRecordsView, without: Iterable[str] = ()) -> str:
    chosen = {name: text for name, text in view.address().items() if name not in without}
    return f"{PAGE}?{urlencode(chosen)}"
