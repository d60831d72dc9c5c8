"""The operator's page: its title line and ways to other pages, around the figures and a grid."""

import traitlets as t

from cxreports.widgets.part import Part


class OperatorPage(Part):
    """Places top bar, figures and the grid of customers.

    On its first drawing the browser sends ``{"hello": {…}}``, after a lost connection
    ``{"resend": true}``.

    Attributes
    ----------
    parts
        References of the parts: ``topbar``, ``figures``, ``grid``.
    title
        Heading of the page.
    as_of
        Text of when the figures were taken.
    ways
        ``{"label", "url"}`` of each page that can be gone to.
    ways_label
        What these are, for those who do not see them.
    notice
        ``{"kind", "title", "text", "code"}`` of a plain panel above the figures; empty for none.
    empty
        Whether there is nothing to show but the notice.
    view
        What is shown, as the address says it.
    """

    module = "operator_page"
    parts = t.Dict().tag(sync=True)
    title = t.Unicode().tag(sync=True)
    as_of = t.Unicode().tag(sync=True)
    ways = t.List(t.Dict()).tag(sync=True)
    ways_label = t.Unicode().tag(sync=True)
    notice = t.Dict().tag(sync=True)
    empty = t.Bool(default_value=False).tag(sync=True)
    view = t.Dict().tag(sync=True)
