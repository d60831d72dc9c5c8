"""Evaluation: every rule is judged at each minute that has come since, once, whoever judges.

Figures are read before the transaction, and decisions are made in it: a moment that another process has
judged meanwhile is left out. An alert, its state and its notices are written together or not at all. A moment
is never judged again, so that calls which come late, or figures which change, fire nothing old.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from cxreports.alerts import notices, standing
from cxreports.alerts.alarms import NONE, Alarms, first_hour
from cxreports.alerts.decision import CALM, Event, Fired, Repeated, Reset, State, decide
from cxreports.alerts.learning import bands
from cxreports.alerts.measuring import (
    MINUTE,
    Ask,
    floor_minute,
    measured,
    moments_between,
    settled,
    text_of,
    value_of,
)
from cxreports.alerts.pausing import HELD_BACK, held_back_by
from cxreports.alerts.rule import Reading, Rule, customer_of
from cxreports.alerts.surroundings import surroundings
from cxreports.clock import from_microseconds, microseconds, zone
from cxreports.lake.store import Store
from cxreports.portal.alerts import receivers, rules
from cxreports.portal.alerts.tables import Alert, AlertRule, AlertState
from cxreports.portal.alerts.watched import WATCHED
from cxreports.portal.database import Database
from cxreports.portal.database import now as present
from cxreports.portal.tables import Company

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from cxreports.lake.snapshot import Snapshot
    from cxreports.settings import Settings

LOG: Final = logging.getLogger(__name__)

HOUR: Final = timedelta(hours=1)
CATCH_UP: Final = timedelta(hours=24)
"""After a longer pause the moments before are left out."""

LOOKS_BACK: Final = timedelta(hours=bands.DAY)
"""Hours of learned spans: alarms that ended before them are in none."""


@dataclass(frozen=True)
class Outcome:
    """What an evaluation did.

    Attributes
    ----------
    rules
        Rules that had moments to judge.
    notices
        Messages put into the outbox.
    """

    rules: int = 0
    fired: int = 0
    repeated: int = 0
    reset: int = 0
    notices: int = 0

    def with_event(self, event: Event, sent: int) -> Outcome:
        """The same and one event more."""
        return replace(
            self,
            fired=self.fired + isinstance(event, Fired),
            repeated=self.repeated + isinstance(event, Repeated),
            reset=self.reset + isinstance(event, Reset),
            notices=self.notices + sent,
        )


def evaluate(store: Store, database: Database, settings: Settings, *, now: datetime | None = None) -> Outcome:
    """Judge all rules up to now, and put what is to be sent into the outbox."""
    now = now or present()
    standing.ensure(database, now=now)
    with database.reading() as db:
        rows = [row for row in rules.listed(db, rules.OPERATORS) if not rules.is_paused(row, now)]
        companies = {company.id: company for company in db.scalars(select(Company))}
        around = surroundings(db, store.snapshot())
        asks = [
            ask
            for row in rows
            for ask in asks_of(row, around.snapshot, companies, now, alarms=alarms_of(db, row, now))
        ]
    if not asks:
        return Outcome()
    found = measured(around, [ask for _, ask in asks])
    judged: dict[int, list[tuple[Ask, list[Reading]]]] = {}
    for (row, ask), readings in zip(asks, found, strict=True):
        judged.setdefault(row.id, []).append((ask, readings))
    addresses = notices.Addresses(settings)
    outcome = Outcome(rules=len(judged))
    with database.writing() as db:
        for row in rows:
            if row.id in judged:
                judging = Judging(db, row, companies, addresses, now)
                outcome = judging.of(judged[row.id], outcome)
    return outcome


def after_load(settings: Settings) -> None:
    """Evaluate once something was loaded; a failure is logged, and stops no load."""
    try:
        database = Database.of(settings)
        try:
            evaluate(Store(settings), database, settings)
        finally:
            database.close()
    except Exception:
        LOG.exception("alerts could not be evaluated after the load")


def asks_of(
    row: AlertRule,
    snapshot: Snapshot,
    companies: Mapping[str, Company],
    now: datetime,
    *,
    is_new: bool = False,
    alarms: Mapping[str, Alarms] | None = None,
) -> list[tuple[AlertRule, Ask]]:
    """Questions of a rule: each customer that it watches, at the moments that have come since.

    Parameters
    ----------
    is_new
        Whether the last moment alone is asked for, as of a rule that was never judged.
    alarms
        As `alarms_of` gives them.
    """
    before = alarms or {}
    rule = Rule.of(row)
    is_learned = rule.watched.kind == "learned"
    last = settled(snapshot, now) if rule.watched.is_metric or is_learned else floor_minute(now)
    if is_learned and last is not None:
        last = last.replace(minute=0)
    judged_at = None if is_new else row.judged_at
    if last is None or (judged_at is not None and last <= judged_at):
        return []
    first = last
    if judged_at is not None and rule.watched.is_metric:
        first = max(judged_at + MINUTE, last - CATCH_UP)
    if judged_at is not None and is_learned:
        first = max(judged_at.replace(minute=0) + HOUR, last - CATCH_UP)
    moments = moments_between(first, last)[:: 60 if is_learned else 1]
    only = customer_of(row)
    return [
        (
            row,
            Ask(
                rule,
                customer,
                moments,
                zone(companies[customer].zone) if customer in companies else None,
                before.get(customer, NONE),
            ),
        )
        for customer in ([only] if only is not None else _everyone(rule, snapshot, companies))
    ]


def alarms_of(db: Session, row: AlertRule, now: datetime) -> dict[str, Alarms]:
    """Alarms of a learned rule that its next moments can look back on, by customer; of other rules none."""
    if WATCHED[row.metric].kind != "learned":
        return {}
    judged_at = row.judged_at or now
    kept = {
        state.customer: state for state in db.scalars(select(AlertState).where(AlertState.rule_id == row.id))
    }
    firing: dict[str, Alert] = {}
    over: dict[str, list[tuple[int, int]]] = {}
    asked = select(Alert).where(Alert.rule_id == row.id)
    still_seen = Alert.ended_at.is_(None) | (Alert.ended_at > min(judged_at, now) - LOOKS_BACK)
    for alert in db.scalars(asked.where(still_seen)):
        begun = first_hour_of(alert)
        if alert.ended_at is not None:
            over.setdefault(alert.customer, []).append((begun, microseconds(alert.ended_at)))
        elif alert.customer in kept and kept[alert.customer].alert_id == alert.id:
            firing[alert.customer] = alert
    return {
        customer: Alarms(
            state_of(kept.get(customer), firing.get(customer)),
            first_hour_of(firing[customer]) if customer in firing else None,
            tuple(over.get(customer, ())),
        )
        for customer in {*kept, *over}
    }


def first_hour_of(alert: Alert) -> int:
    """Beginning of the hours that a learned rule's alert is about, microseconds since 1970."""
    since = microseconds(datetime.fromisoformat(str(alert.limits["since"])))
    return first_hour(since, Reading(None, why=alert.limits.get("why")))


