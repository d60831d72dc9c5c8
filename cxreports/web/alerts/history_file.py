"""The history of alerts as a file: ids and exact figures for programs, and beside them what people read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from cxreports.alerts.sentences import level_text, metric_text, title_text, why_text
from cxreports.portal.alerts.tables import AlertRule
from cxreports.portal.tables import Company

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cxreports.portal.alerts.tables import Alert

MOST_ROWS: Final = 100_000
"""Alerts that a file has."""

HEADINGS: Final = (
    "id", "rule_id", "rule", "customer", "company_name", "level", "metric", "metric_name", "fired_utc",
    "over_utc", "ended_by", "value", "worst", "calls", "cause", "acknowledged_by", "acknowledged_utc", "note",
)  # fmt: skip


def rows(db: Session, alerts: Sequence[Alert]) -> Iterator[tuple[str, ...]]:
    """Headings, and a line for each alert."""
    yield HEADINGS
    companies = {each.id: each for each in db.scalars(select(Company))}
    standing = {each.id: each.standing for each in db.scalars(select(AlertRule))}
    for each in alerts:
        company = companies.get(each.customer)
        why = each.limits.get("why")
        yield (
            str(each.id),
            str(each.rule_id),
            title_text(standing.get(each.rule_id), each.title),
            each.customer,
            company.name if company else "",
            level_text(each.level),
            each.metric,
            metric_text(each.metric),
            _utc(each.fired_at),
            _utc(each.ended_at),
            each.ended_by,
            each.value,
            each.worst,
            "" if each.calls is None else str(each.calls),
            why_text(why, company.currency if company else None) if why else "",
            each.acknowledged_by,
            _utc(each.acknowledged_at),
            each.note,
        )


def _utc(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()
