"""The page that holds the other widgets."""

from collections.abc import Mapping

import traitlets as t

from cxreports.widgets.part import Part


class Page(Part):
    """Places its parts, shows a notice, and keeps the view in the address.

    On its first drawing the browser sends ``{"hello": {…}}``: what the address asks for, and its time
    zone as ``browser_zone``; after a lost connection ``{"resend": true}``.

    Attributes
    ----------
    parts
        References of the parts that always stand: ``topbar``, ``controls``.
    widgets
        References of the parts that a person may choose, by their ids.
    shown
        Ids of those that are shown, in their order.
    notice
        ``{"kind", "title", "text", "code"}`` of a plain panel above the figures; empty for none.
    empty
        Whether there is nothing to show but the notice.
    view
        What is shown, as the address says it.
    """

    module = "page"
    parts = t.Dict().tag(sync=True)
    widgets = t.Dict().tag(sync=True)
    shown = t.List(t.Unicode()).tag(sync=True)
    notice = t.Dict().tag(sync=True)
    empty = t.Bool(default_value=False).tag(sync=True)
    view = t.Dict().tag(sync=True)

    @classmethod
    def of(cls, parts: Mapping[str, Part], widgets: Mapping[str, Part]) -> "Page":
        """Make a page of the parts that always stand, and of those that can be chosen."""
        return cls(
            parts={name: part.reference for name, part in parts.items()},
            widgets={name: part.reference for name, part in widgets.items()},
        )
