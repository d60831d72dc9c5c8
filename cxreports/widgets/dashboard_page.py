"""The dashboard's page, which holds the other widgets."""

import traitlets as t

from cxreports.widgets.page import Page


class DashboardPage(Page):
    """Places top bar and title line (``topbar``, ``controls``), and the chosen widgets in their order.

    Attributes
    ----------
    widgets
        References of the parts that a person may choose, by their ids; those in ``widgets`` of the view
        show.
    """

    module = "dashboard_page"
    widgets = t.Dict().tag(sync=True)
