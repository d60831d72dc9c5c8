"""Proof of who asks, again: before what a browser that was left open, or a stolen session, may not do.

Whoever is logged in gives the password, a passkey, or a code. Only the failures of the same log-in slow it
down: no stranger has any.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cxreports.errors import LoginRefused
from cxreports.language import _
from cxreports.portal.database import Database, newest
from cxreports.portal.database import now as present
from cxreports.portal.people import passkeys, passwords, sessions, throttle, tries
from cxreports.portal.people.vault import Vault
from cxreports.portal.tables import LoginSession, User


def by_password(
    database: Database,
    user: User,
    password: str,
    *,
    session: str = "",
    address: str = "",
    now: datetime | None = None,
) -> None:
    """Ask a logged-in user for the password again, before something that a borrowed browser may not do.

    Parameters
    ----------
    session
        Hash of the log-in that asks, which waits for its own failures alone, and in which the proof counts
        for a while.

    Raises
    ------
    LoginRefused
        It is not right, or it was tried too often.
    """
    now = now or present()
    strangers = throttle.account(user.email), throttle.address(address)
    keys = (throttle.session(session),) if session else strangers
    with database.writing() as db:
        wait_s = throttle.attempt(db, *keys, now=now)
        password_hash = newest(db, user).password_hash
    tries.refuse_if_too_often(wait_s)
    is_right = passwords.matches(password_hash, password)
    with database.writing() as db:
        if is_right:
            throttle.succeeded(db, *keys)
            sessions.prove(db, session, now=now)
        else:
            tries.failed(db, user, user.email, address, now, keys, step="confirmation")
    if not is_right:
        raise LoginRefused(_("The password is not right."))


def by_code(
    database: Database,
    user: User,
    code: str,
    vault: Vault,
    *,
    session: str = "",
    address: str = "",
    now: datetime | None = None,
) -> None:
    """Ask a logged-in user for a code of the authenticator, or a recovery code.

    Parameters
    ----------
    session
        As for `by_password`.

    Raises
    ------
    LoginRefused
        It is not right or was used, or it was tried too often.
    """
    now = now or present()
    strangers = throttle.second_factor(user.id), throttle.address(address)
    keys = (throttle.session(session, "session-code"),) if session else strangers
    with database.writing() as db:
        wait_s, factor = tries.code(db, user, code, vault, address, now, keys)
    tries.refuse_if_too_often(wait_s)
    if factor is None:
        raise tries.bad_code()


def by_passkey(
    database: Database,
    session: LoginSession,
    challenge_id: str,
    credential: dict[str, Any],
    *,
    rp_id: str,
    origin: str | Sequence[str],
    address: str = "",
    now: datetime | None = None,
) -> None:
    """Ask a logged-in user for a passkey, in place of the password that `by_password` asks for.

    Parameters
    ----------
    challenge_id, credential, rp_id, origin
        As for `cxreports.portal.people.passkeys.authenticate`.

    Raises
    ------
    LoginRefused
        The passkey was not accepted, or it was tried too often.
    """
    now = now or present()
    with database.writing() as db:
        wait_s, user = tries.passkey(
            db, session.user, challenge_id, credential, rp_id, origin, address, now, stands_alone=True
        )
        if user:
            sessions.prove(db, session.id_hash, now=now)
    tries.refuse_if_too_often(wait_s)
    if user is None:
        raise passkeys.refused()
