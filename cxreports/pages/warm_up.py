"""What a kernel does before it knows its visitor, so that a page is made quickly afterwards.

Most of a first page is not the visitor's: packages are imported, DuckDB and the Delta reader
start, classes of widgets and charts are made ready. All of that is done once for a lake without
calls, which is then thrown away; nobody's figures are read.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ipywidgets import Widget

from cxreports import charts
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.charts import bars, over_time
from cxreports.charts.drawing import specify
from cxreports.figures.analyst import Lake
from cxreports.lake.parquet.readers import start_ahead
from cxreports.language import read_ahead
from cxreports.pages.call_records import CdrViewer
from cxreports.pages.dashboard import Dashboard
from cxreports.pages.kept_choices import KeptChoices
from cxreports.pages.reading import Reading
from cxreports.pages.view import GRAPHS, View
from cxreports.pages.zoom import Window
from cxreports.sheets.summary_tabs import TABS
from cxreports.visitor import nobody
from cxreports.widgets import ChartWidget, Grid


def prepare() -> None:
    """Make what all pages share and no thread is needed for: kernels that are forked afterwards have it.

    The specifications that pages draw by, after which altair is at rest; what there is of languages; DuckDB.
    """
    specify((*over_time.usual_shapes(GRAPHS), *bars.usual_shapes()))
    read_ahead()
    start_ahead()


def warm_up(home: str | None = None) -> None:
    """Make both pages of an empty lake, with every graph and the summary, and forget them.

    Parameters
    ----------
    home
        Home of a lake without calls, the kernel's own; one is made if there is none. It is removed.
    """
    folder = Path(home or tempfile.mkdtemp(prefix="cxreports-warm-up-"))
    try:
        with nobody():
            lake = Lake(folder)
            lake.create()
            # Nobody has chosen anything, and there is nobody to ask.
            kept = KeptChoices(lake.home, None)
            Dashboard(lake, kept=kept)
            CdrViewer(lake, kept=kept)
            _draw(Reading(lake.snapshot()))
    finally:
        # Else they would live on in the kernel, and go out with the visitor's widgets.
        Widget.close_all()
        shutil.rmtree(folder, ignore_errors=True)


def _draw(reading: Reading) -> None:
    """Draw what a page without calls leaves out."""
    view = View()
    period = view.span(reading.until)
    whole = Window.whole(period)
    for name, frame in reading.graphs(ALL_CUSTOMERS, list(GRAPHS), whole, view.zone).items():
        ChartWidget().draw(charts.drawn(name, frame, previous=frame, pointer=False), frame)
    for name, drawn in charts.BREAKDOWNS.items():
        frame = reading.breakdown(ALL_CUSTOMERS, name, period)
        ChartWidget().draw(drawn(frame), frame)
    Grid(reading.sheet(ALL_CUSTOMERS, TABS[0], period.start, period.end))
    reading.channels(ALL_CUSTOMERS)
