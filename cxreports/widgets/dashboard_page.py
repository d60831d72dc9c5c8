"""The dashboard's page, which holds the other widgets."""

import traitlets as t

from cxreports.widgets.page import Page
from cxreports.widgets.part import PERIOD_CHOICES


class DashboardPage(Page):
    """Places top bar and title line (``topbar``, ``controls``), and the chosen widgets in their order.

    Attributes
    ----------
    widgets
        References of the parts that a person may choose, by their ids; those in ``widgets`` of the view
        show.
    graphs
        Ids of those that are graphs over time, which one legend speaks of.
    unfinished
        Whether the graphs show a part of a bucket that is not over.
    before
        What the graphs call the period before; empty where they do not show it.
    """

    module = "dashboard_page"
    chooses = PERIOD_CHOICES
    widgets = t.Dict().tag(sync=True)
    graphs = t.List(t.Unicode()).tag(sync=True)
    unfinished = t.Bool(default_value=False).tag(sync=True)
    before = t.Unicode().tag(sync=True)
