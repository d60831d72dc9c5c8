"""Deliveries as a file: ids, times and answers for programs, and beside them what people read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from cxreports.portal.post import targets
from cxreports.portal.tables import Company

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cxreports.portal.schedules.library import Sending

MOST_ROWS: Final = 100_000
"""Deliveries that a file has, the newest first."""

HEADINGS: Final = (
    "id", "report_id", "report", "customer", "company_name", "period_start_utc", "period_end_utc",
    "created_utc", "channel", "to", "formats", "state", "tries", "answer", "ended_utc",
)  # fmt: skip


def rows(db: Session, sendings: Sequence[Sending]) -> Iterator[tuple[str, ...]]:
    """Headings, and a line for each delivery; receivers' passwords are left out."""
    yield HEADINGS
    names = {each.id: each.name for each in db.scalars(select(Company))}
    for each in sendings:
        message, part = each.message, each.part
        yield (
            str(message.id),
            str(part.id),
            part.run.schedule.name,
            part.customer,
            names.get(part.customer, ""),
            _utc(part.period_start),
            _utc(part.period_end),
            _utc(message.created_at),
            message.channel,
            targets.shown(message.target),
            " ".join(dict.fromkeys(file.format for file in part.files)),
            each.state,
            str(message.tries),
            message.answer,
            _utc(message.ended_at),
        )


def _utc(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()
