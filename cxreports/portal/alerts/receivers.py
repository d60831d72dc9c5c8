"""Whom a rule's mails go to: its addresses and, where it says so, all verified operators.

Somebody who has unsubscribed is never written to again by that rule, whoever adds the address.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select, update

from cxreports.errors import BadField, NotThere, Refusal
from cxreports.language import _
from cxreports.portal.actor import Actor
from cxreports.portal.alerts.tables import Alert, AlertReceiver, AlertRule
from cxreports.portal.audit import Event
from cxreports.portal.database import now as present
from cxreports.portal.post.outgoing import Channel, OutgoingMessage, State
from cxreports.portal.tables import Role, User, email_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cxreports.portal.people.vault import Vault

KEYS: Final = "alert "
"""Beginning of the keys of all notices."""

UNSUBSCRIBED: Final = "unsubscribed"

_MARK: Final = "a"
"""Beginning of the tokens of rules; those of schedules begin with a digit."""

_PURPOSE: Final = "unsubscribe from an alert rule"
_SIGNED: Final = 40


class Receiver(NamedTuple):
    """An address that a rule's mails go to."""

    rule: AlertRule
    address: str


def about_alert(alert_id: int) -> str:
    """Beginning of the keys of an alert's messages."""
    return f"{KEYS}{alert_id} "


def addresses(db: Session, rule: AlertRule) -> list[str]:
    """Addresses that a rule's mails go to now, each once."""
    off = {each.target_key: each for each in gone(db, rule)}
    found = {email_key(each): each for each in rule.emails if email_key(each) not in off}
    for user in _operators(db) if rule.to_operators else ():
        taken_off = off.get(user.email_key)
        if taken_off is None or _is_back(user, taken_off):
            found.setdefault(user.email_key, user.email)
    return list(found.values())


def has_any(rule: AlertRule) -> bool:
    """Whether a rule says that somebody is to be notified."""
    return bool(rule.emails or rule.webhook or rule.to_operators)


def gone(db: Session, rule: AlertRule) -> list[AlertReceiver]:
    """Receivers who were taken off a rule: who want no more, and whose mail cannot be delivered."""
    asked = select(AlertReceiver).where(
        AlertReceiver.rule_id == rule.id, AlertReceiver.removed_at.is_not(None)
    )
    return list(db.scalars(asked.order_by(AlertReceiver.target_key)))


def admit(db: Session, rule: AlertRule, emails: Sequence[str]) -> None:
    """Let a rule have addresses, one among them that was taken off because mail to it failed.

    Raises
    ------
    BadField
        An address has unsubscribed.
    """
    wanted = {email_key(each): each for each in emails}
    for receiver in gone(db, rule):
        if receiver.target_key not in wanted:
            continue
        if receiver.removed_why == UNSUBSCRIBED:
            text = _("{address} wants no more of these mails.")
            raise BadField("emails", text.format(address=wanted[receiver.target_key]))
        receiver.removed_at, receiver.removed_why = None, ""


def token(vault: Vault, rule_id: int, address: str) -> str:
    """What unsubscribes one address from one rule, and nobody else from anything."""
    return f"{_MARK}{rule_id}.{_signature(vault, rule_id, address)}"


def is_token(text: str) -> bool:
    """Whether a text would be a rule's token, not a schedule's."""
    return text.startswith(_MARK)


def of_token(db: Session, vault: Vault, text: str) -> Receiver:
    """Receiver that a token was made for.

    Raises
    ------
    NotThere
        It was not made here, or of none that the rule has or had.
    """
    number, _dot, signed = text.removeprefix(_MARK).partition(".")
    is_number = number.isascii() and number.isdigit() and len(number) < len(str(2**31))
    rule = db.get(AlertRule, int(number)) if is_number and is_token(text) else None
    if rule is not None:
        for address in _known(db, rule):
            if hmac.compare_digest(_signature(vault, rule.id, address), signed):
                return Receiver(rule, address)
    raise NotThere(_("This link is not one of ours, or these mails do not go to you any more."))


def unsubscribe(db: Session, receiver: Receiver, *, address: str = "", now: datetime | None = None) -> None:
    """Take a receiver off who wants no more; what waits for them is not sent.

    Parameters
    ----------
    address
        Internet address of who asks.
    """
    kept = db.get(AlertReceiver, (receiver.rule.id, email_key(receiver.address)))
    if kept is not None and kept.removed_at is not None and kept.removed_why == UNSUBSCRIBED:
        return
    take_off(db, receiver, UNSUBSCRIBED, now=now)
    rule = receiver.rule
    who = Actor(receiver.address, address=address)
    who.did(db, Event.UNSUBSCRIBED, company_id=rule.company_id, now=now, name=rule.title)


