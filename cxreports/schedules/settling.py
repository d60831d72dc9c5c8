"""Deliveries that failed for good, and what follows: links for files, a receiver taken off, a letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from cxreports.delivery import outbox
from cxreports.errors import Refusal
from cxreports.language import _
from cxreports.portal.actor import Actor
from cxreports.portal.audit import Event
from cxreports.portal.people.vault import Vault
from cxreports.portal.post import targets
from cxreports.portal.post.outgoing import OutgoingMessage, State
from cxreports.portal.schedules import links, recipients, schedules
from cxreports.portal.schedules.tables import Delivery, Recipient, Schedule
from cxreports.portal.tables import email_key
from cxreports.schedules import messages, owner
from cxreports.schedules.messages import Parcels

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cxreports.portal.database import Database
    from cxreports.settings import Settings

WORKER: Final = Actor("worker")
"""As the audit log names what nobody did by hand."""


def settle(database: Database, settings: Settings, now: datetime) -> int:
    """Draw the consequences of what failed for good; of how many deliveries.

    A mail that is too large is sent anew with links; a receiver that does not exist is taken off; whatever
    else was refused is told to the schedule's owner, once a run.
    """
    failed = (
        select(Delivery)
        .join(OutgoingMessage, OutgoingMessage.id == Delivery.message_id)
        .where(OutgoingMessage.state == State.FAILED.value, Delivery.is_settled.is_(False))
    )
    with database.reading() as db:
        if db.scalar(failed.limit(1)) is None:
            return 0
    with database.writing() as db:
        found = list(db.scalars(failed))
        for delivery in found:
            _settle(db, delivery, settings, now)
    return len(found)


def _settle(db: Session, delivery: Delivery, settings: Settings, now: datetime) -> None:
    refusal = Refusal(delivery.message.refusal)
    recipient = db.get(Recipient, delivery.recipient_id) if delivery.recipient_id else None
    is_gone = recipient is not None and recipient.removed_at is not None
    if refusal is Refusal.SIZE and not is_gone:
        _send_links(db, delivery, settings, now)
        return
    delivery.is_settled = True
    if refusal is Refusal.RECEIVER and recipient is not None and not is_gone:
        _take_off(db, recipient, delivery.message, settings, now)
    elif refusal is Refusal.LETTER:
        _tell(db, delivery, settings, now)


def _send_links(db: Session, delivery: Delivery, settings: Settings, now: datetime) -> None:
    part = delivery.report
    run = part.run
    before = messages.figures_before(db, part) if run.is_revision else None
    parcels = Parcels(run.schedule, run, part, part.files, settings, Vault.of(settings), now, before)
    parcels.put_as_links(db, delivery)


def _tell(db: Session, delivery: Delivery, settings: Settings, now: datetime) -> None:
    """Write to the owner that a letter was refused, and that nobody was taken off for it."""
    message, run = delivery.message, delivery.report.run
    schedule = run.schedule
    if not schedule.owner_email or email_key(schedule.owner_email) == email_key(message.target):
        return
    with owner.language_of(db, schedule, schedule.owner_email):
        paragraphs = [
            _not_delivered(schedule, message),
            message.answer,
            _("Nobody was taken off the schedule. Everything that has not arrived:"),
            f"{links.base(settings)}{links.LIBRARY}?show=missing",
        ]
        subject = _("“{report}” could not be delivered").format(report=schedule.name)
        letter = owner.letter(
            schedule, schedule.owner_email, owner.key("not delivered", run), subject, paragraphs
        )
    outbox.put(db, letter, now=now)


def _not_delivered(schedule: Schedule, message: OutgoingMessage) -> str:
    return _("“{report}” could not be delivered to {target}, which answered:").format(
        report=schedule.name, target=targets.shown(message.target)
    )


def _take_off(
    db: Session, recipient: Recipient, message: OutgoingMessage, settings: Settings, now: datetime
) -> None:
    schedule = db.get_one(Schedule, recipient.schedule_id)
    recipients.take_off(db, recipient, message.answer, now=now)
    WORKER.did(
        db,
        Event.RECEIVER_REMOVED,
        company_id=schedule.company_id,
        now=now,
        name=schedule.name,
        target=targets.shown(recipient.target),
        answer=message.answer,
    )
    if not schedule.to_customers and not recipients.active(db, schedule):
        schedules.pause(db, schedule, by=WORKER, now=now)
    if not schedule.owner_email or email_key(schedule.owner_email) == recipient.target_key:
        return
    with owner.language_of(db, schedule, schedule.owner_email):
        paragraphs = [
            _not_delivered(schedule, message),
            message.answer,
            _("Another try would change nothing, so the address was taken off the schedule."),
        ]
        if schedule.paused_at is not None:
            paragraphs.append(_("Nobody is left whom it could go to: the schedule is paused."))
        paragraphs += [_("Change whom it goes to:"), f"{links.base(settings)}{links.LIBRARY}"]
        subject = _("An address was taken off “{report}”").format(report=schedule.name)
        letter = owner.letter(schedule, schedule.owner_email, f"taken off {message.key}", subject, paragraphs)
    outbox.put(db, letter, now=now)
