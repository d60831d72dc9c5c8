"""A portal and a lake to judge rules on, calls that come, and an outage of half an hour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from lake_calls import PLAIN, call, write_calls
from sqlalchemy import select

from cxreports.alerts.evaluation import Outcome, evaluate
from cxreports.cdr.definition import parse_format
from cxreports.portal.actor import CONSOLE
from cxreports.portal.alerts import rules
from cxreports.portal.alerts.tables import Alert, AlertRule
from cxreports.portal.post.outgoing import OutgoingMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cxreports.lake import Store
    from cxreports.portal.database import Database
    from cxreports.settings import Settings

DAY = datetime(2026, 6, 1, tzinfo=UTC)
NUMBERS = count(1)


def at(clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return DAY + timedelta(hours=hour, minutes=minute)


def begun(when: datetime, *, failed: bool = False, **more: Any) -> dict[str, Any]:
    """A call of ten seconds."""
    values = {"sip_code": 503, "charge": "0"} if failed else {"sip_code": 200, "charge": "0.5"}
    ended = when + timedelta(seconds=10)
    return call(next(NUMBERS), when.isoformat(), ended.isoformat(), **values | more)


def outage(first: str = "12:30", last: str = "13:00", until: str = "14:00") -> list[dict[str, Any]]:
    """A call at the beginning of each minute from noon on, of which those of a time fail."""
    minutes = range((at(until) - at("12:00")) // timedelta(minutes=1))
    times = [at("12:00") + timedelta(minutes=each) for each in minutes]
    return [begun(each, failed=at(first) <= each < at(last)) for each in times]


@dataclass
class Portal:
    """A portal with the company acme."""

    home: Path
    database: Database
    settings: Settings
    store: Store
    names: Iterator[int] = field(default_factory=lambda: count(1))

    def load(self, calls: Iterable[dict[str, Any]]) -> None:
        path = write_calls(self.home.parent / f"calls-{next(self.names)}.csv", calls)
        (report,) = self.store.load(path, source_format=parse_format(PLAIN, "plain.toml"))
        assert report.refused is None

    def judge(self, clock: str) -> Outcome:
        return evaluate(self.store, self.database, self.settings, now=at(clock))

    def add(self, company: str | None = "acme", **fields: Any) -> int:
        typed = {"title": "ASR low", "metric": "asr", "threshold": "35", "reset": "40", "sample_min": 10}
        with self.database.writing() as db:
            rule = rules.add(
                db, rules.OPERATORS, typed | fields, company_id=company, by=CONSOLE, now=at("11:00")
            )
            return rule.id

    def rule(self, rule_id: int) -> AlertRule:
        with self.database.reading() as db:
            return db.get_one(AlertRule, rule_id)

    def alerts(self) -> list[Alert]:
        """Alerts of the rules that people made."""
        with self.database.reading() as db:
            asked = select(Alert).join(AlertRule, AlertRule.id == Alert.rule_id)
            return list(db.scalars(asked.where(AlertRule.standing.is_(None)).order_by(Alert.fired_at)))

    def messages(self) -> list[OutgoingMessage]:
        with self.database.reading() as db:
            return list(db.scalars(select(OutgoingMessage).order_by(OutgoingMessage.id)))
