"""Codes and links that are sent to a person: whoever has them can read that mailbox or telephone.

A code is six digits that are typed into a page of the person's own; a link lets somebody in who is not
logged in, to choose a password. What was asked for last is what counts.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from cxreports.errors import BadField, LoginRefused, NotThere
from cxreports.language import _
from cxreports.portal import audit
from cxreports.portal.audit import Event
from cxreports.portal.database import Database, newest
from cxreports.portal.database import now as present
from cxreports.portal.people import throttle
from cxreports.portal.tables import Purpose, User, Verification, email_key

CODE_LIFE: Final = timedelta(minutes=15)
CODE_TRIES: Final = 5
PENDING_LIFE: Final = timedelta(hours=24)
"""Time in which a new e-mail address must be verified."""

LINK_LIFE: Final = {Purpose.RESET: timedelta(minutes=30), Purpose.INVITATION: timedelta(days=7)}

_CODE_DIGITS: Final = 6
_TOKEN_BYTES: Final = 32
_SALT_BYTES: Final = 16

# All codes of a stolen row could be tried: each takes some 50 ms and 16 MiB, the code lives 15 minutes.
_SCRYPT_N: Final = 2**14
_SCRYPT_R: Final = 8


def mail_code(db: Session, user: User, purpose: Purpose, target: str, *, now: datetime | None = None) -> str:
    """Make a code that is to be sent to an address or number of a user.

    Parameters
    ----------
    purpose
        `Purpose.EMAIL` or `Purpose.MOBILE`.
    target
        Where it will be sent; verified only if it is still the user's when the code comes back.

    Raises
    ------
    LoginRefused
        One was sent there a moment ago; says how long to wait.
    BadField
        The user has no such address or number.
    """
    now = now or present()
    user = newest(db, user)
    if not target or not _is_still_of(user, purpose, target, now):
        raise BadField(purpose.value, _("Save this in your profile first."))
    keys = _send_key(user, purpose, target), throttle.send_user(user.id)
    refuse_if_too_soon(throttle.attempt(db, *keys, now=now))
    forget(db, user, purpose)
    code = f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}d}"
    salt = secrets.token_hex(_SALT_BYTES)
    db.add(
        Verification(
            user_id=user.id,
            purpose=purpose,
            target=target,
            salt=salt,
            code_hash=_slow_hash(code, salt),
            created_at=now,
            expires_at=now + CODE_LIFE,
        )
    )
    db.flush()
    return code


def check_code(
    database: Database,
    user: User,
    purpose: Purpose,
    code: str,
    *,
    address: str = "",
    now: datetime | None = None,
) -> str | None:
    """Take a code that a user typed: the address or number that it was sent to is verified.

    Each try is counted before it is looked at, in a transaction of its own.

    Returns
    -------
    str or None
        E-mail address that the verified one, which was pending, took the place of; None without one.

    Raises
    ------
    BadField
        The code is not right, not the last one, too old, was used, or was tried too often.
    """
    now = now or present()
    refusal = BadField("code", _("This code is not right, or too old. Ask for a new one if this goes on."))
    with database.writing() as db:
        sent = db.scalars(
            update(Verification)
            .where(Verification.user_id == user.id, Verification.purpose == purpose)
            .where(Verification.used_at.is_(None), Verification.expires_at > now)
            .where(Verification.attempts < CODE_TRIES)
            .values(attempts=Verification.attempts + 1)
            .returning(Verification)
        ).first()
    digits = "".join(str(int(each)) for each in code[:100] if each.isdecimal())
    if sent is None or not hmac.compare_digest(_slow_hash(digits, sent.salt), sent.code_hash):
        raise refusal
    with database.writing() as db:
        user = newest(db, user)
        if not _is_still_of(user, purpose, sent.target, now) or not _use(db, sent.id, now):
            raise refusal
        throttle.succeeded(db, _send_key(user, purpose, sent.target))
        if purpose is not Purpose.EMAIL:
            user.mobile_verified_at = now
            audit.of_user(db, Event.MOBILE_VERIFIED, user, address=address, now=now)
            return None
        pending = pending_email(user, now=now)
        replaced = user.email if pending else None
        if pending:
            if owner_of(db, pending) is not None:
                raise refusal
            _take(db, user, pending)
            audit.of_user(db, Event.EMAIL_CHANGED, user, address=address, now=now, before=replaced)
        user.email_verified_at = now
        audit.of_user(db, Event.EMAIL_VERIFIED, user, address=address, now=now)
        return replaced


def owner_of(db: Session, address: str) -> User | None:
    """User whose e-mail address this is; None for nobody's."""
    return db.scalars(select(User).where(User.email_key == email_key(address))).one_or_none()


def pending_email(user: User, *, now: datetime | None = None) -> str | None:
    """Address that is to be a user's once it is verified; None without one, and when that took too long."""
    asked_at = user.pending_email_at
    return user.pending_email if asked_at and (now or present()) < asked_at + PENDING_LIFE else None


