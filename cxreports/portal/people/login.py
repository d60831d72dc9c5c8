"""Logging in: by password and second factor, or by passkey.

Each step asks the throttle, looks, and tells the audit log. These functions take the database, not a
transaction: a failure is kept although it is raised, and no transaction is held open while a password
is hashed. The answer to a wrong password, an unknown address and a disabled account is one and the
same, in its words, its work and its time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cxreports.errors import LoginRefused
from cxreports.language import _
from cxreports.portal import audit
from cxreports.portal.audit import Event
from cxreports.portal.database import Database
from cxreports.portal.database import now as present
from cxreports.portal.people import passkeys, passwords, sessions, throttle, tries, verification
from cxreports.portal.people.second_factor import Factor
from cxreports.portal.people.vault import Vault
from cxreports.portal.tables import LoginSession, Stage, User


@dataclass(frozen=True)
class LoggedIn:
    """A step that succeeded.

    Attributes
    ----------
    session_id
        For the cookie; that of the step before is no good any more.
    stage
        `Stage.SECOND_FACTOR` when a second factor is still asked for.
    is_recovery
        Whether a recovery code stood in for the second factor.
    """

    session_id: str
    stage: Stage
    user_id: int
    email: str
    is_recovery: bool = False


def with_password(
    database: Database,
    email: str,
    password: str,
    *,
    address: str = "",
    agent: str = "",
    device: str | None = None,
    now: datetime | None = None,
) -> LoggedIn:
    """Log in with a password.

    Parameters
    ----------
    device
        Token of a browser that logged in to this very account before; it waits for its own failures alone,
        not for those of strangers.

    Raises
    ------
    LoginRefused
        Address or password are not right, the account is disabled, or it was tried too often.
    """
    now = now or present()
    keys = (throttle.device(device),) if device else (throttle.account(email), throttle.address(address))
    with database.writing() as db:
        wait_s = throttle.attempt(db, *keys, now=now)
    tries.refuse_if_too_often(wait_s)
    with database.reading() as db:
        user = verification.owner_of(db, email)
    tried_hash = user.password_hash if user else None
    is_right = passwords.matches(tried_hash, password)
    rehashed = (
        passwords.hashed(password) if is_right and tried_hash and passwords.needs_rehash(tried_hash) else None
    )
    with database.writing() as db:
        user = verification.owner_of(db, email)
        # Meanwhile it may have been disabled, or the password changed.
        if not is_right or user is None or user.disabled_at or user.password_hash != tried_hash:
            tries.failed(db, user, email, address, now, keys, step="password")
            logged_in = None
        else:
            user.password_hash = rehashed or tried_hash
            throttle.succeeded(db, *keys)
            stage = Stage.FULL if user.totp_enabled_at is None else Stage.SECOND_FACTOR
            session_id = sessions.begin(db, user, stage=stage, address=address, agent=agent, now=now)
            if stage is Stage.FULL:
                audit.of_user(db, Event.LOGIN, user, address=address, now=now, by="password")
            logged_in = LoggedIn(session_id, stage, user.id, user.email)
    if logged_in is None:
        raise LoginRefused(_("E-mail or password is not right."))
    return logged_in


def with_second_factor(
    database: Database,
    session_id: str,
    code: str,
    vault: Vault,
    *,
    address: str = "",
    device: str | None = None,
    now: datetime | None = None,
) -> LoggedIn:
    """Complete a login by a code of the authenticator or a recovery code; the session gets a new id.

    Parameters
    ----------
    device
        As for `with_password`.

    Raises
    ------
    LoginRefused
        The code is not right or was used, the password was given too long ago, or it was tried too often.
    """
    now = now or present()
    with database.writing() as db:
        session = _half_way(db, session_id, now)
        user = session.user
        own = (throttle.device(device, "device-code"),) if device else ()
        keys = own or (throttle.second_factor(user.id), throttle.address(address))
        wait_s, factor = tries.code(db, user, code, vault, address, now, keys)
        by = f"password and {factor}"
        logged_in = _complete(db, session, address, now, by=by) if factor else None
        if logged_in and factor is Factor.RECOVERY_CODE:
            logged_in = replace(logged_in, is_recovery=True)
    tries.refuse_if_too_often(wait_s)
    if logged_in is None:
        raise tries.bad_code()
    return logged_in


def with_passkey(
    database: Database,
    challenge_id: str,
    credential: dict[str, Any],
    *,
    rp_id: str,
    origin: str | Sequence[str],
    session_id: str | None = None,
    address: str = "",
    agent: str = "",
    now: datetime | None = None,
) -> LoggedIn:
    """Log in with a passkey, or complete a login with it.

    Parameters
    ----------
    challenge_id, credential, rp_id, origin
        As for `cxreports.portal.people.passkeys.authenticate`.
    session_id
        The session that the password began; None in place of a password.

    Raises
    ------
    LoginRefused
        The passkey was not accepted, the password was given too long ago, or it was tried too often.
    """
    now = now or present()
    logged_in = None
    with database.writing() as db:
        session = None if session_id is None else _half_way(db, session_id, now)
        asked = session.user if session else None
        alone = session is None
        wait_s, user = tries.passkey(
            db, asked, challenge_id, credential, rp_id, origin, address, now, stands_alone=alone
        )
        if user and session:
            logged_in = _complete(db, session, address, now, by="password and passkey")
        elif user:
            begun = sessions.begin(db, user, stage=Stage.FULL, address=address, agent=agent, now=now)
            audit.of_user(db, Event.LOGIN, user, address=address, now=now, by="passkey")
            logged_in = LoggedIn(begun, Stage.FULL, user.id, user.email)
    tries.refuse_if_too_often(wait_s)
    if logged_in is None:
        raise passkeys.refused()
    return logged_in


def log_out(
    database: Database, session_id: str, *, address: str = "", now: datetime | None = None
) -> str | None:
    """End the session of a cookie, and give its hash; None where there is none."""
    now = now or present()
    with database.writing() as db:
        session = db.get(LoginSession, sessions.hashed(session_id))
        if session is None:
            return None
        audit.of_user(db, Event.LOGOUT, session.user, address=address, now=now)
        return sessions.end(db, session_id)


def end_sessions(
    database: Database,
    user: User,
    *,
    only: str | None = None,
    but: str | None = None,
    address: str = "",
    now: datetime | None = None,
) -> list[str]:
    """End a user's sessions, for the user: every one, every one but the present, or one of them.

    Parameters
    ----------
    only, but
        Hash of a session.

    Returns
    -------
    list of str
        Hashes of those that were ended.
    """
    now = now or present()
    with database.writing() as db:
        if only is None:
            ended = sessions.end_all(db, user.id, but=but)
        else:
            ended = [only] if sessions.end_one(db, user.id, only) else []
        if ended:
            audit.of_user(db, Event.SESSION_ENDED, user, address=address, now=now, count=len(ended))
    return ended


def purge(database: Database, *, now: datetime | None = None) -> list[str]:
    """Remove what is over: sessions, challenges, codes and links; give the hashes of the sessions."""
    now = now or present()
    with database.writing() as db:
        passkeys.purge(db, now=now)
        verification.purge(db, now=now)
        return sessions.purge(db, now=now)


def _half_way(db: Session, session_id: str, now: datetime) -> LoginSession:
    session = sessions.find(db, session_id, stage=Stage.SECOND_FACTOR, now=now)
    if session is None:
        raise LoginRefused(_("Log in with your password again: it was given too long ago."))
    return session


def _complete(db: Session, session: LoginSession, address: str, now: datetime, *, by: str) -> LoggedIn:
    user = session.user
    session_id = sessions.renew(db, session, now=now)
    audit.of_user(db, Event.LOGIN, user, address=address, now=now, by=by)
    return LoggedIn(session_id, Stage.FULL, user.id, user.email)
