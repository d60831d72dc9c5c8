"""The title line of the dashboard."""

import traitlets as t

from cxreports.widgets.part import Part


class Controls(Part):
    """As of when, comparison with the previous period, the period picker, and the choice of widgets.

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
    available
        ``{"id", "label"}`` of each widget that the page can show.
    widgets
        Ids of those that it shows, in their order; set by the browser too.
    standard
        What it shows when nothing is chosen.
    opens
        Id of the period that the page opens with; set by the browser too.
    theme
        ``system``, ``light`` or ``dark``; set by the browser too.
    as_of
        Text of when the figures were taken.
    """

    module = "controls"
    periods = t.List(t.Dict()).tag(sync=True)
    period = t.Unicode().tag(sync=True)
    custom_from = t.Unicode().tag(sync=True)
    custom_to = t.Unicode().tag(sync=True)
    compare = t.Bool(default_value=True).tag(sync=True)
    zone = t.Unicode("UTC").tag(sync=True)
    available = t.List(t.Dict()).tag(sync=True)
    widgets = t.List(t.Unicode()).tag(sync=True)
    standard = t.List(t.Unicode()).tag(sync=True)
    opens = t.Unicode("24h").tag(sync=True)
    theme = t.Unicode("system").tag(sync=True)
    as_of = t.Unicode().tag(sync=True)
