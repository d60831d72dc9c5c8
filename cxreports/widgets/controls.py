"""The title line of the dashboard."""

import traitlets as t

from cxreports.widgets.part import NARROWING, PERIOD_CHOICES, Chooser


class Controls(Chooser):
    """As of when, comparison with the period before, range control, narrowing, and the choice of widgets.

    Attributes
    ----------
    periods
        ``{"id", "label", "title", "from", "to"}`` of each preset: its ends as the view has them.
    available
        ``{"id", "label"}`` of each widget that the page can show.
    standard
        Ids of those that it shows when nothing is chosen.
    as_of
        Text of when the figures were taken.
    destinations
        Those that a person may narrow the page to; listed once the browser asks for them with
        ``{"ask": "destinations"}``. To ``{"ask": "notebook"}`` the page as a notebook is sent.
    """

    module = "controls"
    chooses = (*PERIOD_CHOICES, *NARROWING, "compare", "widgets", "opens", "theme")
    periods = t.List(t.Dict()).tag(sync=True)
    available = t.List(t.Dict()).tag(sync=True)
    standard = t.List(t.Unicode()).tag(sync=True)
    as_of = t.Unicode().tag(sync=True)
    destinations = t.List(t.Unicode()).tag(sync=True)
