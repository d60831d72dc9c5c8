"""A period on paper: whose it is, in which zone, compared with what, and as of when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxreports.clock import zone
from cxreports.language import _, date_and_time

if TYPE_CHECKING:
    from cxreports.clock import Period
    from cxreports.pages.view import View


def printed(
    title: str, name: str, view: View, period: Period, *, as_of: str, version: int, currency: str
) -> dict[str, str]:
    """Head and foot of a printed page.

    Parameters
    ----------
    title
        Of the page.
    name
        Of the company.
    as_of
        How far the data reaches, as the page says it.
    version
        Of the calls' table: the same one gives the same figures.
    currency
        ISO code of the company's account; empty for none.
    """
    start, end = (
        date_and_time(moment.astimezone(zone(view.zone)), "yMMMd") for moment in (period.start, period.end)
    )
    place = view.zone.replace("_", " ")
    about = [place, *([_("compared with the period before")] if view.compare else [])]
    foot = [
        as_of,
        _("snapshot {version}").format(version=version),
        _("graphs in {zone}, table in UTC").format(zone=place),
        *([_("charges in {currency}").format(currency=currency)] if currency else []),
    ]
    return {
        "head": f"{name} \N{MIDDLE DOT} {title}",
        "title": f"{start} \N{EN DASH} {end}",
        "about": ", ".join(about),
        "foot": " \N{MIDDLE DOT} ".join(foot),
    }
