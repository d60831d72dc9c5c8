"""Rows of the page of reports, worded: schedules, finished reports, deliveries."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cxreports import clock, language, wording
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.delivery.outbox import MOST_TRIES
from cxreports.errors import Refusal
from cxreports.language import _, ngettext
from cxreports.portal.post import targets
from cxreports.portal.post.outgoing import State
from cxreports.portal.schedules import library, period
from cxreports.portal.schedules.library import RETRYING, Outcome
from cxreports.portal.schedules.schedules import timing_of
from cxreports.portal.schedules.tables import RunState
from cxreports.reports.run import thumbnail_of
from cxreports.schedules import failures
from cxreports.web.forms.form import Tag
from cxreports.wording import near_moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from cxreports.portal.people.receivers import Receivers
    from cxreports.portal.schedules.library import Sending
    from cxreports.portal.schedules.tables import Part, Recipient, ReportFile, Run, Schedule

_KILOBYTE: Final = 1_000
_MEGABYTE: Final = 1_000_000
_HOUR_MIN: Final = 60
_DAY_H: Final = 24
_LATE: Final = timedelta(minutes=2)
"""A run that is due for longer waits for a worker: there is none, or it has too much to do."""
_SHOWN: Final = 20
_NOTHING: Final = Outcome(0, 0)


@dataclass(frozen=True)
class Names:
    """Names of companies by id, and of receivers."""

    companies: Mapping[str, str]
    receivers: Receivers


@dataclass(frozen=True)
class ScheduleRow:
    """A schedule as the list has it; ``to`` names receivers, ``targets`` has their addresses."""

    id: int
    name: str
    about: str
    whose: str
    when: str
    zone: str
    next: str
    left: str
    to: str
    targets: str
    formats: tuple[str, ...]
    state: Tag
    last: str
    is_paused: bool


@dataclass(frozen=True)
class Last:
    """Last run of a schedule: how much of it was made, and what was sent."""

    run: Run
    outcome: Outcome
    sent: Sequence[Sending]


@dataclass(frozen=True)
class NotMade:
    """What of a run could not be made: why it ended, names of customers with reasons, and how many more."""

    reason: str = ""
    customers: Sequence[tuple[str, str]] = ()
    more: int = 0


@dataclass(frozen=True)
class Card:
    """A finished report as the library shows it.

    ``pictured`` is its file that has a picture, a PDF; ``changed`` what its figures have become since, a line
    each; ``can_repeat`` whether its schedule is still there.
    """

    id: int
    title: str
    name: str
    whose: str
    detail: str
    files: tuple[tuple[int, str], ...]
    pictured: int | None
    is_complete: bool
    is_revision: bool
    changed: Sequence[str]
    can_repeat: bool


@dataclass(frozen=True)
class DeliveryRow:
    """A delivery as the log shows it; ``to`` names the receiver, ``target`` is its address."""

    id: int
    report: str
    when: str
    to: str
    target: str
    formats: str
    state: Tag
    answer: str
    can_retry: bool
    change: int | None
    file: int | None


def notebook_title(notebook: str) -> str:
    """What a notebook is called."""
    titles = {"report": _("Summary"), "review": _("Review"), "destinations": _("Destinations")}
    return titles.get(notebook) or _("Notebook {name}").format(name=Path(notebook).stem)


def when_text(schedule: Schedule) -> str:
    """When a schedule is due, as a sentence begins."""
    sentence = timing_of(schedule).sentence()
    return sentence[:1].upper() + sentence[1:]


def whose_text(schedule: Schedule, names: Mapping[str, str]) -> str:
    """Whom a schedule is about."""
    if schedule.customers == [ALL_CUSTOMERS]:
        return _("All customers")
    return ", ".join(names.get(each, each) for each in schedule.customers)


def moment_text(at: datetime, zone: ZoneInfo) -> str:
    """Day and time in a zone, without the year: ``Mon 30 Nov, 07:00``."""
    return language.date_and_time(at.astimezone(zone), "MMMEd")


def schedule_rows(
    db: Session, listed: Sequence[Schedule], names: Names, zone: ZoneInfo, now: datetime
) -> list[ScheduleRow]:
    """Schedules, each with what became of its last run; that is told on the clocks of the zone."""
    runs = library.last_runs(db, [each.id for each in listed])
    run_ids = [run.id for run in runs.values()]
    sent, outcomes = library.of_runs(db, run_ids), library.outcomes(db, run_ids)
    lasts = {
        run.schedule_id: Last(run, outcomes.get(run.id, _NOTHING), sent.get(run.id, []))
        for run in runs.values()
    }
    return [schedule_row(each, lasts.get(each.id), names, zone, now) for each in listed]


def schedule_row(
    schedule: Schedule, newest: Last | None, names: Names, zone: ZoneInfo, now: datetime
) -> ScheduleRow:
    """A schedule with its next due time, on its own clocks, and what became of its last run, on a zone's."""
    due = schedule.next_due_at
    active = [each for each in schedule.recipients if each.removed_at is None and each.customer is None]
    to = [names.receivers.name(each.target) for each in active]
    if schedule.to_customers:
        to.append(_("the customers' people"))
    last = near_moment(newest.run.due_at, zone, now) if newest else _("not run yet")
    state, note = _last(newest, schedule, zone)
    return ScheduleRow(
        id=schedule.id,
        name=schedule.name,
        about=f"{notebook_title(schedule.notebook)}, {_(period.LABELS[schedule.period])}",
        whose=whose_text(schedule, names.companies),
        when=when_text(schedule),
        zone=schedule.zone,
        next=moment_text(due, clock.zone(schedule.zone)) if due else wording.ABSENT,
        left=_left(due, now) if due else _("paused by {name}").format(name=schedule.paused_by),
        to=", ".join(to),
        targets=", ".join(receiver_text(each) for each in active),
        formats=tuple(each.upper() for each in schedule.formats),
        state=state,
        last=f"{last}{note}",
        is_paused=schedule.paused_at is not None,
    )


