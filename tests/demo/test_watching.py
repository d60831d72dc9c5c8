"""The demo's rules and schedules: there once, judged, and not given again to who removes one."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from standing_demo import demo_without_examples

from cxreports.demo.calls import demo
from cxreports.demo.watching import BY, RULES, SCHEDULES
from cxreports.portal.alerts import rules
from cxreports.portal.alerts.tables import AlertRule
from cxreports.portal.database import Database
from cxreports.portal.schedules import schedules
from cxreports.portal.schedules.tables import Run, Schedule

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 6, 17, 9, 30, tzinfo=UTC)


def test_rules_and_schedules_are_there_once(tmp_path: Path) -> None:
    demo_without_examples(tmp_path, days=11, scale=0.02, now=NOW, is_watched=True)
    with closing(Database.of(tmp_path)) as database:
        with database.writing() as db:
            own = list(db.scalars(select(AlertRule).where(AlertRule.standing.is_(None))))
            assert sorted(each.title for each in own) == sorted(fields["title"] for _, fields in RULES)
            assert all(each.judged_at is not None for each in own)
            listed = list(db.scalars(select(Schedule)))
            assert len(listed) == len(list(db.scalars(select(Run)))) == len(SCHEDULES)
            rules.remove(db, rules.OPERATORS, own[0].id, by=BY)
            schedules.remove(db, listed[0], by=BY)
        demo(tmp_path, now=NOW, is_watched=True)
        with database.reading() as db:
            assert len(rules.listed(db, rules.OPERATORS)) == len(RULES) - 1 + 4
            assert len(list(db.scalars(select(Schedule)))) == len(SCHEDULES)
