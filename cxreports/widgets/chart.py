"""A graph: an altair chart in a card, its data replaced in place."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets as t

from cxreports.charts import apart
from cxreports.csv_files import csv_of_frame
from cxreports.widgets.bundle import built
from cxreports.widgets.part import Part

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

    from cxreports.charts import Drawing


class ChartWidget(Part):
    """Shows an altair chart; a new chart of the same shape changes the data alone.

    Attributes
    ----------
    title, subtitle, now
        Texts above the chart: what it shows, how it is measured, the figure of the period.
    tone
        Colour token of the figure.
    description
        What the chart shows, for people who cannot see it.
    spec
        Vega-Lite specification without its data.
    file
        Name of downloaded files, without its ending.
    caption
        Lines under the title of downloaded pictures: whose calls, of what period, in which zone.
    data
        Rows by the name that `spec` has for them.
    crosshair
        What a graph over time tells at each of its times, as `cxreports.charts.crosshair` gives it; empty
        for others. The page's graphs with one stand pixel by pixel below each other.
    behind
        Ways to the calls behind its points or bars, as `cxreports.pages.calls.behind` gives them; empty
        for none.
    python
        Code that gives the same figures, to be copied; empty for none.
    """

    module = "chart"
    title = t.Unicode().tag(sync=True)
    subtitle = t.Unicode().tag(sync=True)
    now = t.Unicode().tag(sync=True)
    tone = t.Unicode("ink").tag(sync=True)
    description = t.Unicode().tag(sync=True)
    file = t.Unicode("graph").tag(sync=True)
    caption = t.List(t.Unicode()).tag(sync=True)
    spec = t.Dict().tag(sync=True)
    data = t.Dict().tag(sync=True)
    crosshair = t.Dict().tag(sync=True)
    behind = t.Dict().tag(sync=True)
    python = t.Unicode().tag(sync=True)

    def __init__(self, chart: "alt.TopLevelMixin | None" = None, **traits: Any) -> None:
        super().__init__(**traits)
        self.table: pl.DataFrame | None = None
        self.on_msg(self._answer)
        if chart is not None:
            self.show(chart)

    def show(self, chart: "alt.TopLevelMixin", table: "pl.DataFrame | None" = None) -> None:
        """Draw a chart, in place of the one before.

        Parameters
        ----------
        table
            The figures behind it, as they are downloaded.
        """
        # Parts of a chart are checked as they are made; checking the whole again takes 50 ms.
        self._show(*apart(chart.to_dict(validate=False)), table)

    def draw(
        self, drawing: "Drawing", table: "pl.DataFrame | None" = None, crosshair: dict[str, Any] | None = None
    ) -> None:
        """Draw a graph, in place of the one before: as `show`, without altair where only rows are new."""
        self._show(*drawing.parts(), table, crosshair)

    def _show(
        self,
        spec: dict[str, Any],
        data: dict[str, Any],
        table: "pl.DataFrame | None",
        crosshair: dict[str, Any] | None = None,
    ) -> None:
        self.table = table
        with self.hold_sync():
            self.spec, self.data, self.crosshair = spec, data, crosshair or {}

    def _answer(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if content.get("ask") == "vega":
            self.send({"vega": True}, [built("vega.js").read_bytes()])
        if content.get("ask") == "csv" and self.table is not None:
            contents = figures_csv(self.table)
            self.announce_export("csv", self.table.height)
            self.send({"csv": True}, [contents])


def figures_csv(table: "pl.DataFrame") -> bytes:
    """CSV file of the figures behind a graph: every digit, times with their offset from UTC."""
    return csv_of_frame(table, datetime_format="%Y-%m-%dT%H:%M:%S%:z")