def receiver_text(recipient: Recipient) -> str:
    """A receiver without a password."""
    return targets.shown(recipient.target)


def _last(newest: Last | None, schedule: Schedule, zone: ZoneInfo) -> tuple[Tag, str]:
    """State of a schedule after its last run, and what else there is to say of it."""
    if schedule.paused_at is not None:
        return Tag(_("Paused")), ""
    if newest is None:
        return Tag(_("Waiting")), ""
    if newest.run.state == RunState.FAILED:
        return Tag(_("Failed"), "bad", is_full=True), ""
    delivered, note = _delivered(newest.sent, zone)
    if not newest.outcome.failed:
        return delivered, note
    made = failures.state(newest.outcome)
    return (delivered, f"{note}, {made}") if delivered.tone == "bad" else (Tag(made, "warn"), note)


def not_made(db: Session, schedule: Schedule, company_id: str | None, names: Mapping[str, str]) -> NotMade:
    """What of a schedule's last run could not be made.

    Parameters
    ----------
    company_id
        The company that looks; None for operators, who alone are told why: it may name files and cells.
    """
    run = library.last_runs(db, [schedule.id]).get(schedule.id)
    outcome = library.outcomes(db, [run.id]).get(run.id, _NOTHING) if run else _NOTHING
    if run is None or not (outcome.failed or run.state == RunState.FAILED):
        return NotMade()
    if company_id is not None:
        return NotMade(_("The report could not be made."))
    parts = library.failed(db, run.id, company_id, limit=_SHOWN)
    customers = [(names.get(each.customer, each.customer), each.error) for each in parts]
    return NotMade(run.error, customers, outcome.failed - len(parts))


def _delivered(sent: Sequence[Sending], zone: ZoneInfo) -> tuple[Tag, str]:
    counts = Counter(each.state for each in sent)
    arrived = ", " + _("{count} of {all}").format(count=counts[State.SENT], all=len(sent)) if sent else ""
    if retrying := [each for each in sent if each.state == RETRYING]:
        return Tag(_("Retrying"), "warn"), f", {_try(retrying[0], zone)}"
    if counts[State.FAILED]:
        return Tag(_("Not delivered"), "bad", is_full=True), arrived
    if counts[State.WAITING]:
        return Tag(_("Waiting")), arrived
    return Tag(_("Delivered"), "good", is_full=True), arrived


def _try(sending: Sending, zone: ZoneInfo) -> str:
    message = sending.message
    return _("try {count} of {most}, next at {time}").format(
        count=message.tries, most=MOST_TRIES, time=f"{message.due_at.astimezone(zone):%H:%M}"
    )


