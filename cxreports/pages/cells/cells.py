"""The Python behind a page's figures: each graph, tile and table as a cell of plain ``cxreports``.

Periods stand in a cell with both ends, exact to the offset, so that it gives the same figures whenever it
is run; what the page is narrowed to and its zone are in it too.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from cxreports.figures.series import READ_AT_ONCE
from cxreports.metrics import METRICS
from cxreports.pages.view import exactly

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.clock import Period
    from cxreports.figures.call_records import CdrFilter
    from cxreports.figures.narrowing import Narrowing
    from cxreports.pages.zoom import Window

IMPORTED: Final = "import cxreports as cx"

_LONGEST_LINE: Final = 100


@dataclass(frozen=True)
class Cells:
    """Cells of a page's figures; each is code that `alone` makes complete.

    Attributes
    ----------
    customer
        Id, or ``all``.
    zone
        IANA name of the zone that times are written in.
    only
        What the page is narrowed to.
    as_of
        When the state of the lake that the page shows was committed.
    """

    customer: str
    zone: str
    only: Narrowing
    as_of: datetime

    @property
    def head(self) -> str:
        """What every cell needs before it."""
        state = json.dumps(self.as_of.isoformat())
        note = f"# The newest calls; cx.open(as_of={state}) is what the page showed."
        return f"{IMPORTED}\n\n{note}\nlake = cx.open()"

    def alone(self, code: str) -> str:
        """A cell with what it needs, as it is copied."""
        return f"{self.head}\n{code}\n"

    def graph(self, name: str, window: Window) -> str:
        """A graph: its series, drawn."""
        # Weighed: the graph knows which bucket is not over, and which have few calls.
        code = f"{name} = {self._series(name, window, weighed=True)}"
        for column, metric in READ_AT_ONCE.get(name, {}).items():
            # A series of DTMF has its calls beside it already.
            if column not in {"value", "calls"}:
                beside = f'{self._series(metric, window)}["value"]'
                code += f"\n{name} = {name}.with_columns({column}={beside})"
        return f"{code}\ncx.charts.{name}({name})"

    def _series(self, metric: str, window: Window, **options: bool) -> str:
        return self._call(
            "series",
            self.customer,
            metric,
            every=window.every,
            **self._ends(window.period),
            tz=self.zone,
            **self._only,
            **options,
        )

    def breakdown(self, name: str, period: Period) -> str:
        """A graph of bars: its frame, drawn."""
        call = self._call(name, self.customer, **self._ends(period), **self._only)
        return f"{name} = {call}\ncx.charts.{name}({name})"

    def summary(self, by: str, period: Period) -> str:
        """A table of the summary, newest first as the page has it."""
        return f"{self._call('summary', self.customer, by=by, **self._ends(period), **self._only)}.reverse()"

    def totals(self, period: Period) -> str:
        """The line of totals of a period."""
        return self._call("totals", self.customer, **self._ends(period), **self._only)

    def tile(self, name: str, period: Period) -> str:
        """A figure above the graphs."""
        return f'{self.totals(period)}["{METRICS[name].column}"].item()'

    def most_channels(self, window: Window) -> str:
        """The most channels at once of a window."""
        return f'{self._series("channels", window)}["max"].max()'

    def calls(self, asked: CdrFilter) -> str:
        """The calls of a filter, oldest first."""
        connected = {"connected": True} if asked.connected else {}
        ends = self._ends(asked.period) if asked.period is not None else {}
        return self._call("cdrs", self.customer, **ends, **connected, **self._only)

    @property
    def _only(self) -> dict[str, str]:
        return {name: text for name, text in asdict(self.only).items() if text}

    def _ends(self, period: Period) -> dict[str, str]:
        return {"start": exactly(period.start, self.zone), "end": exactly(period.end, self.zone)}

    def _call(self, function: str, *values: str, **named: Any) -> str:
        call = f"lake.{function}({_arguments(named, *values)})"
        if len(call) <= _LONGEST_LINE:
            return call
        lines = "".join(f"    {each},\n" for each in _written(named, *values))
        return f"lake.{function}(\n{lines})"


def _arguments(named: dict[str, Any], *values: str) -> str:
    return ", ".join(_written(named, *values))


def _written(named: dict[str, Any], *values: str) -> list[str]:
    return [*map(_literal, values), *(f"{name}={_literal(value)}" for name, value in named.items())]


def _literal(value: Any) -> str:
    """A value as Python: of texts JSON's quotes and escapes are Python's too."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
