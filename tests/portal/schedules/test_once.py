"""Reports that are made once, on both databases: one for each form, and nothing left when they are over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from workshop import Bench, Clock, company, person, worker

from cxreports.errors import NotThere
from cxreports.portal.actor import Actor
from cxreports.portal.schedules import library, once, schedules
from cxreports.portal.schedules.once import Once
from cxreports.portal.schedules.tables import Part, Run, Schedule

if TYPE_CHECKING:
    from pathlib import Path

    from cxreports.portal.database import Database
    from cxreports.portal.tables import User

WANTED = Once("Summary", "report", "last-week", ("csv",), "en", "Europe/Madrid")


def ask(database: Database, owner: User, key: str, clock: Clock) -> int:
    with database.writing() as db:
        by = Actor(owner.email, owner.id)
        return once.ask(db, WANTED, key=key * 32, company_id="acme", owner=owner, by=by, now=clock.now).id


def test_a_form_sent_by_many_threads_is_one_run_and_goes_when_its_report_is_over(
    database: Database, tmp_path: Path
) -> None:
    company(database, "acme")
    ann, bob = (person(database, f"{name}@acme.example") for name in ("ann", "bob"))
    clock, bench = Clock("2026-11-29 11:41"), Bench()
    with ThreadPoolExecutor(4) as pool:
        (run_id,) = set(pool.map(lambda _: ask(database, ann, "a", clock), range(8)))
    assert ask(database, bob, "a", clock) != run_id, "keys are each person's own"
    at_work = worker(database, tmp_path, bench, clock)
    assert at_work.reports() == 2
    assert at_work.reports() == 0
    assert [task.customers for task in bench.tasks] == [["acme"], ["acme"]]
    with database.writing() as db:
        run = once.run_of(db, run_id, ann.id)
        assert library.of_run(db, run.id) is not None
        with pytest.raises(NotThere):
            once.run_of(db, run_id, bob.id)
        with pytest.raises(NotThere):
            schedules.get(db, run.schedule_id, "acme")
        assert schedules.listed(db, None) == []
        library.take_expired(db, clock.now + timedelta(days=3_650))
        for table in (Part, Run, Schedule):
            assert db.scalars(select(table)).all() == []
