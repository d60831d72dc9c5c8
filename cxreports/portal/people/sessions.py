"""Sessions: who is logged in, in which browser, since when.

The browser has a random id, the database its hash alone. An id is never kept when a session comes
further: whoever planted one in a browser before the login has nothing after it.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from cxreports.errors import LoginRefused
from cxreports.language import _
from cxreports.portal.database import now as present
from cxreports.portal.tables import LoginSession, Stage, User
from cxreports.settings import Settings

SECOND_FACTOR_LIFE: Final = timedelta(minutes=10)
"""Time to give the second factor after the password."""

TOUCH_EVERY: Final = timedelta(minutes=1)
"""How old the note of when a session was last heard of may become."""

RECENT: Final = timedelta(minutes=30)
"""After so long the password or a passkey is asked for again, before what a borrowed browser may not do."""

_ID_BYTES: Final = 32
_LONGEST_AGENT: Final = 300


@cache
def life() -> timedelta:
    """No session lasts longer, however busy."""
    return timedelta(hours=Settings.of().session_life_h)


@cache
def idle() -> timedelta:
    """A session that nothing is heard of for so long is over; an open page is heard of."""
    return timedelta(hours=Settings.of().session_idle_h)


def hashed(session_id: str) -> str:
    """Hash under which a session is kept."""
    return hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()


def begin(
    db: Session,
    user: User,
    *,
    stage: Stage,
    address: str = "",
    agent: str = "",
    now: datetime | None = None,
) -> str:
    """Begin a session of somebody who has shown who they are, and give its id for the cookie."""
    now = now or present()
    session_id = secrets.token_urlsafe(_ID_BYTES)
    db.add(
        LoginSession(
            id_hash=hashed(session_id),
            user_id=user.id,
            stage=stage,
            created_at=now,
            seen_at=now,
            expires_at=now + (life() if stage is Stage.FULL else SECOND_FACTOR_LIFE),
            address=address,
            agent=agent[:_LONGEST_AGENT],
        )
    )
    db.flush()
    return session_id


def find(
    db: Session, session_id: str, *, stage: Stage = Stage.FULL, now: datetime | None = None
) -> LoginSession | None:
    """Find the session of a cookie, with its user and company.

    None where there is none, it has come less far or further than ``stage``, it was idle for too long
    or lasted too long, or its user was disabled. Nothing is written.
    """
    return of_hash(db, hashed(session_id), stage=stage, now=now)


def of_hash(
    db: Session, id_hash: str, *, stage: Stage = Stage.FULL, now: datetime | None = None
) -> LoginSession | None:
    """Find a session by its hash, as `find` does by its id."""
    now = now or present()
    session = db.get(LoginSession, id_hash, populate_existing=True)
    if session is None or session.stage is not stage:
        return None
    return session if _is_live(session, now) else None


def is_stale(session: LoginSession, *, now: datetime | None = None) -> bool:
    """Whether `touch` has something to write."""
    return (now or present()) - session.seen_at >= TOUCH_EVERY


def touch(db: Session, session: LoginSession, *, now: datetime | None = None) -> None:
    """Note that a session was heard of; what has ended meanwhile stays ended."""
    now = now or present()
    db.execute(
        update(LoginSession)
        .where(LoginSession.id_hash == session.id_hash, LoginSession.seen_at <= now - TOUCH_EVERY)
        .values(seen_at=now)
    )


def is_recent(session: LoginSession, *, now: datetime | None = None) -> bool:
    """Whether somebody has shown only a moment ago who they are."""
    return (now or present()) - (session.proved_at or session.created_at) < RECENT


def prove(db: Session, id_hash: str, *, now: datetime | None = None) -> None:
    """Note that the user of a session has shown again who they are."""
    db.execute(update(LoginSession).where(LoginSession.id_hash == id_hash).values(proved_at=now or present()))


def renew(
    db: Session, session: LoginSession, *, stage: Stage = Stage.FULL, now: datetime | None = None
) -> str:
    """Give a session a new id and a new life, after its user has shown again who they are.

    Raises
    ------
    LoginRefused
        It has ended meanwhile.
    """
    if not _drop(db, LoginSession.id_hash == session.id_hash):
        raise LoginRefused(_("You have been logged out. Log in again."))
    return begin(db, session.user, stage=stage, address=session.address, agent=session.agent, now=now)


def end(db: Session, session_id: str) -> str | None:
    """End the session of a cookie, and give its hash; None where there is none."""
    return next(iter(_drop(db, LoginSession.id_hash == hashed(session_id))), None)


def end_one(db: Session, user_id: int, id_hash: str) -> bool:
    """End one of a user's own sessions; False where it is none of theirs."""
    return bool(_drop(db, LoginSession.id_hash == id_hash, LoginSession.user_id == user_id))


def end_all(db: Session, user_id: int, *, but: str | None = None) -> list[str]:
    """End every session of a user, but for the one of a hash, and give the hashes of those ended."""
    return _drop(db, LoginSession.user_id == user_id, LoginSession.id_hash != (but or ""))


def of_user(db: Session, user_id: int, *, now: datetime | None = None) -> list[LoginSession]:
    """A user's sessions that go on, the one last heard of first."""
    now = now or present()
    found = db.scalars(
        select(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.stage == Stage.FULL)
        .order_by(LoginSession.seen_at.desc(), LoginSession.created_at.desc())
    )
    return [session for session in found if _is_live(session, now)]


def purge(db: Session, *, now: datetime | None = None) -> list[str]:
    """Remove sessions that are over, and give their hashes, so that their kernels can be ended."""
    now = now or present()
    disabled = select(User.id).where(User.disabled_at.is_not(None))
    return _drop(
        db,
        or_(
            LoginSession.expires_at <= now,
            LoginSession.seen_at <= now - idle(),
            LoginSession.user_id.in_(disabled),
        ),
    )


def _is_live(session: LoginSession, now: datetime) -> bool:
    return now < session.expires_at and now < session.seen_at + idle() and session.user.disabled_at is None


def _drop(db: Session, *which: ColumnElement[bool]) -> list[str]:
    return list(db.scalars(delete(LoginSession).where(*which).returning(LoginSession.id_hash)))
