"""The figures above the graphs."""

import traitlets as t

from cxreports.widgets.part import Part


class Figures(Part):
    """Cards with one figure each.

    Attributes
    ----------
    figures
            ``{"key", "label", "value", "unit", "detail", "trend", "tone", "was"}``, all texts; the trend is
        ``up``, ``down`` or empty, the tone ``good``, ``bad`` or empty; ``was`` is the figure before.
        With them ``python``, code that gives the same figure, and ``calls``, the address of its calls, where
        there are any.
    """

    module = "figures"
    figures = t.List(t.Dict()).tag(sync=True)
