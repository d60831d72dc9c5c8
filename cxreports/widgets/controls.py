"""The title line of the dashboard."""

import traitlets as t

from cxreports.widgets.part import PERIOD_CHOICES, Chooser


class Controls(Chooser):
    """As of when, comparison with the previous period, the range control, and the choice of widgets.

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
    """

    module = "controls"
    chooses = (*PERIOD_CHOICES, "compare", "widgets", "opens", "theme")
    periods = t.List(t.Dict()).tag(sync=True)
    available = t.List(t.Dict()).tag(sync=True)
    standard = t.List(t.Unicode()).tag(sync=True)
    as_of = t.Unicode().tag(sync=True)
