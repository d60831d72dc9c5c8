"""Rows of the outbox: messages that are to leave, and every try to send one.

`cxreports.delivery.outbox` puts and sends them.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cxreports.portal.tables import Row


class Channel(StrEnum):
    """Way that a message takes."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    SFTP = "sftp"
    S3 = "s3"


class State(StrEnum):
    """What has become of a message."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    STOPPED = "stopped"


class OutgoingMessage(Row):
    """A message that is to leave, or has left.

    Attributes
    ----------
    key
        Names what it is about; no two messages have the same.
    company_id
        The company that may see it; None for operators alone.
    attachments
        ``name``, ``media_type`` and ``path`` of each file.
    due_at
        Earliest moment of the next try.
    tries
        Tries that were begun.
    lease, leased_until
        Random name of the process that sends it, and until when no other may; None while nobody does.
    answer
        What the receiver answered last, or why it was not reached.
    refusal
        What that answer refused for good (`cxreports.errors.Refusal`); empty where another try may go better.
    ended_at
        When it was sent, or given up.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state_due_at", "state", "due_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str] = mapped_column(String(16))
    target: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    company_id: Mapped[str | None] = mapped_column(ForeignKey("companies.id", ondelete="CASCADE"), index=True)
    headers: Mapped[dict[str, Any]]
    attachments: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int]
    lease: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None]
    answer: Mapped[str]
    refusal: Mapped[str] = mapped_column(String(16))
    ended_at: Mapped[datetime | None]


class SendingTry(Row):
    """A try to send a message, recorded before it begins.

    One without an end was cut off: nobody knows whether the receiver has the message.
    """

    __tablename__ = "outbox_tries"
    message_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    answer: Mapped[str]
