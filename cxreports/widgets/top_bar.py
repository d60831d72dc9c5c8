"""The bar at the top of every page."""

import traitlets as t

from cxreports.widgets.part import Part


class TopBar(Part):
    """Company and customer picker, a clock in the chosen zone, channels in use.

    Attributes
    ----------
    customers
        ``{"id", "name", "note"}`` of each customer that can be chosen.
    customer
        Chosen id; set by the browser too.
    zones
        IANA time zones that can be chosen.
    zone
        Chosen zone; set by the browser too.
    channels
        Calls in progress; None hides the figure.
    channel_limit
        Configured channels; None when there is no limit.
    """

    module = "topbar"
    customers = t.List(t.Dict()).tag(sync=True)
    customer = t.Unicode().tag(sync=True)
    zones = t.List(t.Unicode()).tag(sync=True)
    zone = t.Unicode("UTC").tag(sync=True)
    channels = t.Int(None, allow_none=True).tag(sync=True)
    channel_limit = t.Int(None, allow_none=True).tag(sync=True)
