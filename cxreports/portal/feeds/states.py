"""What feeds have delivered and what was refused: kept as it happens, shown to operators."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from sqlalchemy import select

from cxreports.portal.feeds.tables import FeedState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

_LONGEST = 500


@dataclass(frozen=True)
class Delivery:
    """What became of deliveries of a feed.

    Attributes
    ----------
    file
        Name of the last one.
    last_call
        Time of the latest call in them; None without one.
    refused, refusal
        How many were refused, and why the last one was.
    """

    file: str = ""
    rows: int = 0
    loaded: int = 0
    duplicates: int = 0
    rejected: int = 0
    last_call: datetime | None = None
    refused: int = 0
    refusal: str = ""

    def __add__(self, other: Self) -> Delivery:
        latest = [each for each in (self.last_call, other.last_call) if each is not None]
        return replace(
            self,
            file=other.file or self.file,
            rows=self.rows + other.rows,
            loaded=self.loaded + other.loaded,
            duplicates=self.duplicates + other.duplicates,
            rejected=self.rejected + other.rejected,
            last_call=max(latest, default=None),
            refused=self.refused + other.refused,
            refusal=other.refusal or self.refusal,
        )


def delivered(db: Session, feed: str, delivery: Delivery, at: datetime) -> None:
    """Add a delivery to what a feed has delivered."""
    state = _state(db, feed)
    if delivery.rows or not delivery.refused:
        state.delivered_at, state.last_file = at, delivery.file[:_LONGEST]
        if delivery.last_call is not None:
            state.last_call = max(delivery.last_call, state.last_call or delivery.last_call)
    state.rows += delivery.rows
    state.loaded += delivery.loaded
    state.duplicates += delivery.duplicates
    state.rejected += delivery.rejected
    if delivery.refused:
        state.refused += delivery.refused
        state.refused_at, state.refusal = at, delivery.refusal[:_LONGEST]
    state.failure, state.failing_since = "", None


def failed(db: Session, feed: str, failure: str, at: datetime) -> None:
    """Keep that a feed cannot be reached, since the first time; an empty failure says that it can again."""
    state = _state(db, feed)
    if not failure:
        state.failure, state.failing_since = "", None
        return
    state.failing_since = state.failing_since or at
    state.failure = failure[:_LONGEST]


def by_feed(db: Session, feeds: Iterable[str]) -> dict[str, FeedState]:
    """States of feeds that have one."""
    found = db.scalars(select(FeedState).where(FeedState.feed.in_(list(feeds))))
    return {state.feed: state for state in found}


def _state(db: Session, feed: str) -> FeedState:
    state = db.get(FeedState, feed)
    if state is None:
        state = FeedState(
            feed=feed, last_file="", rows=0, loaded=0, duplicates=0, rejected=0, refused=0, refusal="",
            failure="",
        )  # fmt: skip
        db.add(state)
    return state
