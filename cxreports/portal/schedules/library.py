"""The library: finished reports, their files, and what receivers answered to each delivery.

Every question names whose it is: a company's users see what is their company's, operators (None) everything.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, delete, func, select, true
from sqlalchemy.orm import Session, defer, joinedload

from cxreports.errors import NotThere
from cxreports.language import _
from cxreports.portal.post.outgoing import OutgoingMessage, SendingTry, State
from cxreports.portal.schedules.tables import Delivery, Part, PartState, ReportFile, Run, RunState, Schedule

PAGE: Final = 25
"""Rows of a list at a time."""

RETRYING: Final = "retrying"
"""State of a delivery that was tried and waits for another try."""


_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Sending:
    """A delivery as the log shows it."""

    message: OutgoingMessage
    part: Part
    recipient_id: int | None

    @property
    def state(self) -> str:
        """What has become of it: as `State`, and `RETRYING`."""
        waits = self.message.state == State.WAITING and self.message.answer
        return RETRYING if waits else self.message.state


@dataclass(frozen=True)
class Outcome:
    """How many of a run's reports were made, and how many failed."""

    made: int
    failed: int

    @property
    def all(self) -> int:
        """Reports that were tried."""
        return self.made + self.failed


def reports(
    db: Session, company_id: str | None, *, sought: str = "", limit: int = PAGE, offset: int = 0
) -> list[Part]:
    """Finished reports, the newest first; with a text, those whose schedule or customer has it."""
    asked = _finished(select(Part), company_id, sought).order_by(Part.made_at.desc(), Part.id.desc())
    return list(db.scalars(asked.limit(limit).offset(offset)))


def newest(db: Session, company_id: str | None, *, limit: int) -> list[Part]:
    """Newest reports, finished and failed."""
    asked = select(Part).where(_visible(company_id)).order_by(Part.made_at.desc(), Part.id.desc())
    return list(db.scalars(asked.limit(limit)))


def failed(db: Session, run_id: int, company_id: str | None, *, limit: int) -> list[Part]:
    """Reports of a run that could not be made, by customer."""
    asked = select(Part).where(
        Part.run_id == run_id, Part.state == PartState.FAILED.value, _visible(company_id)
    )
    return list(db.scalars(asked.order_by(Part.customer).limit(limit)))


def outcomes(db: Session, run_ids: Collection[int]) -> dict[int, Outcome]:
    """How many reports of each run were made, by run; runs without a report are left out."""
    counts = (
        select(Part.run_id, Part.state, func.count(Part.id))
        .where(Part.run_id.in_(run_ids))
        .group_by(Part.run_id, Part.state)
    )
    found: dict[int, dict[str, int]] = {}
    for run_id, state, count in db.execute(counts):
        found.setdefault(run_id, {})[state] = count
    return {
        run_id: Outcome(by_state.get(PartState.DONE.value, 0), by_state.get(PartState.FAILED.value, 0))
        for run_id, by_state in found.items()
    }


def count_reports(db: Session, company_id: str | None, *, sought: str = "") -> int:
    """How many finished reports there are."""
    return db.scalar(_finished(select(func.count(Part.id)), company_id, sought)) or 0


def report(db: Session, report_id: int, company_id: str | None) -> Part:
    """A finished report.

    Raises
    ------
    NotThere
        There is none, or it is another company's.
    """
    found = db.scalar(select(Part).where(Part.id == report_id, _visible(company_id)))
    if found is None:
        raise NotThere(_("There is no such report: it is not kept any more, or it is not yours."))
    return found


def of_run(db: Session, run_id: int) -> Part | None:
    """Report that a run about one customer has made, or failed to make."""
    return db.scalar(select(Part).where(Part.run_id == run_id).limit(1))


def of_schedule(db: Session, schedule_id: int, company_id: str | None) -> Part | None:
    """Newest finished report of a schedule."""
    asked = select(Part).join(Run, Run.id == Part.run_id).where(Run.schedule_id == schedule_id)
    asked = asked.where(_visible(company_id), Part.state == PartState.DONE.value)
    return db.scalar(asked.order_by(Part.id.desc()).limit(1))


def file_of(db: Session, file_id: int, company_id: str | None) -> ReportFile:
    """A file of a finished report.

    Raises
    ------
    NotThere
        There is none, it is over, or it is another company's.
    """
    found = db.scalar(
        select(ReportFile)
        .join(Part, Part.id == ReportFile.report_id)
        .where(ReportFile.id == file_id, _visible(company_id))
    )
    if found is None:
        raise NotThere(_("There is no such report: it is not kept any more, or it is not yours."))
    return found


