"""What the widgets of all pages share: the place of their parts, notices, and the view in the address."""

import traitlets as t

from cxreports.widgets.part import Chooser


class Page(Chooser):
    """Places its parts, shows a notice, and keeps the view in the address.

    On its first drawing the browser sends ``{"hello": {…}}``: what the address asks for, and its time
    zone as ``browser_zone``; after a lost connection ``{"resend": true}``.

    Attributes
    ----------
    parts
        References of the parts that always stand, by the name of their place.
    notice
        ``{"kind", "title", "text", "code"}`` of a plain panel above the figures; empty for none.
    empty
        Whether there is nothing to show but the notice.
    address
        The view as the address has it.
    as_of
        When the figures were taken, as the title line says it.
    paper
        ``{"head", "title", "about", "foot"}`` of the printed page; empty where it is printed as it stands.
    """

    parts = t.Dict().tag(sync=True)
    notice = t.Dict().tag(sync=True)
    empty = t.Bool(default_value=False).tag(sync=True)
    address = t.Dict().tag(sync=True)
    as_of = t.Unicode().tag(sync=True)
    paper = t.Dict().tag(sync=True)
