"""The audit log: every login, failure, change and export, by whom, from where, and when.

Its rows are only ever added. What a person typed may be in it, a secret never.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cxreports.language import marked
from cxreports.portal.database import now as present
from cxreports.portal.tables import AuditEntry, User

MOST_ENTRIES: Final = 200
"""Entries that a page of the log has, unless more are asked for."""

WEEK: Final = timedelta(days=7)

_LONGEST: Final = 254
"""Longest e-mail address (RFC 5321); what is longer was typed to fill the log."""

_SECRET: Final = frozenset({"password", "code", "secret", "token", "session_id", "key"})


class Event(StrEnum):
    """Event that the log can have, with the sentence that people read for it."""

    sentence: str
    """In English; `_` says it in the reader's language."""

    def __new__(cls, name: str, sentence: str) -> Self:
        """Make a member that equals its name."""
        member = str.__new__(cls, name)
        member._value_, member.sentence = name, sentence
        return member

    LOGIN = "login", marked("Logged in")
    LOGIN_FAILED = "login_failed", marked("Log-in failed")
    LOGOUT = "logout", marked("Logged out")
    SESSION_ENDED = "session_ended", marked("Logged out elsewhere")
    PASSWORD_CHANGED = "password_changed", marked("Password changed")
    PASSWORD_RESET_ASKED = "password_reset_asked", marked("New password asked for")
    PASSWORD_RESET = "password_reset", marked("Password chosen by a mailed link")
    TWO_FACTOR_ENABLED = "two_factor_enabled", marked("Two-factor authentication turned on")
    TWO_FACTOR_DISABLED = "two_factor_disabled", marked("Two-factor authentication turned off")
    RECOVERY_CODE_USED = "recovery_code_used", marked("Recovery code used")
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed", marked("New recovery codes made")
    PASSKEY_ADDED = "passkey_added", marked("Passkey added")
    PASSKEY_REMOVED = "passkey_removed", marked("Passkey removed")
    PROFILE_CHANGED = "profile_changed", marked("Profile changed")
    EMAIL_CHANGE_ASKED = "email_change_asked", marked("New e-mail address asked for")
    EMAIL_CHANGED = "email_changed", marked("E-mail address changed")
    EMAIL_CLAIMED = "email_claimed", marked("E-mail address entered for another account")
    EMAIL_VERIFIED = "email_verified", marked("E-mail verified")
    MOBILE_VERIFIED = "mobile_verified", marked("Mobile verified")
    USER_ADDED = "user_added", marked("User added")
    USER_INVITED = "user_invited", marked("User invited")
    USER_CHANGED = "user_changed", marked("User changed")
    USER_DISABLED = "user_disabled", marked("User disabled")
    USER_ENABLED = "user_enabled", marked("User enabled")
    COMPANY_ADDED = "company_added", marked("Company added")
    COMPANY_CHANGED = "company_changed", marked("Company changed")
    PAYMENT_ADDED = "payment_added", marked("Payment added")
    PAYMENT_CHANGED = "payment_changed", marked("Payment changed")
    BLOCK_ASSIGNED = "block_assigned", marked("Number block assigned")
    BLOCK_RELEASED = "block_released", marked("Number block released")
    NUMBER_SETTINGS_CHANGED = "number_settings_changed", marked("Numbering changed")
    EXTENSION_ADDED = "extension_added", marked("Extension added")
    EXTENSION_REMOVED = "extension_removed", marked("Extension removed")
    VIEW_SAVED = "view_saved", marked("View saved")
    VIEW_SHARED = "view_shared", marked("View shared with the company")
    VIEW_UNSHARED = "view_unshared", marked("View no longer shared")
    VIEW_DELETED = "view_deleted", marked("View deleted")
    SCHEDULE_ADDED = "schedule_added", marked("Report schedule added")
    SCHEDULE_CHANGED = "schedule_changed", marked("Report schedule changed")
    SCHEDULE_PAUSED = "schedule_paused", marked("Report schedule paused")
    SCHEDULE_RESUMED = "schedule_resumed", marked("Report schedule resumed")
    SCHEDULE_REMOVED = "schedule_removed", marked("Report schedule removed")
    REPORT_ASKED = "report_asked", marked("Report asked for")
    RECEIVER_REMOVED = "receiver_removed", marked("Receiver taken off")
    UNSUBSCRIBED = "unsubscribed", marked("Unsubscribed")
    EXPORTED = "exported", marked("Exported")
    TWO_FACTOR_BEGUN = "two_factor_begun", marked("Two-factor authentication begun")
    LANGUAGE_CHANGED = "language_changed", marked("Language changed")
    ACCESS_REFUSED = "access_refused", marked("Access refused")
    CODE_REFUSED = "code_refused", marked("Verification code refused")
    LINK_REFUSED = "link_refused", marked("Mailed link refused")
    TOO_MANY_TRIES = "too_many_tries", marked("Tried too often")
    ALERT_RULE_ADDED = "alert_rule_added", marked("Alert rule added")
    ALERT_RULE_CHANGED = "alert_rule_changed", marked("Alert rule changed")
    ALERT_RULE_PAUSED = "alert_rule_paused", marked("Alert rule paused")
    ALERT_RULE_RESUMED = "alert_rule_resumed", marked("Alert rule resumed")
    ALERT_RULE_MUTED = "alert_rule_muted", marked("Alert rule muted")
    ALERT_RULE_UNMUTED = "alert_rule_unmuted", marked("Alert rule unmuted")
    ALERT_RULE_REMOVED = "alert_rule_removed", marked("Alert rule removed")
    ALERT_RULE_BROUGHT_BACK = "alert_rule_brought_back", marked("Alert rule brought back")
    ALERT_NOTICES_PAUSED = "alert_notices_paused", marked("All alert notices paused")
    ALERT_NOTICES_RESUMED = "alert_notices_resumed", marked("Alert notices sent again")
    ALERT_ACKNOWLEDGED = "alert_acknowledged", marked("Alert acknowledged")
    ALERT_UNACKNOWLEDGED = "alert_unacknowledged", marked("Acknowledgement taken back")