def _everyone(rule: Rule, snapshot: Snapshot, companies: Mapping[str, Company]) -> list[str]:
    if rule.watched.needs_company:
        return sorted(companies)
    return sorted({*companies, *snapshot.customers()["customer"].to_list()})


class Judging:
    """Judging of one rule in a transaction that writes."""

    def __init__(
        self,
        db: Session,
        row: AlertRule,
        companies: Mapping[str, Company],
        addresses: notices.Addresses,
        now: datetime,
    ) -> None:
        self._db, self._companies, self._addresses, self._now = db, companies, addresses, now
        self._measured_for = row.revision
        self._row = db.get(AlertRule, row.id, populate_existing=True)
        self._held_back = held_back_by(db, self._row, now) if self._row else ""

    def of(self, asks: Sequence[tuple[Ask, list[Reading]]], outcome: Outcome) -> Outcome:
        """Judge every customer's moments; nothing where the rule has changed since it was measured."""
        row = self._row
        if row is None or row.removed_at is not None or row.revision != self._measured_for:
            return outcome
        states = {
            state.customer: state
            for state in self._db.scalars(select(AlertState).where(AlertState.rule_id == row.id))
        }
        for ask, readings in asks:
            outcome = self._customer(row, ask, readings, states.get(ask.customer), outcome)
        last = from_microseconds(max(int(ask.moments[-1]) for ask, _ in asks))
        row.judged_at = last if row.judged_at is None else max(last, row.judged_at)
        self._db.flush()
        return outcome

    def _customer(
        self, row: AlertRule, ask: Ask, readings: list[Reading], kept: AlertState | None, outcome: Outcome
    ) -> Outcome:
        alert = self._db.get(Alert, kept.alert_id, populate_existing=True) if kept and kept.alert_id else None
        state, begun = state_of(kept, alert), row.judged_at
        last: Reading | None = None
        for instant, reading in zip(ask.moments, readings, strict=True):
            at = from_microseconds(int(instant))
            if begun is not None and at <= begun:
                continue
            last = reading
            before, (state, event) = state, decide(ask.rule, reading, state, at)
            if isinstance(event, Fired):
                alert = self._fired(row, ask.customer, event)
                if alert is None:  # of this moment it has fired before, and was paused or changed since
                    state, event = before, None
            elif alert is not None:
                _note(alert, state, event)
            if event is None and alert is not None and self._is_due_now(alert):
                event = Repeated(at, reading, alert.fired_at)
                state, alert.told_at = replace(state, told_at=at), at
            if event is not None and alert is not None:
                outcome = outcome.with_event(event, self._notify(row, ask.customer, event, alert))
            if isinstance(event, Reset):
                alert = None
        if last is not None:
            self._keep(row, ask, kept, state, alert, last)
        return outcome

    def _is_due_now(self, alert: Alert) -> bool:
        """Whether an alert is told now of which nobody was notified while it was held back."""
        return bool(alert.limits.get(HELD_BACK)) and not self._held_back and alert.acknowledged_at is None

    def _notify(self, row: AlertRule, customer: str, event: Event, alert: Alert) -> int:
        """Put an event's notices into the outbox: none while they are held back, nor an unheard one's end."""
        if self._held_back:
            if isinstance(event, Fired) and receivers.has_any(row):
                alert.limits = {**alert.limits, HELD_BACK: self._held_back}
            return 0
        if alert.limits.get(HELD_BACK):
            if isinstance(event, Reset):
                return 0
            alert.limits = {name: value for name, value in alert.limits.items() if name != HELD_BACK}
        notice = notices.Notice(row, customer, self._companies.get(customer), event, alert, self._addresses)
        return notices.put(self._db, notice, now=self._now)

    def _fired(self, row: AlertRule, customer: str, event: Fired) -> Alert | None:
        same = select(Alert.id).where(
            Alert.rule_id == row.id, Alert.customer == customer, Alert.fired_at == event.at
        )
        if self._db.scalar(same) is not None:
            return None
        value = text_of(event.reading.value) or ""
        alert = Alert(
            rule_id=row.id,
            company_id=row.company_id,
            customer=customer,
            title=row.title,
            metric=row.metric,
            level=row.level,
            fired_at=event.at,
            noticed_at=self._now,
            value=value,
            worst=value,
            calls=event.reading.calls,
            told_at=event.at,
            repeats=0,
            limits={
                "threshold": f"{row.threshold}",
                "reset": f"{row.reset}",
                "is_below": row.is_below,
                "compared": row.compared,
                "since": event.since.isoformat(),
                **({"why": dict(event.reading.why)} if event.reading.why else {}),
            },
        )
        self._db.add(alert)
        self._db.flush()
        return alert

    def _keep(
        self,
        row: AlertRule,
        ask: Ask,
        kept: AlertState | None,
        state: State,
        alert: Alert | None,
        last: Reading,
    ) -> None:
        """Keep where it stands; of a rule for each customer only those that are not simply all right."""
        verdict = ask.rule.verdict(last)
        if row.is_each and state == CALM and kept is None:
            return
        if kept is None:
            kept = AlertState(rule_id=row.id, customer=ask.customer)
            self._db.add(kept)
        kept.since = state.since
        kept.alert_id = None if alert is None else alert.id
        kept.verdict, kept.value, kept.calls = verdict.value, text_of(last.value), last.calls


def state_of(kept: AlertState | None, alert: Alert | None) -> State:
    """State out of what is kept."""
    if kept is None:
        return CALM
    if alert is None:
        return State(since=kept.since)
    return State(
        since=kept.since,
        fired_at=alert.fired_at,
        told_at=alert.told_at,
        worst=value_of(alert.worst),
        is_acknowledged=alert.acknowledged_at is not None,
    )


def _note(alert: Alert, state: State, event: Event | None) -> None:
    """Note on an alert what has become of it."""
    if isinstance(event, Reset):
        alert.ended_at, alert.ended_by = event.at, "reset"
        alert.worst = text_of(event.worst) or alert.worst
        return
    if isinstance(event, Repeated):
        alert.told_at = event.at
        alert.repeats += 1
    alert.worst = text_of(state.worst) or alert.worst
