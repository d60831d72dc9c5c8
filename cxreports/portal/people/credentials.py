"""Changing what one logs in with: the password, and whether a second factor is asked for.

Whoever changes it shows again who they are, by the password or by a mailed link, so that a browser left
open is not enough. A changed password ends every other session.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from cxreports.errors import BadField
from cxreports.language import _
from cxreports.portal import audit
from cxreports.portal.audit import Event
from cxreports.portal.database import Database, newest
from cxreports.portal.database import now as present
from cxreports.portal.people import (
    confirmation,
    passwords,
    second_factor,
    sessions,
    throttle,
    verification,
)
from cxreports.portal.people.vault import Vault
from cxreports.portal.tables import LoginSession, Purpose, User

_RESET: Final = "reset"


@dataclass(frozen=True)
class Changed:
    """A password that was changed.

    Attributes
    ----------
    session_id
        The new id of the session in which it was changed; None where it was changed by a link.
    ended
        Hashes of the sessions that this ended.
    """

    user_id: int
    session_id: str | None
    ended: tuple[str, ...]


@dataclass(frozen=True)
class ResetLink:
    """What to mail to somebody who forgot the password."""

    user: User
    token: str


def change_password(
    database: Database,
    session: LoginSession,
    old: str,
    new: str,
    *,
    address: str = "",
    now: datetime | None = None,
) -> Changed:
    """Change the password of a logged-in user; the session gets a new id, every other is ended.

    Raises
    ------
    LoginRefused
        The old password is not right, or was tried too often; or the session has ended.
    BadField
        The new one is easily guessed, or is the old one.
    """
    now = now or present()
    user = session.user
    confirmation.by_password(database, user, old, session=session.id_hash, address=address, now=now)
    passwords.check(new, email=user.email, name=user.name)
    if new == old:
        raise BadField("password", _("This is the password that you have. Choose another."))
    new_hash = passwords.hashed(new)
    with database.writing() as db:
        session_id = sessions.renew(db, session, now=now)
        ended = _set(db, newest(db, user), new_hash, now, keep=sessions.hashed(session_id))
        audit.of_user(db, Event.PASSWORD_CHANGED, user, address=address, now=now)
    return Changed(user.id, session_id, (session.id_hash, *ended))


def ask_reset(
    database: Database,
    email: str,
    *,
    address: str = "",
    device: str | None = None,
    now: datetime | None = None,
) -> None:
    """Take the wish of somebody who forgot the password; `reset_link` is what to do about it.

    Nobody is looked for here, so that the answer, and the time that it takes, tell nothing: make the link
    and mail it after the answer was given.

    Parameters
    ----------
    device
        As for `cxreports.portal.people.login.with_password`.

    Raises
    ------
    LoginRefused
        It was asked for a moment ago, for this account from this address, or too often.
    """
    asker = throttle.address(address)
    strangers = (
        throttle.send(f"{_RESET} {asker}", email),
        throttle.account(email, "send-account"),
        throttle.address(address, "send-address"),
    )
    keys = (throttle.device(device, "send-device"),) if device else strangers
    with database.writing() as db:
        wait_s = throttle.attempt(db, *keys, now=now)
    verification.refuse_if_too_soon(wait_s)


def reset_link(
    database: Database, email: str, *, address: str = "", now: datetime | None = None
) -> ResetLink | None:
    """Make a link for somebody who asked for it; None where there is nobody to mail it to.

    It goes to the address that the account has, not to the one that was typed.
    """
    now = now or present()
    with database.writing() as db:
        user = verification.owner_of(db, email)
        audit.of_typed(db, Event.PASSWORD_RESET_ASKED, user, email, address=address, now=now)
        if user is None or user.disabled_at is not None:
            return None
        return ResetLink(user, verification.link(db, user, Purpose.RESET, now=now))


def reset_password(
    database: Database,
    token: str,
    new: str,
    *,
    purpose: Purpose = Purpose.RESET,
    address: str = "",
    now: datetime | None = None,
) -> Changed:
    """Choose a password by a mailed link, which is used up; every session of the user is ended.

    The second factor stays as it was.

    Parameters
    ----------
    purpose
        `Purpose.RESET`, or `Purpose.INVITATION` for the first password.

    Raises
    ------
    NotThere
        The link is not good, or not any more.
    BadField
        The password is easily guessed; the link stays good.
    """
    now = now or present()
    with database.reading() as db:
        user = verification.peek(db, token, purpose, now=now)
    passwords.check(new, email=user.email, name=user.name)
    new_hash = passwords.hashed(new)
    with database.writing() as db:
        user = verification.redeem(db, token, purpose, address=address, now=now)
        # Whoever had the account may have asked for an address of theirs.
        verification.forget_pending(db, user)
        ended = _set(db, user, new_hash, now)
        throttle.succeeded(db, throttle.account(user.email))
        audit.of_user(db, Event.PASSWORD_RESET, user, address=address, now=now, by=purpose.value)
    return Changed(user.id, None, tuple(ended))


def disable_second_factor(
    database: Database,
    user: User,
    password: str,
    code: str,
    vault: Vault,
    *,
    session: str = "",
    address: str = "",
    now: datetime | None = None,
) -> None:
    """Turn the second factor off, for a user who gives the password and a code.

    Parameters
    ----------
    session
        As for `cxreports.portal.people.confirmation.by_password`.

    Raises
    ------
    LoginRefused
        One of them is not right, or was tried too often.
    """
    now = now or present()
    confirmation.by_password(database, user, password, session=session, address=address, now=now)
    confirmation.by_code(database, user, code, vault, session=session, address=address, now=now)
    with database.writing() as db:
        second_factor.disable(db, user, address=address, now=now)


def renew_recovery_codes(
    database: Database,
    user: User,
    password: str,
    vault: Vault,
    *,
    session: str = "",
    address: str = "",
    now: datetime | None = None,
) -> list[str]:
    """Make new recovery codes for a user who gives the password.

    Parameters
    ----------
    session
        As for `cxreports.portal.people.confirmation.by_password`.

    Raises
    ------
    LoginRefused
        It is not right, or was tried too often.
    NotThere
        The second factor is off.
    """
    now = now or present()
    confirmation.by_password(database, user, password, session=session, address=address, now=now)
    with database.writing() as db:
        return second_factor.renew_recovery_codes(db, user, vault, address=address, now=now)


def _set(db: Session, user: User, new_hash: str, now: datetime, *, keep: str | None = None) -> list[str]:
    user.password_hash, user.password_changed_at = new_hash, now
    # A link that is on its way would change it again.
    verification.forget(db, user, Purpose.RESET)
    db.flush()
    return sessions.end_all(db, user.id, but=keep)