EVENTS: Final = {event.value: event for event in Event}
"""Events by name."""


def record(
    db: Session,
    event: Event,
    *,
    who: str = "",
    user_id: int | None = None,
    company_id: str | None = None,
    address: str = "",
    now: datetime | None = None,
    **detail: Any,
) -> None:
    """Add an entry.

    Parameters
    ----------
    who
        E-mail address of the user, or what was typed for one.
    detail
        What else there is to say, as JSON can keep it.

    Raises
    ------
    ValueError
        A detail is named like a secret.
    """
    if named := sorted(_SECRET & detail.keys()):
        raise ValueError(f"{event}: {', '.join(named)} is not for the audit log")
    db.add(
        AuditEntry(
            at=now or present(),
            event=event.value,
            user_id=user_id,
            who=who[:_LONGEST],
            company_id=company_id,
            address=address[:_LONGEST],
            detail=detail,
        )
    )
    db.flush()


def of_user(
    db: Session, event: Event, user: User, *, address: str = "", now: datetime | None = None, **detail: Any
) -> None:
    """Add an entry about a user, who did it unless the detail says otherwise."""
    record(
        db,
        event,
        who=user.email,
        user_id=user.id,
        company_id=user.company_id,
        address=address,
        now=now,
        **detail,
    )


def of_typed(
    db: Session,
    event: Event,
    user: User | None,
    typed: str,
    *,
    address: str = "",
    now: datetime | None = None,
    **detail: Any,
) -> None:
    """Add an entry about what somebody tried who typed an address: a user's, or nobody's."""
    if user is None:
        record(db, event, who=address_typed(typed), address=address, now=now, **detail)
    else:
        of_user(db, event, user, address=address, now=now, **detail)


