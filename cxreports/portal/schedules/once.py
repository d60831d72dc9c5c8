"""Reports that a person has made once, for nobody else: asked for, looked after, never due again.

Such a report is the only run of a schedule of its own, which has no due time, no receivers and no place in
any list. So the workers lease it, make it and keep it exactly as they do what is due.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.errors import BadField, NotThere, PortalError
from cxreports.language import _
from cxreports.portal.actor import Actor
from cxreports.portal.companies import companies
from cxreports.portal.database import now as present
from cxreports.portal.schedules import schedules
from cxreports.portal.schedules.due import Timing
from cxreports.portal.schedules.period import period_of
from cxreports.portal.schedules.schedules import Wanted
from cxreports.portal.schedules.tables import Run, RunState, Schedule
from cxreports.portal.tables import User

MOST_AT_ONCE: Final = 3
"""Reports in the making that one person may have."""

KEY: Final = re.compile(r"[0-9a-f]{32}")

_NO_TIME: Final = "0 0 1 1 *"
"""Cron of what is never due: a schedule needs some, and this one's is not looked at."""


@dataclass(frozen=True)
class Once:
    """A report as somebody wants it now.

    Attributes
    ----------
    name
        What it is called in the library.
    period
        As `cxreports.portal.schedules.period.period_of` takes it.
    customer
        Whose figures; a customer's own are theirs whatever stands here.
    """

    name: str
    notebook: str
    period: str
    formats: Sequence[str]
    language: str
    zone: str
    customer: str = ""


def ask(
    db: Session,
    wanted: Once,
    *,
    key: str,
    company_id: str | None,
    owner: User,
    by: Actor,
    now: datetime | None = None,
) -> Run:
    """Ask for a report; the same key from the same person is the same report, however often it comes.

    Raises
    ------
    BadField
        Something cannot be taken.
    PortalError
        As many of theirs as may be are in the making.
    LoginRefused
        They have asked too often.
    """
    if KEY.fullmatch(key) is None:
        raise PortalError(_("This form is too old: load the page again."))
    once_key = f"{owner.id} {key}"
    asked = db.scalar(
        select(Run).join(Schedule, Schedule.id == Run.schedule_id).where(Schedule.once_key == once_key)
    )
    if asked is not None:
        return asked
    if _in_the_making(db, owner) >= MOST_AT_ONCE:
        raise PortalError(
            _("{most} of your reports are being made: wait until one is ready.").format(most=MOST_AT_ONCE)
        )
    now = now or present()
    values = schedules.cleaned(db, _wanted(db, wanted, company_id), company_id, by, check_period=_period)
    schedule = Schedule(
        company_id=company_id,
        owner_id=owner.id,
        owner_email=owner.email,
        created_at=now,
        next_due_at=None,
        paused_by="",
        once_key=once_key,
        **values,
    )
    db.add(schedule)
    db.flush()
    return schedules.ask_run(db, schedule, by=by, now=now)


def run_of(db: Session, run_id: int, user_id: int) -> Run:
    """Run that makes a report which this person asked for.

    Raises
    ------
    NotThere
        There is none, or it is another's.
    """
    run = db.get(Run, run_id)
    if run is None or run.schedule.once_key is None or run.schedule.owner_id != user_id:
        raise NotThere(_("There is no such report: it is not kept any more, or it is not yours."))
    return run


def _in_the_making(db: Session, owner: User) -> int:
    asked = select(func.count(Run.id)).join(Schedule, Schedule.id == Run.schedule_id)
    asked = asked.where(
        Schedule.owner_id == owner.id,
        Schedule.once_key.is_not(None),
        Run.state == RunState.WAITING.value,
    )
    return db.scalar(asked) or 0


def _check_customer(db: Session, customer: str) -> None:
    if customer in {"", ALL_CUSTOMERS}:
        raise BadField("customers", _("Choose a customer."))
    try:
        companies.get(db, customer)
    except NotThere as error:
        raise BadField("customers", str(error)) from error


def _wanted(db: Session, wanted: Once, company_id: str | None) -> Wanted:
    if company_id is None:
        _check_customer(db, wanted.customer.strip())
    return Wanted(
        name=wanted.name,
        timing=Timing(_NO_TIME, wanted.zone),
        notebook=wanted.notebook,
        period=wanted.period,
        formats=wanted.formats,
        language=wanted.language,
        customers=(wanted.customer,),
    )


def _period(wanted: Wanted) -> str:
    period_of(wanted.period, present(), wanted.timing.zone)
    return wanted.period
