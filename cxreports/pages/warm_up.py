"""What a kernel does before it knows its visitor, so that a page is made quickly afterwards.

Most of a first page is not the visitor's: packages are imported, DuckDB and the Delta reader
start, classes of widgets and charts are made ready. All of that is done once for a lake without
calls, which is then thrown away; nobody's figures are read.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from ipywidgets import Widget

from cxreports import charts
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.pages.cdr_viewer import CdrViewer
from cxreports.pages.dashboard import Dashboard
from cxreports.pages.reading import Reading
from cxreports.pages.tables import TABS
from cxreports.pages.view import View
from cxreports.pages.zoom import Window
from cxreports.session import Lake
from cxreports.widgets import ChartWidget, Grid


def warm_up() -> None:
    """Make both pages of an empty lake, with every graph and the summary, and forget them."""
    with tempfile.TemporaryDirectory(prefix="cxreports-warm-up-") as folder:
        lake = Lake(Path(folder))
        Dashboard(lake)
        CdrViewer(lake)
        _draw(Reading(lake.snapshot()))
    # Else they would live on in the kernel, and go out with the visitor's widgets.
    Widget.close_all()


def _draw(reading: Reading) -> None:
    """Draw what a page without calls leaves out."""
    view = View()
    period = view.span(reading.taken)
    for name, drawn in charts.BY_METRIC.items():
        frame = reading.graph(ALL_CUSTOMERS, name, Window.whole(period), view.zone)
        ChartWidget(drawn(frame, previous=frame))
    Grid(reading.sheet(ALL_CUSTOMERS, TABS[0], period.start, period.end))
    reading.in_use(ALL_CUSTOMERS, period, reading.taken)
