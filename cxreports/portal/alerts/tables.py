"""Rows of the alerts: rules, where each stands, what fired, and files that were refused."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cxreports.portal.tables import Row


def _of_company() -> ForeignKey:
    return ForeignKey("companies.id", ondelete="CASCADE")


def _of_rule() -> ForeignKey:
    return ForeignKey("alert_rules.id", ondelete="CASCADE")


class AlertRule(Row):
    """A rule.

    Attributes
    ----------
    owner
        The company's id, or empty for the operators': titles are unique within it.
    company_id
        The company whose calls it watches and whose users keep it; None for the operators' own, which
        watch all customers.
    is_each
        Whether an operators' rule watches every customer by itself, not all of them together.
    title_key
        The title folded, by which it is unique; None once the rule is removed.
    compared
        ``week``: what is watched is the change against the same time a week before, in per cent.
    destination, sip, direction
        Which calls count, see `cxreports.figures.narrowing.Narrowing`; empty for all.
    threshold, reset
        It fires beyond the one, and is over when the other is reached.
    sample_min
        Minutes over which a figure is taken.
    fewest_calls
        With fewer calls it is not judged.
    lasting_min
        Minutes for which the threshold must be passed without a break.
    repeat_min
        Minutes after which a notice is repeated; 0 for never.
    emails, webhook
        Who is notified.
    to_operators
        Whether all verified operators are too; of the operators' own rules alone.
    standing
        Name of a rule that stands from the start; None for those that people made.
    revision
        Counts the changes of what is judged: what an evaluator measured for an earlier one is dropped.
    muted_until, muted_by
        Up to when it is judged without a notice, and who wants that.
    judged_at
        Last moment that was judged; none is judged twice.
    """

    __tablename__ = "alert_rules"
    __table_args__ = (
        Index("uq_alert_rules_owner_title_key", "owner", "title_key", unique=True),
        Index("uq_alert_rules_standing", "standing", unique=True),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(default="")
    company_id: Mapped[str | None] = mapped_column(_of_company(), index=True)
    is_each: Mapped[bool] = mapped_column(default=False)
    title: Mapped[str]
    title_key: Mapped[str | None]
    metric: Mapped[str] = mapped_column(String(32))
    compared: Mapped[str] = mapped_column(String(8), default="")
    destination: Mapped[str] = mapped_column(default="")
    sip: Mapped[str] = mapped_column(String(8), default="")
    direction: Mapped[str] = mapped_column(String(16), default="")
    is_below: Mapped[bool]
    threshold: Mapped[Decimal]
    reset: Mapped[Decimal]
    sample_min: Mapped[int]
    fewest_calls: Mapped[int] = mapped_column(default=0)
    lasting_min: Mapped[int] = mapped_column(default=0)
    repeat_min: Mapped[int] = mapped_column(default=0)
    level: Mapped[str] = mapped_column(String(16))
    emails: Mapped[list[str]] = mapped_column(JSON)
    webhook: Mapped[str] = mapped_column(default="")
    to_operators: Mapped[bool] = mapped_column(default=False)
    standing: Mapped[str | None] = mapped_column(String(32))
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(default="")
    paused_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    paused_by: Mapped[str] = mapped_column(default="")
    muted_until: Mapped[datetime | None]
    muted_by: Mapped[str] = mapped_column(default="")
    removed_at: Mapped[datetime | None]
    judged_at: Mapped[datetime | None]


class AlertReceiver(Row):
    """An address that was taken off a rule; its row stays when it is added again.

    Attributes
    ----------
    target_key, target
        The address folded, and as it was written.
    removed_at
        Since when no mail goes to it; None once it was added again.
    removed_why
        ``unsubscribed``, or what the mail server answered.
    failed_message
        Id of the last message that could not be delivered and was reckoned with; 0 for none.
    """

    __tablename__ = "alert_receivers"
    rule_id: Mapped[int] = mapped_column(_of_rule(), primary_key=True)
    target_key: Mapped[str] = mapped_column(primary_key=True)
    target: Mapped[str]
    removed_at: Mapped[datetime | None]
    removed_why: Mapped[str] = mapped_column(default="")
    failed_message: Mapped[int] = mapped_column(default=0)


class AlertState(Row):
    """Where a rule stands for a customer; a rule that is all right may have none.

    Attributes
    ----------
    customer
        A customer's id, or ``all``.
    since
        Since when the threshold is passed; None while it is not.
    alert_id
        What fires; None while nothing does.
    verdict, value, calls
        What came of it at the last moment judged.
    """

    __tablename__ = "alert_states"
    rule_id: Mapped[int] = mapped_column(_of_rule(), primary_key=True)
    customer: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime | None]
    alert_id: Mapped[int | None]
    verdict: Mapped[str] = mapped_column(String(16))
    value: Mapped[str | None]
    calls: Mapped[int | None]


class Alert(Row):
    """Something that fired; what it says of its rule is as it was then.

    Attributes
    ----------
    fired_at
        Moment whose figures passed the threshold (long enough): a rule fires once for a moment.
    noticed_at
        When that was found.
    value, worst
        Figure at that moment, and the worst one since, as decimal text.
    told_at
        Moment of the last notice.
    ended_at, ended_by
        When it was over, and why: ``reset``, ``paused``, ``changed``, ``removed``.
    limits
        Threshold, reset and others of the rule, as texts; why its notices are held back
        (`cxreports.alerts.pausing`).
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index("uq_alerts_rule_id_customer_fired_at", "rule_id", "customer", "fired_at", unique=True),
        Index("ix_alerts_company_id_fired_at", "company_id", "fired_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(_of_rule())
    company_id: Mapped[str | None] = mapped_column(_of_company())
    customer: Mapped[str]
    title: Mapped[str]
    metric: Mapped[str] = mapped_column(String(32))
    level: Mapped[str] = mapped_column(String(16))
    fired_at: Mapped[datetime]
    noticed_at: Mapped[datetime]
    value: Mapped[str]
    worst: Mapped[str]
    calls: Mapped[int | None]
    told_at: Mapped[datetime]
    repeats: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    ended_by: Mapped[str] = mapped_column(String(16), default="")
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    limits: Mapped[dict[str, Any]]


class NoticePause(Row):
    """A time during which no rule of an owner gives notice; its row may stay when it is over.

    Attributes
    ----------
    owner
        The company's id, or empty for the operators' own rules, as in `AlertRule`.
    since, until
        When it was asked for, and up to when it is in force.
    paused_by
        Who wants it.
    """

    __tablename__ = "notice_pauses"
    owner: Mapped[str] = mapped_column(primary_key=True)
    company_id: Mapped[str | None] = mapped_column(_of_company())
    since: Mapped[datetime]
    until: Mapped[datetime]
    paused_by: Mapped[str]


class RefusedFile(Row):
    """A delivered file that held no call records, or could not be read as such."""

    __tablename__ = "refused_files"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    name: Mapped[str]
    reason: Mapped[str]
