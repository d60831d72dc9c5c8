"""Running: a worker leases a run, has its reports made one customer after the other, and keeps each at once.

A finished report, its files and its messages are kept in one transaction, under a unique key (run, customer)
and only while the lease holds. A worker that is killed loses the customer that it was at; another goes on
from there.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select, update

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.errors import CxreportsError
from cxreports.portal.schedules import library
from cxreports.portal.schedules.period import period_of
from cxreports.portal.schedules.tables import Part, PartState, ReportFile, Run, RunState, Schedule
from cxreports.portal.tables import Company
from cxreports.private_file import private_folder
from cxreports.schedules import failures, messages
from cxreports.schedules.messages import Parcels
from cxreports.schedules.workshop import MEDIA_TYPES, Made, Task, Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from cxreports.clock import Period
    from cxreports.portal.database import Database
    from cxreports.portal.people.vault import Vault
    from cxreports.settings import Settings

LOG: Final = logging.getLogger(__name__)

FOLDER: Final = "reports"
"""Folder of finished reports, in the home."""

LEASE: Final = timedelta(minutes=20)
"""So long a worker may take for one customer's report: longer than a report may take (``reports.crew``)."""

LOOK_AGAIN: Final = timedelta(minutes=5)
"""So often it is looked whether calls have come that a run waits for."""

MOST_TRIES: Final = 5
"""Leases of a run in which no report was finished; then it has failed."""

_LONGEST_ERROR: Final = 500


class LeaseLost(CxreportsError):
    """Another worker has the run."""


@dataclass(frozen=True)
class Leased:
    """A run that this worker has, until the lease is over."""

    run: Run
    schedule: Schedule
    period: Period
    lease: str


