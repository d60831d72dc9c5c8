"""Rows of the page of alerts, worded: what fires, rules, history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import func, select

from cxreports import language
from cxreports.alerts.measuring import Ask, floor_minute, measured, settled, value_of
from cxreports.alerts.notices import about_alert
from cxreports.alerts.rule import Reading, Rule, customer_of
from cxreports.alerts.sentences import (
    figure_text,
    length_text,
    level_text,
    rule_text,
    title_text,
    verdict_text,
    why_text,
)
from cxreports.alerts.surroundings import surroundings
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import MINUTE_US, microseconds, zone
from cxreports.language import _, ngettext
from cxreports.portal.alerts import rules
from cxreports.portal.alerts.tables import Alert, AlertRule, AlertState
from cxreports.portal.post.outgoing import OutgoingMessage, State
from cxreports.portal.tables import Company
from cxreports.web.alerts import drawing
from cxreports.web.alerts.calls_link import calls_address
from cxreports.wording import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from cxreports.clock import Instants
    from cxreports.lake.snapshot import Snapshot
    from cxreports.portal.people.receivers import Receivers

TONES: Final = {"critical": "bad", "warning": "warn", "notice": "info"}
"""Tone of each level."""

STEP_MIN: Final = 15
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class RuleRow:
    """A rule in the list.

    Attributes
    ----------
    state, tone
        Where it stands, in a word, and its tone.
    is_filled
        Whether it needs somebody, or somebody has taken it on.
    muted
        Up to when nobody is notified; empty where it is not muted.
    now
        Its last figure, or why there is none.
    spark
        The last 24 hours; None where there is nothing to draw.
    """

    id: int
    title: str
    text: str
    whose: str
    state: str
    tone: str
    is_filled: bool
    is_paused: bool
    muted: str
    now: str
    level: str
    sent_to: str
    targets: str
    last_fired: str
    spark: drawing.Curve | None
    is_below: bool


@dataclass(frozen=True)
class Firing:
    """What fires now.

    Attributes
    ----------
    band
        Where it begins in the curve, per cent.
    """

    id: int
    title: str
    rule: int
    whose: str
    level: str
    tone: str
    since: str
    value: str
    detail: str
    text: str
    cause: str
    taken_by: str
    taken_at: str
    note: str
    notices: str
    calls: str
    curve: drawing.Curve | None
    band: float
    limit: str
    ticks: tuple[drawing.Mark, ...]
    times: tuple[drawing.Mark, ...]


@dataclass(frozen=True)
class Past:
    """What fired once, in the history."""

    id: int
    title: str
    when: str
    whose: str
    level: str
    tone: str
    value: str
    cause: str
    lasted: str
    notices: str
    notices_tone: str
    taken_by: str
    taken_at: str
    note: str
    calls: str
    is_open: bool


@dataclass(frozen=True)
class Shown:
    """The page's rows."""

    firing: Sequence[Firing]
    rules: Sequence[RuleRow]
    judged: str


