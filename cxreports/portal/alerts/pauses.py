"""Pauses of notices: for a time no rule of a company gives notice, though all of them go on being judged.

A company's users pause the notices of their company, operators those of anyone and of their own rules.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from cxreports.errors import BadField
from cxreports.language import _
from cxreports.portal.alerts.tables import NoticePause
from cxreports.portal.audit import Event
from cxreports.portal.companies import companies
from cxreports.portal.database import now as present

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cxreports.portal.actor import Actor
    from cxreports.portal.alerts.rules import Keeper

LONGEST: Final = timedelta(days=7)


def begin(
    db: Session,
    keeper: Keeper,
    until: datetime,
    *,
    by: Actor,
    company_id: str | None,
    now: datetime,
) -> NoticePause:
    """Pause the notices of every rule of an owner up to a time; one that is in force ends then instead.

    Parameters
    ----------
    company_id
        For operators: the company; None for their own rules.

    Raises
    ------
    BadField
        The time is not within `LONGEST` from now.
    NotThere
        There is no such company.
    """
    company_id = keeper.company_id or company_id
    if company_id is not None:
        companies.get(db, company_id)
    if not now < until <= now + LONGEST:
        raise BadField(
            "until", _("This should be a time within the next {days} days.").format(days=LONGEST.days)
        )
    pause = db.get(NoticePause, company_id or "", populate_existing=True)
    if pause is None:
        pause = NoticePause(owner=company_id or "", company_id=company_id)
        db.add(pause)
    pause.since, pause.until, pause.paused_by = now, until, by.who
    db.flush()
    by.did(db, Event.ALERT_NOTICES_PAUSED, company_id=company_id, now=now, until=until.isoformat())
    return pause


def end(
    db: Session,
    keeper: Keeper,
    *,
    by: Actor,
    company_id: str | None = None,
    now: datetime | None = None,
) -> None:
    """Let the rules of an owner give notice again; nothing happens where they do."""
    now, company_id = now or present(), keeper.company_id or company_id
    pause = in_force(db, company_id or "", now)
    if pause is not None:
        db.delete(pause)
        db.flush()
        by.did(db, Event.ALERT_NOTICES_RESUMED, company_id=company_id, now=now)


def in_force(db: Session, owner: str, now: datetime) -> NoticePause | None:
    """The pause that holds an owner's notices back at a time."""
    pause = db.get(NoticePause, owner, populate_existing=True)
    # Whenever it began: who judges as of a moment ago, or by another machine's clock, keeps to it too.
    return pause if pause is not None and now < pause.until else None


def listed(db: Session, keeper: Keeper, now: datetime, company_id: str | None = None) -> list[NoticePause]:
    """Pauses in force at a time whose rules are in reach.

    Parameters
    ----------
    company_id
        For operators: that of one company alone.
    """
    asked = select(NoticePause).where(NoticePause.until > now)
    only = keeper.company_id or company_id
    if only is not None:
        asked = asked.where(NoticePause.owner == only)
    return list(db.scalars(asked.order_by(NoticePause.owner)))
