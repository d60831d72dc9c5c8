"""Schedules: added, changed, paused, resumed and removed, each with its entry in the audit log.

A customer's users keep those of their company, about their company alone. Operators keep their own, about
one, some or all customers, and may change everybody's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cxreports import language
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.errors import BadField, NotThere
from cxreports.language import _
from cxreports.portal import fields
from cxreports.portal.actor import CONSOLE, Actor
from cxreports.portal.audit import Event
from cxreports.portal.companies import companies
from cxreports.portal.database import now as present
from cxreports.portal.people import throttle, verification
from cxreports.portal.people.vault import Vault
from cxreports.portal.schedules import recipients
from cxreports.portal.schedules.due import Timing
from cxreports.portal.schedules.period import period_before
from cxreports.portal.schedules.tables import Missed, Run, RunState, Schedule
from cxreports.portal.tables import User

NOTEBOOKS: Final = ("report", "review", "destinations")
"""Notebooks that come with cxreports, by name."""

FORMATS: Final = ("pdf", "html", "xlsx", "csv")

MOST: Final = 50
"""Schedules that a company may have."""

LONGEST_NAME: Final = 80
LONGEST_WAIT_H: Final = 72


@dataclass(frozen=True)
class Wanted:
    """A schedule as somebody wants it.

    Attributes
    ----------
    notebook
        Out of `NOTEBOOKS`; at the command line also the path of one's own.
    timing
        When it is due.
    to
        Mail addresses and URLs.
    customers
        Ids, or ``("all",)``; a customer's is about the customer whatever stands here.
    to_customers
        Whether each customer's own people get theirs; operators' schedules alone.
    missed
        Due times that passed while nothing ran: one for all, every one, or none.
    wait_h
        Hours to wait at most for the period's calls.
    """

    name: str
    timing: Timing
    to: Sequence[str] = ()
    notebook: str = "report"
    period: str = "last-week"
    formats: Sequence[str] = ("pdf",)
    language: str = "en"
    customers: Sequence[str] = (ALL_CUSTOMERS,)
    to_customers: bool = False
    missed: str = Missed.ONCE
    wait_h: int | str = 6
    keeps: Sequence[int] = field(default=())


def add(
    db: Session,
    wanted: Wanted,
    *,
    company_id: str | None,
    vault: Vault,
    owner: User | None = None,
    by: Actor = CONSOLE,
    now: datetime | None = None,
) -> Schedule:
    """Add a schedule, which is due from now on.

    Parameters
    ----------
    company_id
        The company whose it is; None for operators.
    owner
        Whose it is, and who is told of receivers that are taken off.

    Raises
    ------
    BadField
        Something cannot be taken.
    NotThere
        There is no such customer.
    """
    now = now or present()
    if company_id is not None and _count(db, company_id) >= MOST:
        raise BadField("name", _("You have {most} schedules: remove one first.").format(most=MOST))
    values = cleaned(db, wanted, company_id, by)
    schedule = Schedule(
        company_id=company_id,
        owner_id=owner.id if owner else None,
        owner_email=owner.email if owner else "",
        created_at=now,
        next_due_at=wanted.timing.next_after(now),
        paused_by="",
        **values,
    )
    db.add(schedule)
    db.flush()
    recipients.replace(db, schedule, wanted.to, keeps=(), vault=vault, now=now)
    _check_receivers(db, schedule)
    by.did(db, Event.SCHEDULE_ADDED, company_id=company_id, now=now, name=schedule.name)
    return schedule


def change(
    db: Session,
    schedule: Schedule,
    wanted: Wanted,
    *,
    vault: Vault,
    by: Actor = CONSOLE,
    now: datetime | None = None,
) -> Schedule:
    """Change a schedule; receivers whose ids `Wanted.keeps` has stay, the others go.

    Raises
    ------
    BadField, NotThere
        As `add`.
    """
    now = now or present()
    before = (schedule.cron, schedule.zone)
    for name, value in cleaned(db, wanted, schedule.company_id, by, kept=schedule.notebook).items():
        setattr(schedule, name, value)
    if before != (schedule.cron, schedule.zone) and schedule.paused_at is None:
        schedule.next_due_at = wanted.timing.next_after(now)
    db.flush()
    recipients.replace(db, schedule, wanted.to, keeps=wanted.keeps, vault=vault, now=now)
    _check_receivers(db, schedule)
    by.did(db, Event.SCHEDULE_CHANGED, company_id=schedule.company_id, now=now, name=schedule.name)
    return schedule


def pause(db: Session, schedule: Schedule, *, by: Actor = CONSOLE, now: datetime | None = None) -> None:
    """Let a schedule rest; what was due before is still run."""
    if schedule.paused_at is None:
        schedule.paused_at, schedule.paused_by, schedule.next_due_at = now or present(), by.who, None
        by.did(db, Event.SCHEDULE_PAUSED, company_id=schedule.company_id, now=now, name=schedule.name)


def resume(db: Session, schedule: Schedule, *, by: Actor = CONSOLE, now: datetime | None = None) -> None:
    """Go on with a schedule that rests, from its next due time: what passed meanwhile is not caught up."""
    if schedule.paused_at is not None:
        schedule.paused_at, schedule.paused_by = None, ""
        schedule.next_due_at = timing_of(schedule).next_after(now or present())
        by.did(db, Event.SCHEDULE_RESUMED, company_id=schedule.company_id, now=now, name=schedule.name)


def remove(db: Session, schedule: Schedule, *, by: Actor = CONSOLE, now: datetime | None = None) -> None:
    """Remove a schedule; the reports that it made are kept as long as they would be."""
    schedule.removed_at, schedule.next_due_at = now or present(), None
    by.did(db, Event.SCHEDULE_REMOVED, company_id=schedule.company_id, now=now, name=schedule.name)


def ask_run(
    db: Session,
    schedule: Schedule,
    *,
    only_to: str = "",
    revises: Run | None = None,
    by: Actor = CONSOLE,
    now: datetime | None = None,
) -> Run:
    """Let a schedule run once now, besides its due times.

    Parameters
    ----------
    only_to
        The one address that gets it; empty for every receiver.
    revises
        An earlier run, whose period is reported anew, marked with what has changed.

    Raises
    ------
    LoginRefused
        Whoever asks has asked too often: a report goes to people who may not want it.
    """
    now = now or present()
    if by.user_id is not None:
        asker = throttle.send_user(by.user_id, "send-report")
        verification.refuse_if_too_soon(throttle.attempt(db, asker, now=now))
    run = Run(
        schedule_id=schedule.id,
        due_at=now,
        about_at=revises.about_at if revises else now,
        asked_by=by.who,
        only_to=only_to,
        is_revision=revises is not None,
        state=RunState.WAITING,
        look_at=now,
        tries=0,
        error="",
    )
    db.add(run)
    by.did(db, Event.REPORT_ASKED, company_id=schedule.company_id, now=now, name=schedule.name)
    db.flush()
    return run


def listed(db: Session, company_id: str | None) -> list[Schedule]:
    """Schedules of a company, or of everybody for operators, by name."""
    asked = select(Schedule).where(Schedule.removed_at.is_(None), Schedule.once_key.is_(None))
    if company_id is not None:
        asked = asked.where(Schedule.company_id == company_id)
    return sorted(db.scalars(asked), key=lambda each: (each.name.casefold(), each.id))


def get(db: Session, schedule_id: int, company_id: str | None) -> Schedule:
    """A schedule that a company may change; operators (None) may change everybody's.

    Raises
    ------
    NotThere
        There is none, or it is another company's.
    """
    schedule = db.get(Schedule, schedule_id)
    is_foreign = schedule is not None and company_id is not None and schedule.company_id != company_id
    is_kept = schedule is not None and schedule.removed_at is None and schedule.once_key is None
    if schedule is None or is_foreign or not is_kept:
        raise NotThere(_("There is no such schedule."))
    return schedule


def timing_of(schedule: Schedule) -> Timing:
    """When a schedule is due."""
    return _timing(schedule.cron, schedule.zone)


@lru_cache(maxsize=1_024)
def _timing(cron: str, zone: str) -> Timing:
    """Timing that was looked at when it was kept: looking takes a while."""
    return Timing(cron, zone)


def _scheduled_period(wanted: Wanted) -> str:
    period_before(wanted.period, present(), wanted.timing.zone)
    return wanted.period


def cleaned(
    db: Session,
    wanted: Wanted,
    company_id: str | None,
    by: Actor,
    *,
    kept: str = "",
    check_period: Callable[[Wanted], str] = _scheduled_period,
) -> dict[str, Any]:
    """Columns of a schedule, as somebody wants it who may not have everything.

    Parameters
    ----------
    kept
        Notebook that it has, which may stay.
    check_period
        Takes its period, or raises `BadField`.

    Raises
    ------
    BadField, NotThere
        As `add`.
    """
    values = fields.each_of(
        {
            "name": lambda: fields.line("name", wanted.name, most=LONGEST_NAME, required=True),
            "notebook": lambda: _notebook(wanted.notebook, kept, is_console=by == CONSOLE),
            "period": lambda: check_period(wanted),
            "formats": lambda: _formats(wanted.formats),
            "language": lambda: _one_of("language", wanted.language, tuple(language.LANGUAGES)),
            "missed": lambda: _one_of("missed", wanted.missed, tuple(Missed)),
            "wait_h": lambda: fields.whole("wait_h", wanted.wait_h, least=0, most=LONGEST_WAIT_H),
            "customers": lambda: _customers(db, wanted, company_id),
        }
    )
    return values | {
        "to_customers": wanted.to_customers and company_id is None,
        "cron": wanted.timing.cron,
        "zone": wanted.timing.zone,
    }


def _notebook(name: str, kept: str, *, is_console: bool) -> str:
    """Name of a notebook; a path runs code, so it comes from the command line alone."""
    if name in NOTEBOOKS or (kept and name == kept):
        return name
    if is_console and Path(name).is_file():
        return str(Path(name).resolve())
    raise BadField("notebook", _("There is no such notebook."))


def _formats(chosen: Sequence[str]) -> list[str]:
    if not chosen or any(each not in FORMATS for each in chosen):
        raise BadField(
            "formats", _("Choose at least one format of {formats}.").format(formats=", ".join(FORMATS))
        )
    return [each for each in FORMATS if each in chosen]


def _one_of(name: str, chosen: str, known: Sequence[str]) -> str:
    if chosen not in known:
        raise BadField(name, _("Choose one of {choices}.").format(choices=", ".join(known)))
    return str(chosen)


def _customers(db: Session, wanted: Wanted, company_id: str | None) -> list[str]:
    if company_id is not None:
        return [company_id]
    chosen = list(dict.fromkeys(each.strip() for each in wanted.customers if each.strip()))
    if not chosen or ALL_CUSTOMERS in chosen:
        return [ALL_CUSTOMERS]
    for each in chosen:
        companies.get(db, each)
    return chosen


def _check_receivers(db: Session, schedule: Schedule) -> None:
    if not schedule.to_customers and not recipients.active(db, schedule):
        raise BadField("to", _("Whom should it go to? Write at least one address."))


def _count(db: Session, company_id: str) -> int:
    count = select(func.count()).select_from(Schedule).where(Schedule.company_id == company_id)
    return db.scalar(count.where(Schedule.removed_at.is_(None), Schedule.once_key.is_(None))) or 0