def _left(due: datetime, now: datetime) -> str:
    if now - due > _LATE:
        return _("overdue, not begun yet")
    minutes = max(0, int((due - now).total_seconds() // _HOUR_MIN))
    hours, days = minutes // _HOUR_MIN, minutes // _HOUR_MIN // _DAY_H
    if days:
        return _("in {days} d {hours} h").format(days=days, hours=hours % _DAY_H)
    return _("in {hours} h").format(hours=hours) if hours else _("in {minutes} min").format(minutes=minutes)


def card(
    part: Part,
    names: Mapping[str, str],
    zone: ZoneInfo,
    home: Path,
    now: datetime,
    changed: Sequence[str] = (),
) -> Card:
    """A finished report with its files."""
    pdfs = (each for each in part.files if each.format == "pdf")
    pictured = (each.id for each in pdfs if thumbnail_of(home / each.path).exists())
    return Card(
        id=part.id,
        title=period.label(part.period_start, part.period_end),
        name=part.run.schedule.name,
        whose=names.get(part.customer, part.customer),
        detail=f"{near_moment(part.made_at, zone, now)} · {_extent(part)}",
        files=tuple((file.id, _file_label(file, part)) for file in part.files),
        pictured=next(pictured, None),
        is_complete=part.is_complete,
        is_revision=part.run.is_revision,
        changed=changed,
        can_repeat=part.run.schedule.removed_at is None and part.run.schedule.once_key is None,
    )


def _extent(part: Part) -> str:
    """Pages and size of a report's PDF, or the size of all its files where it has none."""
    pdf = next((file for file in part.files if file.format == "pdf"), None)
    if pdf is None:
        return size_text(sum(file.size for file in part.files))
    if pdf.pages is None:
        return size_text(pdf.size)
    return ngettext("{num} page, {size}", "{num} pages, {size}", pdf.pages).format(
        num=language.number(pdf.pages), size=size_text(pdf.size)
    )


def _file_label(file: ReportFile, part: Part) -> str:
    """Format of a file; of several of a format also what it has."""
    if sum(other.format == file.format for other in part.files) == 1:
        return file.format.upper()
    return f"{file.format.upper()} {Path(file.name).stem.rpartition('_')[2]}"


def size_text(size: int) -> str:
    """Bytes as kilobytes or megabytes."""
    if size >= _MEGABYTE:
        return f"{language.number(size / _MEGABYTE, 1)}\N{NO-BREAK SPACE}MB"
    return f"{language.number(max(1, round(size / _KILOBYTE)))}\N{NO-BREAK SPACE}kB"


def delivery_row(
    sending: Sending, names: Names, zone: ZoneInfo, now: datetime, *, is_operator: bool
) -> DeliveryRow:
    """A delivery with the receiver's answer."""
    message, part = sending.message, sending.part
    schedule = part.run.schedule
    about = period.label(part.period_start, part.period_end)
    whose = f"{names.companies.get(part.customer, part.customer)} · " if is_operator else ""
    is_gone = message.refusal == Refusal.RECEIVER
    can_change = sending.state == State.FAILED and schedule.removed_at is None
    return DeliveryRow(
        id=message.id,
        report=schedule.name,
        when=f"{whose}{about} · {near_moment(message.created_at, zone, now)}",
        to=names.receivers.name(message.target),
        target=targets.shown(message.target),
        formats=", ".join(dict.fromkeys(file.format.upper() for file in part.files)),
        state=_state(sending),
        answer=_answer(sending, zone),
        can_retry=sending.state in {RETRYING, State.FAILED} and not is_gone,
        change=schedule.id if can_change else None,
        file=part.files[0].id if part.files and sending.state == State.SENT else None,
    )


def _state(sending: Sending) -> Tag:
    return {
        RETRYING: Tag(_("Retrying"), "warn"),
        State.WAITING.value: Tag(_("Waiting")),
        State.SENT.value: Tag(_("Delivered"), "good", is_full=True),
        State.FAILED.value: Tag(_("Failed"), "bad", is_full=True),
        State.STOPPED.value: Tag(_("Not sent")),
    }[sending.state]


def _answer(sending: Sending, zone: ZoneInfo) -> str:
    message = sending.message
    if sending.state == RETRYING:
        return f"{message.answer}; {_try(sending, zone)}"
    if message.state == State.SENT and message.ended_at is not None:
        at = f"{message.ended_at.astimezone(zone):%H:%M:%S}"
        tries = ngettext("after {count} try", "after {count} tries", message.tries)
        more = f"; {tries.format(count=message.tries)}" if message.tries > 1 else ""
        return f"{message.answer}, {at}{more}"
    if message.state == State.STOPPED:
        return _("the receiver wants no more")
    if message.refusal == Refusal.RECEIVER and sending.recipient_id:
        return f"{message.answer}; " + _("taken off the schedule")
    return message.answer
