"""Receivers that are gone: taken off the schedule after a permanent failure, with a letter to its owner."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from cxreports.delivery import outbox
from cxreports.delivery.outbox import Channel, Message
from cxreports.language import _, speaking
from cxreports.portal.actor import Actor
from cxreports.portal.audit import Event
from cxreports.portal.people import users
from cxreports.portal.post import letters, targets
from cxreports.portal.post.outgoing import OutgoingMessage, State
from cxreports.portal.schedules import links, recipients, schedules
from cxreports.portal.schedules.tables import Delivery, Recipient, Schedule
from cxreports.portal.tables import email_key

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cxreports.portal.database import Database
    from cxreports.settings import Settings

LOG: Final = logging.getLogger(__name__)

WORKER: Final = Actor("worker")
"""As the audit log names what nobody did by hand."""


def settle(database: Database, settings: Settings, now: datetime) -> int:
    """Take off receivers whose last message failed for good; how many."""
    failed = (
        select(Delivery)
        .join(OutgoingMessage, OutgoingMessage.id == Delivery.message_id)
        .where(OutgoingMessage.state == State.FAILED.value, Delivery.is_settled.is_(False))
    )
    with database.reading() as db:
        if db.scalar(failed.limit(1)) is None:
            return 0
    count = 0
    with database.writing() as db:
        for delivery in db.scalars(failed):
            delivery.is_settled = True
            recipient = db.get(Recipient, delivery.recipient_id) if delivery.recipient_id else None
            if delivery.message.is_permanent and recipient is not None and recipient.removed_at is None:
                _take_off(db, recipient, delivery.message, settings, now)
                count += 1
    return count


def _take_off(
    db: Session, recipient: Recipient, message: OutgoingMessage, settings: Settings, now: datetime
) -> None:
    schedule = db.get_one(Schedule, recipient.schedule_id)
    recipients.take_off(db, recipient, message.answer, now=now)
    target = targets.shown(recipient.target)
    WORKER.did(
        db,
        Event.RECEIVER_REMOVED,
        company_id=schedule.company_id,
        now=now,
        name=schedule.name,
        target=target,
        answer=message.answer,
    )
    if not schedule.to_customers and not recipients.active(db, schedule):
        schedules.pause(db, schedule, by=WORKER, now=now)
    if schedule.owner_email and email_key(schedule.owner_email) != recipient.target_key:
        outbox.put(db, _letter(db, schedule, target, message, settings), now=now)


def _letter(
    db: Session, schedule: Schedule, target: str, message: OutgoingMessage, settings: Settings
) -> Message:
    owner = users.find(db, schedule.owner_email)
    with speaking((owner.language if owner else "") or schedule.language):
        paragraphs = [
            _("“{report}” could not be delivered to {target}, which answered:").format(
                report=schedule.name, target=target
            ),
            message.answer,
            _("Another try would change nothing, so the address was taken off the schedule."),
        ]
        if schedule.paused_at is not None:
            paragraphs.append(_("Nobody is left whom it could go to: the schedule is paused."))
        paragraphs += [_("Change whom it goes to:"), f"{links.base(settings)}{links.LIBRARY}"]
        subject = _("An address was taken off “{report}”").format(report=schedule.name)
        letter = letters.letter_of(schedule.owner_email, subject, paragraphs)
    return Message(
        key=f"taken off {message.key}",
        channel=Channel.MAIL,
        target=letter.to,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        company_id=schedule.company_id,
    )
