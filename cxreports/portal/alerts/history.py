"""History of what fired: listed, acknowledged with a word, and the acknowledgement taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from cxreports.errors import NotThere
from cxreports.language import _
from cxreports.portal import fields
from cxreports.portal.alerts.tables import Alert
from cxreports.portal.audit import Event
from cxreports.portal.database import now as present

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from cxreports.portal.actor import Actor
    from cxreports.portal.alerts.rules import Keeper

LONGEST_NOTE: Final = 200
PAGE: Final = 50
UNUSUAL: Final = "usual"
"""What is watched by a rule that has learned."""


@dataclass(frozen=True)
class Wanted:
    """What of the history is wanted; by default all of it.

    Attributes
    ----------
    company_id
        For operators: what one company's rules found.
    rule_id
        What one rule found.
    since
        What has fired since then.
    is_open
        Whether only what fires still is wanted.
    is_unacknowledged
        Whether only what nobody has taken on is wanted.
    """

    company_id: str | None = None
    rule_id: int | None = None
    since: datetime | None = None
    is_open: bool = False
    is_unacknowledged: bool = False

    def of(self, asked: Select[Any], keeper: Keeper) -> Select[Any]:
        """A question to alerts, narrowed to this and to the rules in reach."""
        asked = asked.where(keeper.owns(Alert))
        if self.company_id is not None:
            asked = asked.where(Alert.company_id == self.company_id)
        if self.rule_id is not None:
            asked = asked.where(Alert.rule_id == self.rule_id)
        if self.since is not None:
            asked = asked.where(Alert.fired_at >= self.since)
        if self.is_open:
            asked = asked.where(Alert.ended_at.is_(None))
        if self.is_unacknowledged:
            asked = asked.where(Alert.acknowledged_at.is_(None))
        return asked


ALL: Final = Wanted()


def listed(
    db: Session, keeper: Keeper, wanted: Wanted = ALL, *, limit: int = PAGE, offset: int = 0
) -> list[Alert]:
    """What fired, of the rules in reach, the newest first."""
    asked = wanted.of(select(Alert), keeper).order_by(Alert.fired_at.desc(), Alert.id.desc())
    return list(db.scalars(asked.limit(limit).offset(offset)))


def count(db: Session, keeper: Keeper, wanted: Wanted = ALL) -> int:
    """How many alerts there are, of the rules in reach."""
    return db.scalar(wanted.of(select(func.count(Alert.id)), keeper)) or 0


def unusual(db: Session, customer: str, *, since: datetime, limit: int = PAGE) -> list[Alert]:
    """What the operators' rules found outside its learned band in a customer's calls, the newest first."""
    asked = select(Alert).where(Alert.company_id.is_(None), Alert.metric == UNUSUAL)
    asked = asked.where(Alert.customer == customer, Alert.fired_at >= since)
    return list(db.scalars(asked.order_by(Alert.fired_at.desc(), Alert.id.desc()).limit(limit)))


def unacknowledged(db: Session, keeper: Keeper) -> int:
    """How many fire and nobody has taken on."""
    asked = select(func.count()).select_from(Alert).where(keeper.owns(Alert))
    return int(db.scalar(asked.where(Alert.ended_at.is_(None), Alert.acknowledged_at.is_(None))) or 0)


def acknowledge(
    db: Session, keeper: Keeper, alert_id: int, note: str = "", *, by: Actor, now: datetime | None = None
) -> Alert:
    """Take an alert on: it is signed, and not repeated until it is reset.

    Raises
    ------
    NotThere
        There is none in reach.
    BadField
        The note is no line of text.
    """
    alert = _alert(db, keeper, alert_id)
    note = fields.line("note", note, most=LONGEST_NOTE)
    if alert.acknowledged_at is None:
        alert.acknowledged_at, alert.acknowledged_by, alert.note = now or present(), by.who, note
        by.did(
            db, Event.ALERT_ACKNOWLEDGED, company_id=alert.company_id, now=now, title=alert.title, note=note
        )
    return alert


def take_back(db: Session, keeper: Keeper, alert_id: int, *, by: Actor, now: datetime | None = None) -> Alert:
    """Undo an acknowledgement.

    Raises
    ------
    NotThere
        There is none in reach.
    """
    alert = _alert(db, keeper, alert_id)
    if alert.acknowledged_at is not None:
        alert.acknowledged_at, alert.acknowledged_by, alert.note = None, "", ""
        by.did(db, Event.ALERT_UNACKNOWLEDGED, company_id=alert.company_id, now=now, title=alert.title)
    return alert


def _alert(db: Session, keeper: Keeper, alert_id: int) -> Alert:
    alert = db.get(Alert, alert_id, populate_existing=True)
    if alert is None or not (keeper.is_operator or alert.company_id == keeper.company_id):
        raise NotThere(_("There is no such alert."))
    return alert
