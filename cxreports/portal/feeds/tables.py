"""Rows of the feeds: tokens of switches that push, and what each feed delivered."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from cxreports.portal.tables import Row


class FeedToken(Row):
    """The token of a source that pushes; the token itself is kept nowhere.

    Attributes
    ----------
    feed
        Name of the source in ``feeds.toml``.
    digest
        SHA-256 of the token, hexadecimal.
    """

    __tablename__ = "feed_tokens"
    feed: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]


class FeedState(Row):
    """What a feed has delivered, in all.

    Attributes
    ----------
    delivered_at, last_file
        Last delivery that was loaded.
    last_call
        Time of the latest call in it.
    rows, loaded, duplicates, rejected
        Counts of its deliveries.
    refused, refused_at, refusal
        Deliveries that were refused, when the last one was, and why.
    failure, failing_since
        Why it cannot be reached, and since when; empty while it can.
    """

    __tablename__ = "feed_states"
    feed: Mapped[str] = mapped_column(primary_key=True)
    delivered_at: Mapped[datetime | None]
    last_file: Mapped[str] = mapped_column(default="")
    last_call: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(BigInteger, default=0)
    loaded: Mapped[int] = mapped_column(BigInteger, default=0)
    duplicates: Mapped[int] = mapped_column(BigInteger, default=0)
    rejected: Mapped[int] = mapped_column(BigInteger, default=0)
    refused: Mapped[int] = mapped_column(BigInteger, default=0)
    refused_at: Mapped[datetime | None]
    refusal: Mapped[str] = mapped_column(default="")
    failure: Mapped[str] = mapped_column(default="")
    failing_since: Mapped[datetime | None]
