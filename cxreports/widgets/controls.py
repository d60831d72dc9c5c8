"""The title line of the dashboard."""

import traitlets as t

from cxreports.widgets.part import Part


class Controls(Part):
    """As of when, comparison with the previous period, and the period picker.

    Attributes
    ----------
    periods
        ``{"id", "label", "title"}`` of each period of a fixed length.
    period
        Chosen id, or ``custom``; set by the browser too.
    custom_from, custom_to
        Ends of the custom period on the chosen zone's clocks, ``2026-11-23T14:00``.
    compare
        Whether the previous period is shown too.
    zone
        Zone of the custom period.
    as_of
        When the figures were taken, in words.
    """

    module = "controls"
    periods = t.List(t.Dict()).tag(sync=True)
    period = t.Unicode().tag(sync=True)
    custom_from = t.Unicode().tag(sync=True)
    custom_to = t.Unicode().tag(sync=True)
    compare = t.Bool(default_value=True).tag(sync=True)
    zone = t.Unicode("UTC").tag(sync=True)
    as_of = t.Unicode().tag(sync=True)
