"""The review of a period: who logged in, from where, who failed to, and the alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.errors import OutOfReach
from cxreports.language import _
from cxreports.portal import audit
from cxreports.portal.database import database_of
from cxreports.reports.document import Table
from cxreports.sheets.columns import Column
from cxreports.sheets.selection import Sheet
from cxreports.visitor import customer_in_reach

if TYPE_CHECKING:
    from cxreports.clock import Period
    from cxreports.settings import Settings

_SCHEMA: Final[dict[str, Any]] = {
    "who": pl.String,
    "company": pl.String,
    "logins": pl.Int64,
    "failures": pl.Int64,
    "last": pl.Datetime("us", "UTC"),
    "last_failure": pl.Datetime("us", "UTC"),
    "addresses": pl.String,
}


def access(settings: Settings, customer: str, period: Period) -> Table:
    """Who logged in during a period, from where, and who failed to.

    Raises
    ------
    OutOfReach
        It is another company's.
    """
    only = customer_in_reach()
    company = None if customer == ALL_CUSTOMERS else customer
    if only is not None and company not in {only, None}:
        raise OutOfReach(f"this report is of {only}, not of {company}")
    with database_of(settings.home).reading() as db:
        found = audit.review(db, period.start, period.end, company_id=only or company)
    rows = [
        {
            "who": each.who,
            "company": each.company_id or "",
            "logins": each.logins,
            "failures": each.failures,
            "last": each.last,
            "last_failure": each.last_failure,
            "addresses": ", ".join(each.addresses),
        }
        for each in found.logins
    ]
    columns = (
        Column("who", _("User"), align="left"),
        *([Column("company", _("Company"), align="left")] if not (only or company) else []),
        Column("logins", _("Logins"), "number"),
        Column("failures", _("Failures"), "number"),
        Column("last", _("Last log-in (UTC)"), "time", align="left", precision="minute"),
        Column("last_failure", _("Last failure (UTC)"), "time", align="left", precision="minute"),
        Column("addresses", _("From"), align="left"),
    )
    title = _("Who logged in")
    sheet = Sheet(pl.DataFrame(rows, schema=_SCHEMA), columns, name="access", title=title)
    note = "" if rows else _("Nobody did in this period.")
    return Table(sheet, "access", title, note)