@dataclass(frozen=True)
class Runner:
    """Runs what is due.

    Attributes
    ----------
    clock
        Says what time it is.
    """

    database: Database
    settings: Settings
    vault: Vault
    workshop: Workshop
    clock: Callable[[], datetime]

    def run_due(self) -> int:
        """Run everything that is due and that no other worker has; how many runs were looked at."""
        count = 0
        while (leased := self._take()) is not None:
            count += 1
            try:
                self._run(leased)
            except LeaseLost:
                LOG.warning("%s: another worker has this run", leased.schedule.name)
        return count

    def _take(self) -> Leased | None:
        now = self.clock()
        due = (
            select(Run)
            .where(
                Run.state == RunState.WAITING.value,
                Run.look_at <= now,
                or_(Run.leased_until.is_(None), Run.leased_until <= now),
            )
            .order_by(Run.look_at, Run.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=Run)
        )
        with self.database.taking() as db:
            run = db.scalar(due)
            if run is None:
                return None
            run.tries += 1
            run.lease, run.leased_until = token_hex(16), now + LEASE
            schedule = run.schedule
            period = period_of(schedule.period, run.about_at, schedule.zone)
            return Leased(run, schedule, period, run.lease)

    def _run(self, leased: Leased) -> None:
        run, schedule = leased.run, leased.schedule
        if run.tries > MOST_TRIES:
            self._end(leased, RunState.FAILED, "it was begun several times and never finished")
            return
        if schedule.removed_at is not None:
            self._end(leased, RunState.SKIPPED, "")
            return
        if self._waits(leased):
            return
        missing = self._missing(leased)
        for first in range(0, len(missing), self.workshop.batch):
            self._extend(leased)
            self._make(leased, missing[first : first + self.workshop.batch])
        with self.database.reading() as db:
            outcome = library.outcomes(db, [run.id]).get(run.id)
        is_failed = outcome is not None and outcome.made == 0
        self._end(leased, RunState.FAILED if is_failed else RunState.DONE, "")

    def _waits(self, leased: Leased) -> bool:
        """Whether the period's calls are still awaited; if so, look again later."""
        run, now = leased.run, self.clock()
        latest = run.due_at + timedelta(hours=leased.schedule.wait_h)
        reach = None if run.asked_by or now >= latest else self.workshop.reach(leased.period.end)
        if run.asked_by or now >= latest or (reach is not None and reach >= leased.period.end):
            return False
        self._change(leased, look_at=min(now + LOOK_AGAIN, latest), lease=None, leased_until=None, tries=0)
        return True

    def _missing(self, leased: Leased) -> list[str]:
        """Customers who have no report of this run yet."""
        wanted = leased.schedule.customers
        if wanted == [ALL_CUSTOMERS]:
            wanted = self.workshop.customers()
        with self.database.reading() as db:
            made = set(db.scalars(select(Part.customer).where(Part.run_id == leased.run.id)))
        return [customer for customer in wanted if customer not in made]

    def _make(self, leased: Leased, customers: Sequence[str]) -> None:
        """Make and keep some customers' reports; what goes wrong with one stops no other."""
        schedule = leased.schedule
        folder = self.settings.home.resolve() / FOLDER / str(leased.run.id) / token_hex(8)
        for each in (folder.parent.parent, folder.parent, folder):
            private_folder(each)
        task = Task(
            notebook=schedule.notebook,
            customers=customers,
            period=leased.period,
            formats=schedule.formats,
            language=schedule.language,
            zone=schedule.zone,
            folder=folder,
        )
        try:
            outcomes = self.workshop.make(task, lambda: self._extend(leased))
        except LeaseLost:
            raise
        except CxreportsError as error:
            outcomes = dict.fromkeys(customers, str(error))
        for customer, made in outcomes.items():
            if isinstance(made, str):
                LOG.warning("%s: the report of %s failed: %s", schedule.name, customer, made)
                self._keep(leased, customer, None, made[:_LONGEST_ERROR])
            else:
                self._keep(leased, customer, made, "")

    def _keep(self, leased: Leased, customer: str, made: Made | None, error: str) -> None:
        """Keep a report with its files and messages: all of it, or nothing."""
        now = self.clock()
        with self.database.writing() as db:
            self._hold(db, leased, now)
            part = self._part(db, leased, customer, made, error, now)
            db.add(part)
            db.flush()
            if made is None:
                return
            names = messages.file_names(leased.schedule, customer, leased.period, leased.run, made.files)
            files = [
                ReportFile(
                    report_id=part.id,
                    format=form,
                    name=name,
                    media_type=MEDIA_TYPES[form],
                    path=path.relative_to(self.settings.home.resolve()).as_posix(),
                    size=path.stat().st_size,
                    pages=made.pages if form == "pdf" else None,
                )
                for name, (form, path) in zip(names, made.files, strict=True)
            ]
            db.add_all(files)
            db.flush()
            before = messages.figures_before(db, part) if leased.run.is_revision else None
            parcels = Parcels(
                leased.schedule, leased.run, part, files, self.settings, self.vault, now, before
            )
            parcels.put_all(db)

    def _part(
        self, db: Session, leased: Leased, customer: str, made: Made | None, error: str, now: datetime
    ) -> Part:
        schedule = leased.schedule
        theirs = schedule.company_id or (customer if schedule.to_customers else None)
        is_there = theirs is not None and db.get(Company, theirs) is not None
        return Part(
            run_id=leased.run.id,
            customer=customer,
            company_id=theirs if is_there else None,
            state=PartState.FAILED.value if made is None else PartState.DONE.value,
            error=error,
            period_start=leased.period.start,
            period_end=leased.period.end,
            snapshot=made.snapshot if made else None,
            as_of=made.as_of if made else None,
            is_complete=made is not None and made.is_complete,
            figures=dict(made.figures) if made else {},
            made_at=now,
            expires_at=now + timedelta(days=self.settings.reports_kept_days),
        )

    def _hold(self, db: Session, leased: Leased, now: datetime) -> None:
        """Make sure that the run is still this worker's, and go on having it.

        Raises
        ------
        LeaseLost
            It is another's.
        """
        held = db.execute(
            update(Run)
            .where(Run.id == leased.run.id, Run.lease == leased.lease, Run.state == RunState.WAITING.value)
            .values(leased_until=now + LEASE, tries=0)
            .returning(Run.id)
        )
        if held.first() is None:
            raise LeaseLost("another worker has this run")

    def _extend(self, leased: Leased) -> None:
        now = self.clock()
        with self.database.taking() as db:
            held = db.execute(
                update(Run)
                .where(Run.id == leased.run.id, Run.lease == leased.lease)
                .values(leased_until=now + LEASE)
                .returning(Run.id)
            )
            if held.first() is None:
                raise LeaseLost("another worker has this run")

    def _end(self, leased: Leased, state: RunState, error: str) -> None:
        """End a run; whoever waits for what was not made is told in the same transaction."""
        now = self.clock()
        with self.database.writing() as db:
            held = select(Run).where(Run.id == leased.run.id, Run.lease == leased.lease)
            run = db.scalar(held.with_for_update(of=Run))
            if run is None:
                return
            run.state, run.error, run.ended_at = state.value, error, now
            run.lease = run.leased_until = None
            db.flush()
            failures.tell(db, run, self.settings, now)

    def _change(self, leased: Leased, **values: object) -> None:
        with self.database.taking() as db:
            db.execute(update(Run).where(Run.id == leased.run.id, Run.lease == leased.lease).values(**values))


def orphans(home: Path, kept: set[str]) -> list[Path]:
    """Folders of reports that no row names: a worker was killed while it filled them."""
    folders = {(home / path).parent for path in kept}
    return [path for path in sorted((home / FOLDER).glob("*/*")) if path.is_dir() and path not in folders]
