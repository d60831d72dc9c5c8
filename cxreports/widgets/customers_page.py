"""The operator's page: its title line and ways to other pages, around the figures and a grid."""

import traitlets as t

from cxreports.widgets.page import Page


class CustomersPage(Page):
    """Places top bar, figures and the grid of customers (``topbar``, ``figures``, ``grid``).

    Attributes
    ----------
    title
        Heading of the page.
    ways
        ``{"label", "url"}`` of each page that can be gone to.
    ways_label
        What these are, for those who do not see them.
    """

    module = "customers_page"
    title = t.Unicode().tag(sync=True)
    ways = t.List(t.Dict()).tag(sync=True)
    ways_label = t.Unicode().tag(sync=True)
