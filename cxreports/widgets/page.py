"""The page that holds the other widgets."""

from collections.abc import Mapping
from typing import Any

import traitlets as t

from cxreports.widgets.part import Part


class Page(Part):
    """Places its parts, shows a notice, and keeps the view in the address.

    On its first drawing the browser sends ``{"hello": {…}}``: its time zone and what the
    address asks for; after a lost connection ``{"resend": true}``.

    Attributes
    ----------
    parts
        References of the parts: ``topbar``, ``controls``, ``figures``, ``charts`` (a list),
        ``summary``.
    notice
        ``{"kind", "title", "text", "code"}`` of a plain panel above the figures; empty for none.
    empty
        Whether there is nothing to show but the notice.
    view
        What is shown, as the address says it.
    """

    module = "page"
    parts = t.Dict().tag(sync=True)
    notice = t.Dict().tag(sync=True)
    empty = t.Bool(default_value=False).tag(sync=True)
    view = t.Dict().tag(sync=True)

    @classmethod
    def of(cls, parts: Mapping[str, Part | list[Part]]) -> "Page":
        """Make a page of its parts."""
        references: dict[str, Any] = {
            name: [each.reference for each in part] if isinstance(part, list) else part.reference
            for name, part in parts.items()
        }
        return cls(parts=references)
