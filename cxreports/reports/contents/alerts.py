"""The alerts of a period: as sentences among what stands out, and as a table for the review."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from sqlalchemy import select

from cxreports.alerts.sentences import figure_text, length_text, level_text, metric_text, title_text, why_text
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import zone
from cxreports.errors import OutOfReach
from cxreports.language import _, date_and_time, ngettext, number
from cxreports.portal.alerts import history
from cxreports.portal.alerts.rules import Keeper
from cxreports.portal.alerts.tables import AlertRule
from cxreports.portal.database import database_of
from cxreports.reports.document import Table
from cxreports.sheets.columns import Column
from cxreports.sheets.selection import Sheet
from cxreports.visitor import customer_in_reach

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxreports.clock import Period
    from cxreports.portal.alerts.tables import Alert
    from cxreports.reports.contents.report import Report

_MOST: Final = 1_000
_MOST_SENTENCES: Final = 6
_SCHEMA: Final[dict[str, Any]] = {
    "fired_at": pl.Datetime("us", "UTC"),
    "title": pl.String,
    "level": pl.String,
    "figure": pl.String,
    "worst": pl.String,
    "lasted": pl.String,
    "acknowledged": pl.String,
}


def keeper_of(customer: str) -> Keeper:
    """Whose alerts a report of a customer has: the company's own, or everybody's in one of all customers.

    Raises
    ------
    OutOfReach
        This process works for another customer.
    """
    only = customer_in_reach()
    company = None if customer == ALL_CUSTOMERS else customer
    if only is not None and company not in {only, None}:
        raise OutOfReach(f"this report is of {only}, not of {company}")
    return Keeper(only or company)


def fired(report: Report) -> list[Alert]:
    """Alerts that fired in the report's period, the oldest first."""
    period = report.period
    with database_of(report.settings.home).reading() as db:
        found = history.listed(
            db, keeper_of(report.customer), history.Wanted(since=period.start), limit=_MOST
        )
    return [each for each in reversed(found) if each.fired_at < period.end]


def _unusual(report: Report) -> list[Alert]:
    """What was outside its learned band, of one customer; among all, it is with what fired."""
    if report.customer == ALL_CUSTOMERS:
        return []
    keeper_of(report.customer)
    with database_of(report.settings.home).reading() as db:
        found = history.unusual(db, report.customer, since=report.period.start)
    return [each for each in found if each.fired_at < report.period.end]


def sentences(report: Report) -> Iterator[tuple[str, str]]:
    """What the alerts of the period say, the first ones; of more, how many there are."""
    found = sorted([*fired(report), *_unusual(report)], key=lambda each: each.fired_at)
    within, titles = zone(report.zone), _titles(report, found)
    for alert in found[:_MOST_SENTENCES]:
        at = date_and_time(alert.fired_at.astimezone(within), "MMMEd")
        figure, worst = _figures(alert, report.holder.currency)
        text = _("{alert}: {metric} at {figure}").format(
            alert=titles[alert.id], metric=metric_text(alert.metric), figure=figure
        )
        extreme = _(", {figure} at worst").format(figure=worst) if worst != figure else ""
        if why := alert.limits.get("why"):
            text, extreme = why_text(why, report.holder.currency), ""
        yield at, f"{text}{extreme}; {_lasted(alert, report.period)}."
    if more := len(found) - _MOST_SENTENCES if len(found) > _MOST_SENTENCES else 0:
        text = ngettext("{count} further alert", "{count} further alerts", more).format(count=number(more))
        yield _("Alerts"), f"{text}."


def table(report: Report) -> Table:
    """Alerts of the period: when, which, how bad, how long, and who took them on."""
    found = fired(report)
    titles = _titles(report, found)
    rows = [_row(each, titles[each.id], report.holder.currency, report.period) for each in found]
    columns = (
        Column("fired_at", _("Fired (UTC)"), "time", align="left", precision="minute"),
        Column("title", _("Alert"), align="left"),
        Column("level", _("Level"), align="left"),
        Column("figure", _("Figure"), align="right"),
        Column("worst", _("Worst"), align="right"),
        Column("lasted", _("Lasted"), align="left"),
        Column("acknowledged", _("Acknowledged"), align="left"),
    )
    sheet = Sheet(pl.DataFrame(rows, schema=_SCHEMA), columns, name="alerts", title=_("Alerts"))
    return Table(sheet, "alerts", _("Alerts"), "" if rows else _("None fired in this period."))


def _titles(report: Report, alerts: Sequence[Alert]) -> dict[int, str]:
    """Titles of alerts by their ids; of rules that stand from the start, in the report's language."""
    asked = select(AlertRule.id, AlertRule.standing).where(AlertRule.standing.is_not(None))
    with database_of(report.settings.home).reading() as db:
        standing = {int(rule): str(name) for rule, name in db.execute(asked)}
    return {each.id: title_text(standing.get(each.rule_id), each.title) for each in alerts}


def _row(alert: Alert, title: str, currency: str, period: Period) -> dict[str, Any]:
    figure, worst = _figures(alert, currency)
    return {
        "fired_at": alert.fired_at,
        "title": title,
        "level": level_text(alert.level),
        "figure": figure,
        "worst": worst,
        "lasted": _lasted(alert, period),
        "acknowledged": " · ".join(filter(None, (alert.acknowledged_by, alert.note))),
    }


def _figures(alert: Alert, currency: str) -> tuple[str, str]:
    is_change = bool(alert.limits.get("compared"))
    figure, worst = (
        figure_text(alert.metric, Decimal(each), currency, is_change=is_change)
        for each in (alert.value, alert.worst)
    )
    return figure, worst


def _lasted(alert: Alert, period: Period) -> str:
    """How long an alert lasted, from when its threshold was passed; at least to the end of the period."""
    since = datetime.fromisoformat(alert.limits["since"]) if "since" in alert.limits else alert.fired_at
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    if alert.ended_at is None or alert.ended_at > period.end:
        return _("not over at the end of the period")
    return _("lasted {length}").format(length=length_text(max(alert.ended_at - since, timedelta())))
