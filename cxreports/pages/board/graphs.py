"""The graphs of a board: drawing, crosshair, description and ways to the calls, all that a chart shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxreports import charts
from cxreports.clock import microseconds
from cxreports.language import _
from cxreports.pages.calls.behind import Behind
from cxreports.pages.graphs import described
from cxreports.pages.outstanding import firing_in
from cxreports.pages.spans.preset import before_label
from cxreports.pages.view import GRAPHS, View, zoomed
from cxreports.pages.zoom import Window

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import polars as pl

    from cxreports.charts import Drawing
    from cxreports.clock import Period
    from cxreports.desk.answers import FiringAlert
    from cxreports.pages.reading import Reading


@dataclass(frozen=True)
class Graph:
    """What a chart shows; see `cxreports.widgets.ChartWidget`."""

    drawing: Drawing
    frame: pl.DataFrame
    crosshair: dict[str, Any]
    description: str
    behind: dict[str, Any]


@dataclass(frozen=True)
class Graphs:
    """The graphs of a view.

    Attributes
    ----------
    graphs
        By name, in their order.
    before
        What the period is called that they are compared with; empty where they are not.
    unfinished
        Whether one of them shows a bucket that is not over.
    """

    graphs: Mapping[str, Graph]
    before: str
    unfinished: bool


def window_of(view: View, period: Period, until: datetime) -> Window:
    """What the graphs of a view read: the zoom, or the whole period, as far as there is data."""
    zoom = zoomed(view.zoom)
    window = Window.zoomed(zoom, view.zone) if zoom else Window.whole(view.plotted(period))
    return window.reached(until)


def drawn_graphs(
    reading: Reading,
    view: View,
    period: Period,
    firing: tuple[FiringAlert, ...],
    limit: int | None,
    polled: pl.DataFrame | None = None,
) -> Graphs:
    """Draw the graphs of a view.

    Parameters
    ----------
    firing
        Alerts that are drawn on the graphs of their metrics.
    limit
        Channels configured for the customer; None for no limit.
    polled
        Channels as the switches said; None where they said nothing.
    """
    customer, tz = view.customer, view.zone
    plotted, window = view.plotted(period), window_of(view, period, reading.until)
    edges, ways = window.edges(tz), Behind(view, period)
    earlier = window.earlier(period.start - view.earlier(period).start)
    names = [each for each in view.widgets if each in GRAPHS]
    read = list(dict.fromkeys([*names, "attempts"])) if names else []
    before = reading.graphs(customer, read, earlier, tz) if view.compare else {}
    frames = reading.graphs(customer, read, window, tz)
    frames = {name: reading.reached(whole) for name, whole in frames.items()}
    called = _(before_label(view.period)) if before else ""
    outer = {"whole": [at // 1000 for at in map(microseconds, (plotted.start, plotted.end))]}
    graphs = {}
    for name in names:
        frame = frames[name]
        drawing = charts.drawn(
            name,
            frame,
            previous=before.get(name),
            limit=limit if name == "channels" else None,
            pointer=False,
            firing=firing_in(firing, name),
            polled=polled if name == "channels" else None,
        )
        shown = charts.Side(frame, frames["attempts"])
        compared = charts.Side(before[name], before["attempts"]) if before else None
        crosshair = charts.crosshair(name, edges, tz, shown, compared, called)
        graphs[name] = Graph(
            drawing,
            frame,
            crosshair | outer | {"zoomed": bool(zoomed(view.zoom))},
            described(name, frame, tz),
            ways.buckets(name, frame["start"], window.period),
        )
    return Graphs(graphs, called, any(graph.frame["so_far"].any() for graph in graphs.values()))
