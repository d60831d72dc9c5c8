"""Rows of schedules: the rule, whom it goes to, its runs, what they made, and what was sent."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cxreports.portal.post.outgoing import OutgoingMessage
from cxreports.portal.tables import Row


class Missed(StrEnum):
    """What becomes of due times that passed while nothing ran."""

    ONCE = "once"
    ALL = "all"
    SKIP = "skip"


class RunState(StrEnum):
    """How far a run has come."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class PartState(StrEnum):
    """What became of one customer's report in a run."""

    DONE = "done"
    FAILED = "failed"


class Schedule(Row):
    """A report that is made again and again.

    Attributes
    ----------
    company_id
        The company whose schedule it is; None for the operators'.
    owner_id, owner_email
        Who made it, and is told when a receiver is taken off.
    notebook
        ``report``, ``review`` or ``destinations``, or the path of an analyst's own.
    customers
        Ids of those whom it is about, or ``["all"]``.
    to_customers
        Whether each customer's own people get theirs, besides the recipients.
    period
        Name of a period (`cxreports.portal.schedules.period`).
    cron, zone
        When it is due (`cxreports.portal.schedules.due`).
    wait_h
        Hours that a run waits at most for the calls of its period.
    next_due_at
        Due time that has no run yet; None while it is paused or removed.
    removed_at
        When it was removed; what it made stays until it is over.
    once_key
        Names a report that somebody asked for once (`cxreports.portal.schedules.once`): its person and the
        form that was sent; None for what people know as a schedule.
    """

    __tablename__ = "schedules"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[str | None] = mapped_column(ForeignKey("companies.id", ondelete="CASCADE"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    owner_email: Mapped[str]
    name: Mapped[str]
    notebook: Mapped[str]
    customers: Mapped[list[str]] = mapped_column(JSON)
    to_customers: Mapped[bool]
    period: Mapped[str] = mapped_column(String(32))
    cron: Mapped[str]
    zone: Mapped[str]
    formats: Mapped[list[str]] = mapped_column(JSON)
    language: Mapped[str]
    missed: Mapped[str] = mapped_column(String(16))
    wait_h: Mapped[int]
    created_at: Mapped[datetime]
    next_due_at: Mapped[datetime | None] = mapped_column(index=True)
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str]
    removed_at: Mapped[datetime | None]
    once_key: Mapped[str | None] = mapped_column(String(64), index=True, unique=True)

    recipients: Mapped[list["Recipient"]] = relationship(
        order_by="Recipient.id", lazy="selectin", viewonly=True
    )


class Recipient(Row):
    """Somebody whom a schedule's reports go to.

    Attributes
    ----------
    target
        Mail address or URL; a password in it is sealed.
    target_key
        The address folded, by which it is there once.
    customer
        The customer whose report alone it gets, one of whose people it is; None for the reports of all.
    removed_at, removed_why
        When it was taken off, and why: ``owner``, ``unsubscribed``, or the receiver's answer.
    """

    __tablename__ = "schedule_recipients"
    __table_args__ = (UniqueConstraint("schedule_id", "target_key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(16))
    target: Mapped[str]
    target_key: Mapped[str]
    customer: Mapped[str | None]
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    removed_why: Mapped[str]


class Run(Row):
    """A due time of a schedule, once, or a run that somebody asked for.

    Attributes
    ----------
    due_at
        With the schedule, unique: no due time is ever run twice.
    about_at
        Moment that its period is seen from: when it was due, or for a revision, when the first was.
    asked_by
        Who asked for it; empty for one that was due.
    only_to
        The one address that it goes to; empty for every receiver.
    is_revision
        Whether it is sent again since figures have changed.
    look_at
        Earliest moment at which a worker looks at it: later than due while it waits for calls.
    lease, leased_until
        Random name of the worker that has it, and until when.
    """

    __tablename__ = "schedule_runs"
    __table_args__ = (
        UniqueConstraint("schedule_id", "due_at"),
        Index("ix_schedule_runs_state_look_at", "state", "look_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))
    due_at: Mapped[datetime]
    about_at: Mapped[datetime]
    asked_by: Mapped[str]
    only_to: Mapped[str]
    is_revision: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16))
    look_at: Mapped[datetime]
    lease: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None]
    tries: Mapped[int]
    error: Mapped[str]
    ended_at: Mapped[datetime | None]

    schedule: Mapped[Schedule] = relationship(lazy="joined", innerjoin=True, viewonly=True)


class Part(Row):
    """One customer's report of a run: finished, or failed.

    Attributes
    ----------
    customer
        Whose figures it has, or ``all``.
    company_id
        The company that may see it; None for operators alone.
    snapshot, as_of
        Version of the lake that it was made from, and how far its calls reach.
    figures
        Attempts, connected calls and charge when it was made, by which a later revision is seen.
    expires_at
        When its files are deleted.
    """

    __tablename__ = "finished_reports"
    __table_args__ = (
        UniqueConstraint("run_id", "customer"),
        Index("ix_finished_reports_company_id_made_at", "company_id", "made_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("schedule_runs.id", ondelete="CASCADE"))
    customer: Mapped[str]
    company_id: Mapped[str | None] = mapped_column(ForeignKey("companies.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(16))
    error: Mapped[str]
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    snapshot: Mapped[int | None]
    as_of: Mapped[datetime | None]
    is_complete: Mapped[bool]
    figures: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)

    run: Mapped[Run] = relationship(lazy="joined", innerjoin=True, viewonly=True)
    files: Mapped[list["ReportFile"]] = relationship(order_by="ReportFile.id", lazy="selectin", viewonly=True)


class ReportFile(Row):
    """A file of a finished report.

    Attributes
    ----------
    path
        In the home folder.
    pages
        How many it has; None for what is no PDF, and for reports that were made before they were counted.
    """

    __tablename__ = "report_files"
    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("finished_reports.id", ondelete="CASCADE"), index=True)
    format: Mapped[str] = mapped_column(String(8))
    name: Mapped[str]
    media_type: Mapped[str]
    path: Mapped[str]
    size: Mapped[int]
    pages: Mapped[int | None]


class Delivery(Row):
    """A message of the outbox that a finished report went in.

    Attributes
    ----------
    recipient_id
        None for who asked for a run.
    is_settled
        Whether a permanent failure has had its consequences.
    """

    __tablename__ = "report_deliveries"
    message_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("finished_reports.id", ondelete="CASCADE"), index=True)
    recipient_id: Mapped[int | None] = mapped_column(
        ForeignKey("schedule_recipients.id", ondelete="CASCADE"), index=True
    )
    is_settled: Mapped[bool]

    message: Mapped[OutgoingMessage] = relationship(lazy="joined", innerjoin=True, viewonly=True)
    report: Mapped[Part] = relationship(lazy="joined", innerjoin=True, viewonly=True)
