"""Whom a schedule's reports go to: addresses that its owner added, and people of the customers.

Somebody who has unsubscribed is never written to again by that schedule, whoever adds the address.
"""

import hmac
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cxreports.errors import BadField, NotThere
from cxreports.language import _
from cxreports.portal.actor import Actor
from cxreports.portal.audit import Event
from cxreports.portal.database import now as present
from cxreports.portal.people import users
from cxreports.portal.people.vault import Vault
from cxreports.portal.post import targets
from cxreports.portal.post.outgoing import Channel, OutgoingMessage, State
from cxreports.portal.schedules.tables import Delivery, Recipient, Schedule
from cxreports.portal.tables import email_key

MOST: Final = 20
"""Addresses that a schedule may have."""

BY_OWNER: Final = "owner"
UNSUBSCRIBED: Final = "unsubscribed"

_PURPOSE: Final = "unsubscribe"
_SIGNED: Final = 40


def replace(
    db: Session,
    schedule: Schedule,
    to: Sequence[str],
    *,
    keeps: Collection[int],
    vault: Vault,
    now: datetime,
) -> None:
    """Let a schedule go to these addresses, and to those that it keeps, by their ids; others go.

    Raises
    ------
    BadField
        An address cannot be used, has unsubscribed, or they are too many.
    """
    wanted = {_key(target): target for target in (_clean(each, vault) for each in to)}
    known = {each.target_key: each for each in _of(db, schedule)}
    for recipient in known.values():
        is_own = recipient.customer is None and recipient.removed_at is None
        if is_own and recipient.id not in keeps and recipient.target_key not in wanted:
            recipient.removed_at, recipient.removed_why = now, BY_OWNER
    for key, target in wanted.items():
        _add(db, schedule, known.get(key), key, target, now)
    db.flush()
    if len(active(db, schedule)) > MOST:
        raise BadField("to", _("{most} addresses are the most.").format(most=MOST))
    db.expire(schedule, ["recipients"])


def active(db: Session, schedule: Schedule) -> list[Recipient]:
    """Addresses that the owner added and that are still there."""
    return [each for each in _of(db, schedule) if each.removed_at is None and each.customer is None]


def gone(db: Session, schedule: Schedule) -> list[Recipient]:
    """Addresses that were taken off, but by the owner."""
    return [
        each for each in _of(db, schedule) if each.removed_at is not None and each.removed_why != BY_OWNER
    ]


def of_customer(db: Session, schedule: Schedule, company_id: str, *, now: datetime) -> list[Recipient]:
    """People of a customer who get its report: verified, not disabled, and not unsubscribed."""
    known = {each.target_key: each for each in _of(db, schedule)}
    found = []
    for user in users.of_company(db, company_id):
        if user.disabled_at is not None or user.email_verified_at is None:
            continue
        recipient = known.get(user.email_key)
        if recipient is None:
            recipient = _new(schedule, user.email_key, user.email, now, customer=company_id)
            db.add(recipient)
        if recipient.removed_at is None and recipient.customer == company_id:
            found.append(recipient)
    db.flush()
    return found


def token(vault: Vault, recipient: Recipient) -> str:
    """What unsubscribes one receiver from one schedule, and nobody else from anything."""
    return f"{recipient.id}.{_signature(vault, recipient)}"


def of_token(db: Session, vault: Vault, text: str) -> Recipient:
    """Receiver that a token was made for.

    Raises
    ------
    NotThere
        It was not made here.
    """
    number, _dot, signed = text.partition(".")
    is_number = number.isascii() and number.isdigit() and len(number) < len(str(2**31))
    recipient = db.get(Recipient, int(number)) if is_number else None
    if recipient is None or not hmac.compare_digest(_signature(vault, recipient), signed):
        raise NotThere(_("This link is not one of ours, or the schedule is not there any more."))
    return recipient


def unsubscribe(db: Session, recipient: Recipient, *, address: str = "", now: datetime | None = None) -> None:
    """Take a receiver off who wants no more; what waits for them is not sent."""
    if recipient.removed_at is None or recipient.removed_why != UNSUBSCRIBED:
        take_off(db, recipient, UNSUBSCRIBED, now=now)
        schedule = db.get_one(Schedule, recipient.schedule_id)
        who = Actor(targets.shown(recipient.target), address=address)
        who.did(db, Event.UNSUBSCRIBED, company_id=schedule.company_id, now=now, name=schedule.name)


def take_off(db: Session, recipient: Recipient, why: str, *, now: datetime | None = None) -> None:
    """Take a receiver off a schedule, with the messages that wait for them."""
    now = now or present()
    recipient.removed_at, recipient.removed_why = now, why
    theirs = select(Delivery.message_id).where(Delivery.recipient_id == recipient.id)
    db.execute(
        update(OutgoingMessage)
        .where(OutgoingMessage.id.in_(theirs), OutgoingMessage.state == State.WAITING.value)
        .values(state=State.STOPPED.value, answer=why, ended_at=now)
    )
    db.flush()


def _of(db: Session, schedule: Schedule) -> list[Recipient]:
    return list(
        db.scalars(select(Recipient).where(Recipient.schedule_id == schedule.id).order_by(Recipient.id))
    )


def _add(
    db: Session, schedule: Schedule, known: Recipient | None, key: str, target: str, now: datetime
) -> None:
    if known is None:
        db.add(_new(schedule, key, target, now, customer=None))
    elif known.removed_why == UNSUBSCRIBED:
        raise BadField("to", _("{address} wants no more of these reports.").format(address=key))
    else:
        known.target, known.removed_at, known.removed_why, known.customer = target, None, "", None


def _new(schedule: Schedule, key: str, target: str, now: datetime, *, customer: str | None) -> Recipient:
    return Recipient(
        schedule_id=schedule.id,
        channel=targets.channel_of(target).value,
        target=target,
        target_key=key,
        customer=customer,
        added_at=now,
        removed_why="",
    )


def _clean(typed: str, vault: Vault) -> str:
    if "://" in typed:
        return targets.sealed(typed, vault)
    try:
        return validate_email(typed.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise BadField("to", _("{typed} is no e-mail address.").format(typed=typed)) from error


def _key(target: str) -> str:
    return email_key(target) if targets.channel_of(target) is Channel.MAIL else targets.shown(target)


def _signature(vault: Vault, recipient: Recipient) -> str:
    return vault.sign(_PURPOSE, f"{recipient.id} {recipient.target_key}")[:_SIGNED]
