"""The bar at the top of every page."""

import traitlets as t

from cxreports.widgets.part import Chooser


class TopBar(Chooser):
    """Company and customer picker, what is outstanding, clock and zone, channels, balance, user menu.

    Attributes
    ----------
    customers
        ``{"id", "name", "note"}`` of each customer that can be chosen.
    zones
        IANA time zones that can be chosen.
    channels
        Calls in progress; None where that is unknown.
    channels_source
        Where the number comes from: ``cdr``, or ``none``; empty hides the figure.
    channels_note
        Text beside it: as of when, or since when it is unknown.
    channel_limit
        Configured channels; None when there is no limit.
    alerts
        ``{"title", "text", "url", "action"}`` of each thing that is outstanding.
    balance
        Text of the balance; empty hides it.
    is_low
        Whether the balance is used up.
    pay_url
        Where to pay; empty for nowhere.
    user
        Name of the person who looks at the page.
    menu
        ``{"label", "url", "icon", "kind"}`` of each line of the user menu; empty hides it. The kind is
        ``link``, or ``post`` for a form that carries the token of the cookie ``_xsrf``.
    """

    module = "top_bar"
    chooses = ("customer", "zone")
    customers = t.List(t.Dict()).tag(sync=True)
    zones = t.List(t.Unicode()).tag(sync=True)
    channels = t.Int(None, allow_none=True).tag(sync=True)
    channels_source = t.Unicode().tag(sync=True)
    channels_note = t.Unicode().tag(sync=True)
    alerts = t.List(t.Dict()).tag(sync=True)
    balance = t.Unicode().tag(sync=True)
    is_low = t.Bool(default_value=False).tag(sync=True)
    pay_url = t.Unicode().tag(sync=True)
    channel_limit = t.Int(None, allow_none=True).tag(sync=True)
    user = t.Unicode().tag(sync=True)
    menu = t.List(t.Dict()).tag(sync=True)
