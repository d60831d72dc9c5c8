"""Tries at a code or a passkey, each looked at once, and what is noted of those that failed.

Who may try how often is `cxreports.portal.people.throttle`'s.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cxreports.errors import LoginRefused
from cxreports.language import _, ngettext
from cxreports.portal import audit
from cxreports.portal.audit import Event
from cxreports.portal.people import passkeys, second_factor, throttle
from cxreports.portal.people.second_factor import Factor
from cxreports.portal.people.vault import Vault
from cxreports.portal.tables import User


def refuse_if_too_often(wait_s: float) -> None:
    """Refuse to look while somebody has to wait.

    Raises
    ------
    LoginRefused
        There are seconds to wait.
    """
    if wait_s > 0:
        seconds = int(wait_s) + 1
        raise LoginRefused(
            ngettext(
                "Too many tries. Wait {seconds} second.", "Too many tries. Wait {seconds} seconds.", seconds
            ).format(seconds=seconds),
            wait_s,
        )


def code(
    db: Session, user: User, typed: str, vault: Vault, address: str, now: datetime, keys: Sequence[str]
) -> tuple[float, Factor | None]:
    """Look at a code, unless somebody has to wait; give the wait, and what the code was."""
    wait_s = throttle.attempt(db, *keys, now=now)
    if wait_s > 0:
        return wait_s, None
    factor = second_factor.verify(db, user, typed, vault, address=address, now=now)
    if factor is None:
        failed(db, user, user.email, address, now, keys, step="second factor")
    else:
        throttle.succeeded(db, *keys)
    return 0.0, factor


def passkey(
    db: Session,
    asked: User | None,
    challenge_id: str,
    credential: dict[str, Any],
    rp_id: str,
    origin: str | Sequence[str],
    address: str,
    now: datetime,
    *,
    stands_alone: bool,
) -> tuple[float, User | None]:
    """Look at a passkey, and give whose it is, or how long to wait after too many that were not accepted.

    Nobody guesses a signature: a right one never waits, whatever strangers do. A wrong one uses the
    challenge up all the same.
    """
    try:
        owner = passkeys.authenticate(
            db,
            challenge_id,
            credential,
            rp_id=rp_id,
            origin=origin,
            user=asked,
            stands_alone=stands_alone,
            now=now,
        )
    except LoginRefused:
        key = throttle.address(address)
        wait_s = throttle.attempt(db, key, now=now)
        if wait_s == 0:
            failed(db, asked, "", address, now, (key,), step="passkey")
        return wait_s, None
    return 0.0, owner


def bad_code() -> LoginRefused:
    """Make the refusal of a code."""
    return LoginRefused(_("This code is not right, or has been used."))


def failed(
    db: Session, user: User | None, typed: str, address: str, now: datetime, keys: Sequence[str], *, step: str
) -> None:
    """Note a failure, and how long further tries now wait."""
    wait_s = round(throttle.wait_s(db, *keys, now=now))
    audit.of_typed(db, Event.LOGIN_FAILED, user, typed, address=address, now=now, step=step, wait_s=wait_s)
