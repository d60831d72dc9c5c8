"""What holds notices back: a rule's mute, or a pause of all its owner's notices.

Both are looked at in the transaction that judges a rule, which is the one place where notices are put into
the outbox. Whoever writes waits for whoever writes: what was put before a pause began is stopped by it, and
what comes after sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from cxreports.delivery import outbox
from cxreports.portal.alerts import pauses, rules
from cxreports.portal.alerts.receivers import KEYS
from cxreports.portal.alerts.tables import Alert
from cxreports.portal.database import now as present
from cxreports.portal.post.outgoing import OutgoingMessage, State

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cxreports.portal.actor import Actor
    from cxreports.portal.alerts.rules import Keeper
    from cxreports.portal.alerts.tables import AlertRule, NoticePause

HELD_BACK: Final = "held_back"
"""Mark of an alert that nobody was notified of; it says why."""

MUTED: Final = "muted"
PAUSED: Final = "paused"


def held_back_by(db: Session, rule: AlertRule, now: datetime) -> str:
    """What holds a rule's notices back at a time: `PAUSED` or `MUTED`; empty for nothing."""
    if pauses.in_force(db, rule.owner, now) is not None:
        return PAUSED
    return MUTED if rules.is_muted(rule, now) else ""


def pause(
    db: Session,
    keeper: Keeper,
    until: datetime,
    *,
    by: Actor,
    company_id: str | None = None,
    now: datetime | None = None,
) -> NoticePause:
    """Pause the notices of every rule of an owner up to a time, those too that wait in the outbox.

    What fires still when it is over is told then. A notice that is just being sent may still leave.

    Raises
    ------
    BadField, NotThere
        As `cxreports.portal.alerts.pauses.begin`.
    """
    now = now or present()
    begun = pauses.begin(db, keeper, until, by=by, company_id=company_id, now=now)
    _stop_waiting(db, begun.company_id, now)
    return begun


def _stop_waiting(db: Session, company_id: str | None, now: datetime) -> None:
    """Stop an owner's notices that wait, and mark their alerts."""
    asked = select(OutgoingMessage.id, OutgoingMessage.key).where(
        OutgoingMessage.state == State.WAITING.value,
        OutgoingMessage.company_id == company_id,
        OutgoingMessage.key.startswith(KEYS, autoescape=True),
    )
    # A test, whose key has no number there, was asked for and goes out.
    waiting = [
        (message_id, int(number), kind)
        for message_id, (number, kind, *_) in ((each, key.split()[1:]) for each, key in db.execute(asked))
        if number.isdecimal()
    ]
    outbox.stop(db, [message_id for message_id, _number, _kind in waiting], PAUSED, now=now)
    unheard = {number for _id, number, kind in waiting if kind != "reset"}
    for alert in db.scalars(select(Alert).where(Alert.id.in_(unheard))):
        alert.limits = {**alert.limits, HELD_BACK: PAUSED}
    db.flush()
