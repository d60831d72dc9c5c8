"""A page on paper: whose it is, of which period, in which zone, and as of when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxreports.clock import zone
from cxreports.language import _, date_and_time

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.clock import Period
    from cxreports.pages.reading import Reading
    from cxreports.pages.view import View


def printed(
    title: str,
    name: str,
    view: View,
    period: Period,
    reading: Reading,
    *,
    as_of: str = "",
    about: str = "",
    table: str = "",
    currency: str = "",
) -> dict[str, str]:
    """Head and foot of a printed page.

    Parameters
    ----------
    title
        Of the page.
    name
        Of the company.
    reading
        What was read: the same version of the calls' table gives the same figures.
    as_of
        How far the data reaches, where that is not the time of the reading.
    about
        What is said beside the zone.
    table
        In which zones graphs and tables are, where they differ.
    currency
        ISO code of the company's account; empty for none.
    """
    place = view.zone.replace("_", " ")

    def dated(moment: datetime) -> str:
        return date_and_time(moment.astimezone(zone(view.zone)), "yMMMd")

    if not as_of and reading.as_of is not None:
        as_of = _("as of {time}").format(time=f"{dated(reading.as_of)} {place}")
    foot = [
        as_of,
        _("snapshot {version}").format(version=reading.snapshot.versions.get("cdr", 0)),
        table,
        _("charges in {currency}").format(currency=currency) if currency else "",
    ]
    return {
        "head": f"{name} \N{MIDDLE DOT} {title}",
        "title": f"{dated(period.start)} \N{EN DASH} {dated(period.end)}",
        "about": ", ".join(filter(None, [place, about])),
        "foot": " \N{MIDDLE DOT} ".join(filter(None, foot)),
    }
