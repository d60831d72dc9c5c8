"""The page of call records: its title line, filter, pager and downloads around a grid."""

import traitlets as t

from cxreports.widgets.page import Page
from cxreports.widgets.part import NARROWING, PERIOD_CHOICES


class CallRecordsPage(Page):
    """Places top bar and grid (``topbar``, ``grid``), and lets choose period, filter and page.

    Beside what every page sends, ``{"refresh": true}`` asks for what was added since, and
    ``{"download": "csv"}`` starts a `Delivery`.

    Attributes
    ----------
    periods
        As `Controls` has them.
    sizes
        Numbers of calls that a page can have.
    pages
        How many pages there are.
    range
        Text of which calls the page shows: ``1-100 of 2,431 calls``.
    destinations
        As `Controls` has them.
    chip
        Figure whose calls these are: ``{"label", "text"}``; empty where nobody came from one.
    call
        What the panel says of the open call, as `cxreports.pages.calls.panel` gives it; empty while none is.
        The browser asks for another one with ``{"step": 1}`` or ``{"step": -1}``.
    file
        Name of downloaded files, without its ending.
    """

    module = "call_records_page"
    chooses = (*PERIOD_CHOICES, *NARROWING, "connected", "origin", "call", "page", "size")
    periods = t.List(t.Dict()).tag(sync=True)
    sizes = t.List(t.Int()).tag(sync=True)
    pages = t.Int(0).tag(sync=True)
    range = t.Unicode().tag(sync=True)
    destinations = t.List(t.Unicode()).tag(sync=True)
    chip = t.Dict().tag(sync=True)
    call = t.Dict().tag(sync=True)
    file = t.Unicode("calls").tag(sync=True)