def forget_pending(db: Session, user: User) -> None:
    """Let a user keep the address that there is, and make a code for another no good any more."""
    user.pending_email = user.pending_email_at = None
    forget(db, user, Purpose.EMAIL)


def _take(db: Session, user: User, address: str) -> None:
    user.email, user.email_key = address, email_key(address)
    user.pending_email = user.pending_email_at = None
    # Links that went to the address before let nobody in any more.
    forget(db, user, Purpose.RESET)
    db.flush()


def _send_key(user: User, purpose: Purpose, target: str) -> str:
    # By user: what others ask for at an address or number holds nobody's code back, nor tells whose it is.
    return throttle.send(f"{purpose.value} {user.id}", target)


def link(db: Session, user: User, purpose: Purpose, *, now: datetime | None = None) -> str:
    """Make the token of a link that is to be mailed to a user; those before it are no good any more.

    Parameters
    ----------
    purpose
        `Purpose.RESET`, good for 30 minutes, or `Purpose.INVITATION`, for 7 days.
    """
    now = now or present()
    forget(db, user, purpose)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    db.add(
        Verification(
            user_id=user.id,
            purpose=purpose,
            target=user.email,
            code_hash=_hash(token),
            created_at=now,
            expires_at=now + LINK_LIFE[purpose],
        )
    )
    db.flush()
    return token


def peek(db: Session, token: str, purpose: Purpose, *, now: datetime | None = None) -> User:
    """Whose link this is, without using it up: opening a page, or a mail scanner, is no use.

    Raises
    ------
    NotThere
        The link is not good, or not any more.
    """
    return _found(db, token, purpose, now or present())[1]


def redeem(
    db: Session, token: str, purpose: Purpose, *, address: str = "", now: datetime | None = None
) -> User:
    """Use a link up, and give whose it is; the mailbox that it was sent to is verified.

    Raises
    ------
    NotThere
        The link is not good, or not any more.
    """
    now = now or present()
    sent, user = _found(db, token, purpose, now)
    if not _use(db, sent.id, now):
        raise _bad_link()
    if user.email_verified_at is None:
        user.email_verified_at = now
        audit.of_user(db, Event.EMAIL_VERIFIED, user, address=address, now=now)
    return user


def forget(db: Session, user: User, purpose: Purpose) -> None:
    """Make what was sent to a user for a purpose no good any more."""
    db.execute(delete(Verification).where(Verification.user_id == user.id, Verification.purpose == purpose))


def purge(db: Session, *, now: datetime | None = None) -> None:
    """Remove codes, links and pending addresses that are no good any more."""
    now = now or present()
    db.execute(delete(Verification).where(Verification.expires_at <= now))
    db.execute(
        update(User)
        .where(User.pending_email_at <= now - PENDING_LIFE)
        .values(pending_email=None, pending_email_at=None)
    )


def refuse_if_too_soon(wait_s: float) -> None:
    """Refuse to send again while somebody has to wait.

    Raises
    ------
    LoginRefused
        There are seconds to wait.
    """
    if wait_s > 0:
        raise LoginRefused(
            _("One was sent a moment ago. Wait {seconds} s before you ask again.").format(
                seconds=int(wait_s) + 1
            ),
            wait_s,
        )


def _found(db: Session, token: str, purpose: Purpose, now: datetime) -> tuple[Verification, User]:
    sent = db.scalars(
        select(Verification).where(
            Verification.code_hash == _hash(token),
            Verification.purpose == purpose,
            Verification.used_at.is_(None),
            Verification.expires_at > now,
        )
    ).first()
    user = db.get(User, sent.user_id, populate_existing=True) if sent else None
    # A mailbox that is not the user's any more may not take the account over.
    if sent is None or user is None or user.disabled_at or email_key(sent.target) != user.email_key:
        raise _bad_link()
    return sent, user


def _bad_link() -> NotThere:
    return NotThere(_("This link has been used, or is too old. Ask for a new one."))


def _use(db: Session, verification_id: int, now: datetime) -> bool:
    used = db.execute(
        update(Verification)
        .where(Verification.id == verification_id, Verification.used_at.is_(None))
        .values(used_at=now)
        .returning(Verification.id)
    )
    return used.first() is not None


def _is_still_of(user: User, purpose: Purpose, target: str, now: datetime) -> bool:
    if purpose is Purpose.EMAIL:
        return email_key(target) == email_key(pending_email(user, now=now) or user.email)
    return purpose is Purpose.MOBILE and target == user.mobile


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _slow_hash(code: str, salt: str) -> str:
    return hashlib.scrypt(
        code.encode(), salt=bytes.fromhex(salt), n=_SCRYPT_N, r=_SCRYPT_R, p=1, dklen=32
    ).hex()
