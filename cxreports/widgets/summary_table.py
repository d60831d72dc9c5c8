"""The summary under the graphs."""

import traitlets as t

from cxreports.widgets.part import Part


class SummaryTable(Part):
    """Tables of figures, one a tab, each with its totals.

    Attributes
    ----------
    tables
        ``{"id", "label", "columns", "rows", "total", "empty"}``; a column is
        ``{"key", "label", "title"}``, rows and total are texts in the columns' order.
    tab
        Id of the table shown; set by the browser too.
    note
        One line beside the tabs.
    """

    module = "summary_table"
    tables = t.List(t.Dict()).tag(sync=True)
    tab = t.Unicode().tag(sync=True)
    note = t.Unicode().tag(sync=True)