def deliveries(
    db: Session,
    company_id: str | None,
    *,
    only_missing: bool = False,
    limit: int = PAGE,
    offset: int = 0,
) -> list[Sending]:
    """Deliveries, the newest first.

    Parameters
    ----------
    only_missing
        Only those that have not arrived.
    """
    # A letter's text is as long as a thousand of these rows: no list shows it.
    without_text = joinedload(Delivery.message).options(
        defer(OutgoingMessage.text), defer(OutgoingMessage.html)
    )
    asked = _sent(select(Delivery).options(without_text), company_id, only_missing=only_missing)
    asked = asked.order_by(OutgoingMessage.created_at.desc(), OutgoingMessage.id.desc())
    return [
        Sending(each.message, each.report, each.recipient_id)
        for each in db.scalars(asked.limit(limit).offset(offset))
    ]


def count_deliveries(db: Session, company_id: str | None, *, only_missing: bool = False) -> int:
    """How many deliveries there are."""
    asked = select(func.count(Delivery.message_id))
    return db.scalar(_sent(asked, company_id, only_missing=only_missing)) or 0


def delivery(db: Session, message_id: int, company_id: str | None) -> Sending:
    """One delivery.

    Raises
    ------
    NotThere
        There is none, or it is another company's.
    """
    found = db.scalar(
        _sent(select(Delivery), company_id, only_missing=False).where(Delivery.message_id == message_id)
    )
    if found is None:
        raise NotThere(_("There is no such delivery."))
    return Sending(found.message, found.report, found.recipient_id)


def tries(db: Session, message_id: int) -> list[SendingTry]:
    """Tries of a delivery, the first one first."""
    asked = select(SendingTry).where(SendingTry.message_id == message_id).order_by(SendingTry.number)
    return list(db.scalars(asked))


def last_runs(db: Session, schedule_ids: Collection[int]) -> dict[int, Run]:
    """Newest run of each schedule that is over, by schedule."""
    newest = (
        select(func.max(Run.id))
        .where(Run.schedule_id.in_(schedule_ids), Run.state.in_(["done", "failed"]))
        .group_by(Run.schedule_id)
    )
    return {run.schedule_id: run for run in db.scalars(select(Run).where(Run.id.in_(newest)))}


def of_runs(db: Session, run_ids: Collection[int]) -> dict[int, list[Sending]]:
    """Deliveries of runs, by run."""
    asked = select(Delivery).join(Part, Part.id == Delivery.report_id).where(Part.run_id.in_(run_ids))
    found: dict[int, list[Sending]] = {}
    for each in db.scalars(asked):
        found.setdefault(each.report.run_id, []).append(Sending(each.message, each.report, each.recipient_id))
    return found


def take_expired(db: Session, now: datetime) -> list[str]:
    """Delete reports whose time is over; their files' paths, to be deleted after the commit."""
    over = select(Part.id).where(Part.expires_at <= now)
    paths = list(db.scalars(select(ReportFile.path).where(ReportFile.report_id.in_(over))))
    messages = list(db.scalars(select(Delivery.message_id).where(Delivery.report_id.in_(over))))
    db.execute(delete(OutgoingMessage).where(OutgoingMessage.id.in_(messages)))
    db.execute(delete(Part).where(Part.id.in_(list(db.scalars(over)))))
    _forget_made_once(db, now)
    return paths


def _forget_made_once(db: Session, now: datetime) -> None:
    """Delete what reports that were made once stood under, when they are gone."""
    still = select(Run.schedule_id).outerjoin(Part, Part.run_id == Run.id)
    still = still.where(Part.id.is_not(None) | (Run.state == RunState.WAITING.value))
    db.execute(
        delete(Schedule).where(
            Schedule.once_key.is_not(None), Schedule.created_at <= now - _A_DAY, Schedule.id.not_in(still)
        )
    )


def kept_paths(db: Session) -> set[str]:
    """Paths of all files that are kept."""
    return set(db.scalars(select(ReportFile.path)))


def _visible(company_id: str | None) -> ColumnElement[bool]:
    return true() if company_id is None else Part.company_id == company_id


def _finished(asked: Select[Any], company_id: str | None, sought: str) -> Select[Any]:
    asked = asked.where(_visible(company_id), Part.state == PartState.DONE.value)
    if text := sought.strip():
        names = (
            select(Run.id)
            .join(Schedule, Schedule.id == Run.schedule_id)
            .where(Schedule.name.icontains(text, autoescape=True))
        )
        asked = asked.where(Part.run_id.in_(names) | Part.customer.icontains(text, autoescape=True))
    return asked


def _sent(asked: Select[Any], company_id: str | None, *, only_missing: bool) -> Select[Any]:
    asked = asked.join(OutgoingMessage, OutgoingMessage.id == Delivery.message_id)
    if company_id is not None:
        asked = asked.where(OutgoingMessage.company_id == company_id)
    if only_missing:
        asked = asked.where(OutgoingMessage.state != State.SENT.value)
    return asked