def address_typed(text: str) -> str:
    """What was typed for an address, as far as it may be logged: some type their password there."""
    is_one = re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text.strip())
    return text.strip() if is_one else ""


def entries(
    db: Session,
    *,
    company_id: str | None = None,
    user_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    events: Iterable[Event] = (),
    limit: int = MOST_ENTRIES,
) -> list[AuditEntry]:
    """Entries of [since, until), the newest first; what is not given does not narrow them."""
    asked = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)
    if company_id is not None:
        asked = asked.where(AuditEntry.company_id == company_id)
    if user_id is not None:
        asked = asked.where(AuditEntry.user_id == user_id)
    if since is not None:
        asked = asked.where(AuditEntry.at >= since)
    if until is not None:
        asked = asked.where(AuditEntry.at < until)
    if names := [event.value for event in events]:
        asked = asked.where(AuditEntry.event.in_(names))
    return list(db.scalars(asked))


@dataclass(frozen=True)
class Logins:
    """How often somebody logged in, or tried to.

    Attributes
    ----------
    user_id
        None for an address that is nobody's.
    who
        The e-mail address, as it was typed last.
    addresses
        Network addresses that the logins and failures came from, sorted.
    last
        When the last login was; None without one.
    last_failure
        When the last failure was; None without one.
    """

    user_id: int | None
    who: str
    company_id: str | None
    logins: int
    failures: int
    addresses: tuple[str, ...]
    last: datetime | None
    last_failure: datetime | None


@dataclass(frozen=True)
class Review:
    """Who logged in during [since, until): the busiest first, then who failed most often."""

    since: datetime
    until: datetime
    logins: tuple[Logins, ...]


def weekly_review(db: Session, *, until: datetime | None = None, company_id: str | None = None) -> Review:
    """Review the logins of the seven days before a time; of one company's users if it is given."""
    until = until or present()
    return review(db, until - WEEK, until, company_id=company_id)


def review(db: Session, since: datetime, until: datetime, *, company_id: str | None = None) -> Review:
    """Review the logins of [since, until); of one company's users if it is given."""
    asked = (
        select(
            AuditEntry.user_id,
            AuditEntry.who,
            AuditEntry.company_id,
            AuditEntry.event,
            AuditEntry.address,
            func.count(),
            func.max(AuditEntry.at),
        )
        .where(AuditEntry.at >= since, AuditEntry.at < until)
        .where(AuditEntry.event.in_([Event.LOGIN.value, Event.LOGIN_FAILED.value]))
        .group_by(
            AuditEntry.user_id, AuditEntry.who, AuditEntry.company_id, AuditEntry.event, AuditEntry.address
        )
    )
    if company_id is not None:
        asked = asked.where(AuditEntry.company_id == company_id)
    people: dict[int | str, list[_Count]] = {}
    for row in db.execute(asked):
        count = _Count(*row)
        people.setdefault(count.who if count.user_id is None else count.user_id, []).append(count)
    found = sorted(
        map(_of_one, people.values()), key=lambda each: (-each.logins, -each.failures, each.who.lower())
    )
    return Review(since, until, tuple(found))


@dataclass(frozen=True)
class _Count:
    user_id: int | None
    who: str
    company_id: str | None
    event: str
    address: str
    times: int
    last: datetime


def _of_one(counts: list[_Count]) -> Logins:
    newest = max(counts, key=lambda each: each.last)
    logins = [each for each in counts if each.event == Event.LOGIN]
    failures = [each for each in counts if each.event == Event.LOGIN_FAILED]
    return Logins(
        newest.user_id,
        newest.who,
        newest.company_id,
        sum(each.times for each in logins),
        sum(each.times for each in failures),
        tuple(sorted({each.address for each in counts if each.address})),
        max((each.last for each in logins), default=None),
        max((each.last for each in failures), default=None),
    )
