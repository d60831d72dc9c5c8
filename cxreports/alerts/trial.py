"""A trial of a rule: what it says now, and a notice marked as a test, without firing anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from cxreports.alerts.decision import Fired
from cxreports.alerts.evaluation import alarms_of, asks_of
from cxreports.alerts.measuring import measured
from cxreports.alerts.notices import Addresses, Notice, put_test
from cxreports.alerts.sentences import figure_text, verdict_text
from cxreports.alerts.surroundings import surroundings
from cxreports.clock import from_microseconds, zone
from cxreports.language import ngettext
from cxreports.portal.database import now as present
from cxreports.portal.tables import Company
from cxreports.wording import moment, number

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cxreports.alerts.rule import Reading, Rule
    from cxreports.lake.snapshot import Snapshot
    from cxreports.portal.alerts.tables import AlertRule
    from cxreports.settings import Settings


@dataclass(frozen=True)
class Trial:
    """What a rule says of a customer at a moment."""

    rule: Rule
    customer: str
    at: datetime
    reading: Reading
    company: Company | None

    def text(self) -> str:
        """The figure, the calls behind it, and what comes of it."""
        currency = self.company.currency if self.company else None
        figure = figure_text(self.rule.metric, self.reading.value, currency, is_change=self.rule.is_change)
        calls = self.reading.calls
        of = (
            ""
            if calls is None
            else ngettext("{count} call", "{count} calls", calls).format(count=number(calls))
        )
        within = zone(self.company.zone if self.company else "UTC")
        verdict = verdict_text(self.rule.verdict(self.reading))
        return ", ".join(part for part in (figure, of, verdict, moment(self.at, within)) if part)


def judged_now(
    db: Session, snapshot: Snapshot, row: AlertRule, *, now: datetime | None = None
) -> list[Trial]:
    """A rule as of its last moment, of each customer that it watches."""
    now = now or present()
    companies = {company.id: company for company in db.scalars(select(Company))}
    before = alarms_of(db, row, now)
    # As if it had never been judged: the last moment alone.
    asks = [ask for _, ask in asks_of(row, snapshot, companies, now, is_new=True, alarms=before)]
    found = measured(surroundings(db, snapshot), asks)
    return [
        Trial(
            ask.rule,
            ask.customer,
            from_microseconds(int(ask.moments[-1])),
            readings[-1],
            companies.get(ask.customer),
        )
        for ask, readings in zip(asks, found, strict=True)
    ]


def send_test(
    db: Session,
    settings: Settings,
    row: AlertRule,
    trial: Trial,
    *,
    email: str = "",
    to_webhook: bool = False,
    now: datetime | None = None,
) -> None:
    """Put a test notice into the outbox, to one address, and to the rule's webhook."""
    event = Fired(trial.at, trial.reading, trial.at)
    notice = Notice(row, trial.customer, trial.company, event, None, Addresses(settings))
    put_test(db, notice, email=email, webhook=row.webhook if to_webhook else "", now=now or present())
