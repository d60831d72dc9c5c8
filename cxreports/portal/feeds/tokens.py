"""Tokens of the sources that push call records: made once, shown once, kept as their digests."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from cxreports.portal.database import now
from cxreports.portal.feeds.tables import FeedToken

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PREFIX: Final = "cxr_"
_BYTES: Final = 32
_LONGEST: Final = 100


def renew(db: Session, feed: str) -> str:
    """A new token of a source; the one that it had before is worth nothing from now on."""
    token = PREFIX + secrets.token_urlsafe(_BYTES)
    db.execute(delete(FeedToken).where(FeedToken.feed == feed))
    db.add(FeedToken(feed=feed, digest=_digest(token), made_at=now()))
    return token


def feed_of(db: Session, token: str) -> str | None:
    """Source that a token belongs to; None for none."""
    if not token.startswith(PREFIX) or len(token) > _LONGEST:
        return None
    return db.scalar(select(FeedToken.feed).where(FeedToken.digest == _digest(token)))


def names(db: Session) -> set[str]:
    """Sources that have a token."""
    return set(db.scalars(select(FeedToken.feed)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