def take_off(
    db: Session, receiver: Receiver, why: str, *, failed_message: int = 0, now: datetime | None = None
) -> None:
    """Take a receiver off a rule, with the notices that wait for them.

    Parameters
    ----------
    failed_message
        Id of the message that could not be delivered; 0 for none.
    """
    now, rule, key = now or present(), receiver.rule, email_key(receiver.address)
    kept = db.get(AlertReceiver, (rule.id, key))
    if kept is None:
        kept = AlertReceiver(rule_id=rule.id, target_key=key, target=receiver.address, failed_message=0)
        db.add(kept)
    kept.removed_at, kept.removed_why = now, why
    kept.failed_message = max(kept.failed_message, failed_message)
    rule.emails = [each for each in rule.emails if email_key(each) != key]
    theirs = [message.id for message in _waiting(db, rule, key)]
    db.execute(
        update(OutgoingMessage)
        .where(OutgoingMessage.id.in_(theirs), OutgoingMessage.state == State.WAITING.value)
        .values(state=State.STOPPED.value, answer=why, ended_at=now)
    )
    db.flush()


def undeliverable(db: Session, since: datetime) -> list[tuple[Receiver, OutgoingMessage]]:
    """Receivers whose mail failed for good since a time, each with the newest of the messages.

    One that was taken off for it before, and added again, is none.
    """
    failed = select(OutgoingMessage).where(
        OutgoingMessage.state == State.FAILED.value,
        OutgoingMessage.refusal == Refusal.RECEIVER.value,
        OutgoingMessage.ended_at >= since,
        OutgoingMessage.channel == Channel.MAIL.value,
        OutgoingMessage.key.startswith(KEYS, autoescape=True),
    )
    found: dict[tuple[int, str], tuple[Receiver, OutgoingMessage]] = {}
    for message in db.scalars(failed.order_by(OutgoingMessage.id)):
        rule = _rule_of(db, message)
        key = email_key(message.target)
        if rule is None or key not in map(email_key, addresses(db, rule)):
            continue
        kept = db.get(AlertReceiver, (rule.id, key))
        if kept is None or kept.failed_message < message.id:
            found[rule.id, key] = Receiver(rule, message.target), message
    return list(found.values())


def _waiting(db: Session, rule: AlertRule, key: str) -> Iterator[OutgoingMessage]:
    """Mails of a rule to an address that wait."""
    asked = select(OutgoingMessage).where(
        OutgoingMessage.state == State.WAITING.value,
        OutgoingMessage.channel == Channel.MAIL.value,
        OutgoingMessage.key.startswith(KEYS, autoescape=True),
    )
    for message in db.scalars(asked):
        of = _rule_of(db, message) if email_key(message.target) == key else None
        if of is not None and of.id == rule.id:
            yield message


def _rule_of(db: Session, message: OutgoingMessage) -> AlertRule | None:
    """Rule of an alert's message; none of a test's, whose key has no number there."""
    number = message.key.split()[1]
    alert = db.get(Alert, int(number)) if number.isdecimal() else None
    return None if alert is None else db.get(AlertRule, alert.rule_id)


def _operators(db: Session) -> list[User]:
    """Operators to whose addresses mail goes: verified, and not disabled."""
    asked = select(User).where(
        User.role == Role.OPERATOR, User.disabled_at.is_(None), User.email_verified_at.is_not(None)
    )
    return list(db.scalars(asked.order_by(User.email_key)))


def _is_back(user: User, receiver: AlertReceiver) -> bool:
    """Whether an operator whose mail failed has shown since that it arrives."""
    verified_at, removed_at = user.email_verified_at, receiver.removed_at
    is_later = verified_at is not None and removed_at is not None and verified_at > removed_at
    return is_later and receiver.removed_why != UNSUBSCRIBED


def _known(db: Session, rule: AlertRule) -> Iterator[str]:
    yield from addresses(db, rule)
    for receiver in gone(db, rule):
        yield receiver.target


def _signature(vault: Vault, rule_id: int, address: str) -> str:
    return vault.sign(_PURPOSE, f"{rule_id} {email_key(address)}")[:_SIGNED]
