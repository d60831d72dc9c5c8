"""Planning: every due time that has come becomes a row of the runs, once, whoever plans."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cxreports.portal.database import Database
from cxreports.portal.schedules.schedules import timing_of
from cxreports.portal.schedules.tables import Missed, Run, RunState, Schedule

GRACE: Final = timedelta(hours=1)
"""A due time that is older was missed: nothing ran when it came."""

MOST_AT_ONCE: Final = 1_000
"""Due times of one schedule that are planned at a time: after years off, the older ones are left out."""

_MOMENT: Final = timedelta(microseconds=1)


def plan(database: Database, now: datetime) -> int:
    """Make runs of all due times up to now; how many are to be run."""
    with database.reading() as db:
        if db.scalar(_due(now).limit(1)) is None:
            return 0
    with database.writing() as db:
        return sum(_plan_one(db, schedule, now) for schedule in db.scalars(_due(now)))


def split(times: Sequence[datetime], missed: str, now: datetime) -> tuple[list[datetime], list[datetime]]:
    """Due times to be run, and those that are left out.

    Parameters
    ----------
    missed
        What becomes of those that were missed: see `Missed`.
    """
    late = [at for at in times if now - at > GRACE]
    on_time = [at for at in times if now - at <= GRACE]
    match missed:
        case Missed.ALL:
            caught_up = late
        case Missed.ONCE:
            caught_up = late[-1:]
        case _:
            caught_up = []
    left_out = [at for at in late if at not in caught_up]
    return caught_up + on_time, left_out


def _due(now: datetime) -> Select[Any]:
    return select(Schedule).where(Schedule.next_due_at <= now).order_by(Schedule.next_due_at)


def _plan_one(db: Session, schedule: Schedule, now: datetime) -> int:
    timing = timing_of(schedule)
    first = schedule.next_due_at
    assert first is not None  # noqa: S101 (asked for by _due)
    times = timing.between(first - _MOMENT, now)[-MOST_AT_ONCE:]
    run, left_out = split(times, schedule.missed, now)
    for at in run:
        _add(db, schedule, at, RunState.WAITING, now)
    for at in left_out:
        _add(db, schedule, at, RunState.SKIPPED, now)
    schedule.next_due_at = timing.next_after(now)
    return len(run)


def _add(db: Session, schedule: Schedule, at: datetime, state: RunState, now: datetime) -> None:
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {
        "schedule_id": schedule.id,
        "due_at": at,
        "about_at": at,
        "asked_by": "",
        "only_to": "",
        "is_revision": False,
        "state": state.value,
        "look_at": at,
        "tries": 0,
        "error": "",
        "ended_at": now if state is RunState.SKIPPED else None,
    }
    db.execute(insert(Run).values(values).on_conflict_do_nothing(index_elements=["schedule_id", "due_at"]))