class Rows:
    """Makes the rows.

    Parameters
    ----------
    within
        Zone of their times.
    """

    def __init__(
        self, db: Session, snapshot: Snapshot, within: ZoneInfo, now: datetime, receivers: Receivers
    ) -> None:
        self._db, self._snapshot, self._within, self._now = db, snapshot, within, now
        self._receivers = receivers
        self._companies: Mapping[str, Company] = {each.id: each for each in db.scalars(select(Company))}
        self._curves: dict[int, tuple[drawing.Curve, drawing.Points]] = {}

    def draw(self, listed: Sequence[AlertRule]) -> None:
        """Read the last 24 hours of rules, those of the same calls at once."""
        pairs = [(row, customer) for row in listed if (customer := customer_of(row)) is not None]
        around = surroundings(self._db, self._snapshot, since=self._now - _DAY)
        asks, drawn = [], []
        for row, customer in pairs:
            rule = Rule.of(row)
            last = settled(self._snapshot, self._now) if rule.watched.is_metric else floor_minute(self._now)
            if last is None:
                continue
            company = self._companies.get(customer)
            asks.append(Ask(rule, customer, _quarters(last), zone(company.zone) if company else None))
            drawn.append(row)
        for row, ask, readings in zip(drawn, asks, measured(around, asks), strict=True):
            values = [_judged(ask.rule, reading) for reading in readings]
            if any(each is not None for each in values):
                curve = drawing.curve(values, float(row.threshold), float(row.reset))
                self._curves[row.id] = curve, values

    def rule(self, row: AlertRule, states: Iterable[AlertState], alerts: Mapping[int, Alert]) -> RuleRow:
        """A rule in the list."""
        states = list(states)
        state, tone, is_filled = self._state(row, states, alerts)
        drawn = self._curves.get(row.id)
        return RuleRow(
            id=row.id,
            title=title_text(row.standing, row.title),
            text=self._sentence(row),
            whose=self._whose(row.company_id, is_each=row.is_each),
            state=state,
            tone=tone,
            is_filled=is_filled,
            is_paused=rules.is_paused(row, self._now),
            muted=self._clock(row.muted_until) if row.muted_until and rules.is_muted(row, self._now) else "",
            now=self._now_text(row, states),
            level=level_text(row.level),
            sent_to=", ".join(
                [*map(self._receivers.name, row.emails), *([_("webhook")] if row.webhook else [])]
            ),
            targets=", ".join(row.emails),
            last_fired=self._last_fired(row),
            spark=drawn[0] if drawn else None,
            is_below=row.is_below,
        )

    def firing(self, alert: Alert, row: AlertRule, state: AlertState | None) -> Firing:
        """What fires now."""
        drawn = self._curves.get(row.id)
        curve = drawn[0] if drawn and alert.customer == customer_of(row) else None
        since = datetime.fromisoformat(str(alert.limits["since"]))
        lasts = self._now - since
        value = value_of(state.value) if state and state.value else value_of(alert.value)
        calls = state.calls if state else alert.calls
        begun = self._now - _DAY
        return Firing(
            id=alert.id,
            title=title_text(row.standing, alert.title),
            rule=row.id,
            whose=self._name(alert.customer),
            level=level_text(alert.level),
            tone=TONES[alert.level],
            since=_("since {time}, {length}").format(time=self._clock(since), length=length_text(lasts)),
            value=self._figure(row, alert.customer, value),
            detail="" if calls is None else self._calls(calls),
            text=self._sentence(row),
            cause=self._cause(alert),
            taken_by=alert.acknowledged_by,
            taken_at=self._moment(alert.acknowledged_at) if alert.acknowledged_at else "",
            note=alert.note,
            notices=self._repeats(alert, row),
            calls=calls_address(row, alert.customer, since - timedelta(minutes=row.sample_min), self._now),
            curve=curve,
            band=round(max(0.0, 100 * ((alert.fired_at - begun) / _DAY)), 1),
            limit=self._figure(row, alert.customer, row.threshold),
            ticks=()
            if curve is None
            else tuple(drawing.Mark(curve.scale.height(each), _axis(each)) for each in curve.scale.ticks()),
            times=tuple(
                drawing.time_marks(_quarters(floor_minute(self._now)), self._within)
                if curve is not None
                else ()
            ),
        )

    def past(self, alert: Alert, row: AlertRule | None) -> Past:
        """A row of the history."""
        since = datetime.fromisoformat(str(alert.limits["since"]))
        ended = alert.ended_at or self._now
        lasted = length_text(ended - since)
        notices, tone = self._notices(alert)
        company = self._companies.get(alert.customer)
        worst = figure_text(
            alert.metric,
            value_of(alert.worst),
            company.currency if company else None,
            is_change=bool(alert.limits.get("compared")),
        )
        return Past(
            id=alert.id,
            title=title_text(row.standing if row else None, alert.title),
            when=self._moment(alert.fired_at),
            whose=self._name(alert.customer),
            level=level_text(alert.level),
            tone=TONES[alert.level],
            value=worst,
            cause=self._cause(alert),
            lasted=_("lasts, {length}").format(length=lasted) if alert.ended_at is None else lasted,
            notices=notices,
            notices_tone=tone,
            taken_by=alert.acknowledged_by,
            taken_at=self._moment(alert.acknowledged_at) if alert.acknowledged_at else "",
            note=alert.note,
            calls=calls_address(row, alert.customer, since - timedelta(minutes=row.sample_min), ended)
            if row
            else "",
            is_open=alert.ended_at is None,
        )

    def _state(
        self, row: AlertRule, states: Sequence[AlertState], alerts: Mapping[int, Alert]
    ) -> tuple[str, str, bool]:
        if rules.is_paused(row, self._now):
            return _("Paused"), "", False
        firing = [alert for state in states if (alert := alerts.get(state.alert_id or 0))]
        if firing:
            if all(alert.acknowledged_at for alert in firing):
                return _("Acknowledged"), "warn", True
            return _("Firing"), "bad", True
        if row.judged_at is None:
            return _("Not judged yet"), "", False
        if len(states) == 1 and not row.is_each and states[0].verdict in {"too_few", "no_figure"}:
            return verdict_text(states[0].verdict), "", False
        return _("OK"), "good", False

    def _now_text(self, row: AlertRule, states: Sequence[AlertState]) -> str:
        if row.is_each:
            count = sum(state.alert_id is not None for state in states)
            return ngettext("{count} customer", "{count} customers", count).format(count=number(count))
        if not states:
            return ""
        state = states[0]
        if state.verdict == "too_few" and state.calls is not None:
            return self._calls(state.calls)
        return self._figure(row, state.customer, value_of(state.value))

    def _notices(self, alert: Alert) -> tuple[str, str]:
        """How many of an alert's messages have arrived."""
        begin = about_alert(alert.id)
        asked = (
            select(OutgoingMessage.state, func.count())
            .where(OutgoingMessage.key >= begin, OutgoingMessage.key < f"{begin[:-1]}!")
            .group_by(OutgoingMessage.state)
        )
        counts = {State(state): count for state, count in self._db.execute(asked)}
        total, sent = sum(counts.values()), counts.get(State.SENT, 0)
        if not total:
            return "", ""
        text = _("{sent} of {total} delivered").format(sent=number(sent), total=number(total))
        return text, "good" if sent == total else "bad" if State.FAILED in counts else ""

    def _repeats(self, alert: Alert, row: AlertRule) -> str:
        text, _tone = self._notices(alert)
        if not row.repeat_min or alert.acknowledged_at:
            return text
        due = alert.told_at + timedelta(minutes=row.repeat_min)
        again = _("repeats at {time}").format(time=self._clock(due))
        return f"{text} · {again}" if text else again

    def _last_fired(self, row: AlertRule) -> str:
        last = self._db.scalar(select(func.max(Alert.fired_at)).where(Alert.rule_id == row.id))
        return self._moment(last) if last else _("never")

    def _sentence(self, row: AlertRule) -> str:
        company = self._companies.get(row.company_id or "")
        return rule_text(row, company.currency if company else None)

    def _figure(self, row: AlertRule, customer: str, value: object) -> str:
        company = self._companies.get(customer)
        currency = company.currency if company else None
        return figure_text(row.metric, value, currency, is_change=bool(row.compared))  # type: ignore[arg-type]

    def _cause(self, alert: Alert) -> str:
        """What a learned rule found, and what it consists of; empty for other rules."""
        why = alert.limits.get("why")
        company = self._companies.get(alert.customer)
        return why_text(why, company.currency if company else None) if why else ""

    def _calls(self, count: int) -> str:
        return ngettext("{count} call", "{count} calls", count).format(count=number(count))

    def _whose(self, company_id: str | None, *, is_each: bool) -> str:
        if company_id is not None:
            return self._name(company_id)
        return _("Every customer by itself") if is_each else _("All customers")

    def _name(self, customer: str) -> str:
        if customer == ALL_CUSTOMERS:
            return _("All customers")
        company = self._companies.get(customer)
        return company.name if company else customer

    def _clock(self, at: datetime) -> str:
        local = at.astimezone(self._within)
        is_today = local.date() == self._now.astimezone(self._within).date()
        return f"{local:%H:%M}" if is_today else language.date_and_time(local, "MMMd")

    def _moment(self, at: datetime) -> str:
        local = at.astimezone(self._within)
        if local.date() == self._now.astimezone(self._within).date():
            return _("today {time}").format(time=f"{local:%H:%M}")
        return language.date_and_time(local, "MMMd")


def _quarters(last: datetime) -> Instants:
    """Quarters of an hour of the day up to a moment."""
    count = _DAY // timedelta(minutes=STEP_MIN)
    return microseconds(last) - np.arange(count, dtype=np.int64)[::-1] * STEP_MIN * MINUTE_US


def _judged(rule: Rule, reading: Reading) -> float | None:
    is_few = reading.calls is not None and reading.calls < rule.fewest_calls
    return None if is_few or reading.value is None else float(reading.value)


def _axis(value: float) -> str:
    return number(value, 0 if value == int(value) else 1)
