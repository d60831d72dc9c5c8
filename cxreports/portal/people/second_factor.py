"""The second factor: six digits of an authenticator (TOTP, RFC 6238), or a recovery code once.

No code is accepted twice: the step of the last accepted one is kept, and only later steps count (RFC
6238, 5.2). Guessing is slowed down by who asks for a code (`cxreports.portal.people.login`); here a code is
only checked.
"""

import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import pyotp
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from cxreports.errors import AlreadyThere, BadField, NotThere
from cxreports.language import _
from cxreports.portal import audit
from cxreports.portal.audit import Event
from cxreports.portal.database import newest
from cxreports.portal.database import now as present
from cxreports.portal.people.vault import Vault
from cxreports.portal.tables import RecoveryCode, User

STEP_S: Final = 30
DRIFT_STEPS: Final = 1
"""Steps that an authenticator's clock may be early or late."""

RECOVERY_CODES: Final = 10

_CODE_DIGITS: Final = 6
_GROUPS: Final = 3
_GROUP: Final = 4
# No digit or letter that is taken for another when read from paper.
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"


class Factor(StrEnum):
    """What was shown as second factor."""

    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator needs.

    Attributes
    ----------
    secret
        Base32, for typing it in.
    uri
        ``otpauth://…``, for a QR code.
    """

    secret: str
    uri: str


def begin(db: Session, user: User, vault: Vault, *, issuer: str = "cxreports") -> Enrolment:
    """Make a new secret, which counts once it is confirmed.

    Raises
    ------
    AlreadyThere
        The second factor is on already.
    """
    user = newest(db, user)
    _refuse_if_on(user)
    secret = pyotp.random_base32()
    user.totp_secret = vault.seal(_purpose(user), secret)
    db.flush()
    return _enrolment(user, secret, issuer)


def pending(db: Session, user: User, vault: Vault, *, issuer: str = "cxreports") -> Enrolment | None:
    """Secret that waits to be confirmed; None where there is none."""
    user = newest(db, user)
    if user.totp_enabled_at is not None or user.totp_secret is None:
        return None
    return _enrolment(user, vault.unseal(_purpose(user), user.totp_secret), issuer)


def confirm(
    db: Session, user: User, code: str, vault: Vault, *, address: str = "", now: datetime | None = None
) -> list[str]:
    """Turn the second factor on by a first code, and give the recovery codes, to be shown once.

    Raises
    ------
    BadField
        The code is not right.
    AlreadyThere
        The second factor is on already.
    NotThere
        No secret was made before.
    """
    user = newest(db, user)
    _refuse_if_on(user)
    if user.totp_secret is None:
        raise NotThere(_("Begin with the QR code, then enter the code that your authenticator shows."))
    now = now or present()
    step = _step_of(user, _folded(code), vault, now)
    if step is None:
        raise BadField("code", _("This code is not right. Is the clock of your phone right?"))
    user.totp_enabled_at, user.totp_last_step = now, step
    db.flush()
    audit.of_user(db, Event.TWO_FACTOR_ENABLED, user, address=address, now=now)
    return _new_codes(db, user, vault)


def verify(
    db: Session, user: User, code: str, vault: Vault, *, address: str = "", now: datetime | None = None
) -> Factor | None:
    """Accept a code of the authenticator, or a recovery code, once; None when it is not right."""
    now = now or present()
    user = newest(db, user)
    if user.totp_enabled_at is None:
        return None
    folded = _folded(code)
    step = _step_of(user, folded, vault, now)
    if step is not None:
        taken = db.execute(
            update(User)
            .where(User.id == user.id, or_(User.totp_last_step.is_(None), User.totp_last_step < step))
            .values(totp_last_step=step)
            .returning(User.id)
        )
        return Factor.TOTP if taken.first() else None
    taken = db.execute(
        update(RecoveryCode)
        .where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
        .where(RecoveryCode.code_hash == _code_hash(user, folded, vault))
        .values(used_at=now)
        .returning(RecoveryCode.id)
    )
    if taken.first() is None:
        return None
    audit.of_user(db, Event.RECOVERY_CODE_USED, user, address=address, now=now, left=codes_left(db, user.id))
    return Factor.RECOVERY_CODE


def codes_left(db: Session, user_id: int) -> int:
    """How many recovery codes a user has not used."""
    unused = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return db.scalar(unused) or 0


def renew_recovery_codes(
    db: Session, user: User, vault: Vault, *, address: str = "", now: datetime | None = None
) -> list[str]:
    """Make new recovery codes, to be shown once; those before are no good any more.

    Raises
    ------
    NotThere
        The second factor is off.
    """
    user = newest(db, user)
    if user.totp_enabled_at is None:
        raise NotThere(_("Two-factor authentication is off."))
    audit.of_user(db, Event.RECOVERY_CODES_RENEWED, user, address=address, now=now)
    return _new_codes(db, user, vault)


def disable(db: Session, user: User, *, by: str = "", address: str = "", now: datetime | None = None) -> None:
    """Turn the second factor off, and forget its secret and codes.

    A user is asked for password and code first: `cxreports.portal.people.credentials`.

    Parameters
    ----------
    by
        Who does it, where it is not the user.
    """
    user = newest(db, user)
    was_on = user.totp_enabled_at is not None
    user.totp_secret = user.totp_enabled_at = user.totp_last_step = None
    db.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    if was_on:
        audit.of_user(
            db, Event.TWO_FACTOR_DISABLED, user, address=address, now=now, **({"by": by} if by else {})
        )


def _enrolment(user: User, secret: str, issuer: str) -> Enrolment:
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=issuer))


def _refuse_if_on(user: User) -> None:
    if user.totp_enabled_at is not None:
        raise AlreadyThere(_("Two-factor authentication is on already."))


def _purpose(user: User) -> str:
    """Bind a secret to its user: in another's row it cannot be opened."""
    return f"totp {user.id}"


def _folded(code: str) -> str:
    """Read what was typed: digits of any script, capitals or not, blanks and hyphens between groups."""
    plain = unicodedata.normalize("NFKC", code[:100]).casefold()
    return "".join(
        str(unicodedata.decimal(each)) if each.isdecimal() else each for each in plain if each.isalnum()
    )


def _step_of(user: User, code: str, vault: Vault, now: datetime) -> int | None:
    """Step that a code belongs to, of those that the clock may be at; None for none."""
    if user.totp_secret is None or len(code) != _CODE_DIGITS or not code.isdecimal():
        return None
    totp = pyotp.TOTP(vault.unseal(_purpose(user), user.totp_secret))
    current = int(now.timestamp()) // STEP_S
    found = None
    for step in range(max(current - DRIFT_STEPS, 0), current + DRIFT_STEPS + 1):
        # Every step is compared, whichever matches.
        if hmac.compare_digest(totp.generate_otp(step), code):
            found = step
    return found


def _new_codes(db: Session, user: User, vault: Vault) -> list[str]:
    db.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = [
        "".join(secrets.choice(_ALPHABET) for _each in range(_GROUPS * _GROUP))
        for _n in range(RECOVERY_CODES)
    ]
    db.add_all(RecoveryCode(user_id=user.id, code_hash=_code_hash(user, code, vault)) for code in codes)
    db.flush()
    return ["-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP)) for code in codes]


def _code_hash(user: User, code: str, vault: Vault) -> str:
    """Hash by a key that is not in the database: a copy of it does not tell the codes."""
    return vault.sign("recovery codes", f"{user.id} {code}")
