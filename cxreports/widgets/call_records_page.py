"""The page of call records: its title line, filter, pager and downloads around a grid."""

import traitlets as t

from cxreports.widgets.part import Part


class CdrPage(Part):
    """Places top bar and grid, and holds what is chosen about the calls.

    On its first drawing the browser sends ``{"hello": {…}}``, after a lost connection
    ``{"resend": true}``, and on request ``{"refresh": true}``. ``{"download": "csv"}`` starts a
    `Delivery`.

    Attributes
    ----------
    parts
        References of the parts: ``topbar``, ``grid``.
    notice
        ``{"kind", "title", "text", "code"}`` of a plain panel above the grid; empty for none.
    empty
        Whether there is nothing to show but the notice.
    view
        What is shown, as the address says it.
    as_of
        Text of when the calls were read.
    periods, period, custom_from, custom_to, zone
        As `Controls` has them.
    number, sip, direction, connected
        Of the filter; set by the browser too.
    page, size
        Number of the page from 0 and its calls; set by the browser too.
    sizes
        Sizes that can be chosen.
    pages
        How many pages there are.
    range
        Text of which calls the page shows.
    """

    module = "cdr_page"
    parts = t.Dict().tag(sync=True)
    notice = t.Dict().tag(sync=True)
    empty = t.Bool(default_value=False).tag(sync=True)
    view = t.Dict().tag(sync=True)
    as_of = t.Unicode().tag(sync=True)
    periods = t.List(t.Dict()).tag(sync=True)
    period = t.Unicode().tag(sync=True)
    custom_from = t.Unicode().tag(sync=True)
    custom_to = t.Unicode().tag(sync=True)
    zone = t.Unicode("UTC").tag(sync=True)
    number = t.Unicode().tag(sync=True)
    sip = t.Unicode().tag(sync=True)
    direction = t.Unicode().tag(sync=True)
    connected = t.Bool(default_value=False).tag(sync=True)
    page = t.Int(0).tag(sync=True)
    size = t.Int(100).tag(sync=True)
    sizes = t.List(t.Int()).tag(sync=True)
    pages = t.Int(0).tag(sync=True)
    range = t.Unicode().tag(sync=True)
