"""Rows of the page of alerts, worded: what fires, and rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import func, select

from cxreports.alerts.measuring import Ask, floor_minute, measured, settled, value_of
from cxreports.alerts.rule import Reading, Rule, customer_of
from cxreports.alerts.sentences import gone_text, length_text, level_text, title_text, verdict_text
from cxreports.alerts.surroundings import surroundings
from cxreports.clock import MINUTE_US, microseconds, zone
from cxreports.language import _, ngettext
from cxreports.portal.alerts import receivers, rules
from cxreports.portal.alerts.tables import Alert, AlertRule, AlertState
from cxreports.web.alerts import drawing
from cxreports.web.alerts.calls_link import calls_address
from cxreports.web.alerts.worded import TONES
from cxreports.wording import number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from cxreports.alerts.rule import Figure
    from cxreports.clock import Instants
    from cxreports.lake.snapshot import Snapshot
    from cxreports.portal.people.receivers import Receivers
    from cxreports.web.alerts.worded import Worded

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
    can_mute
        Whether it would be repeated: neither taken on nor muted.
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
    can_mute: bool
    curve: drawing.Curve | None
    band: float
    limit: str
    ticks: tuple[drawing.Mark, ...]
    times: tuple[drawing.Mark, ...]


class Rows:
    """Makes the rows.

    Parameters
    ----------
    paused
        Owners whose notices are all paused.
    """

    def __init__(
        self,
        db: Session,
        snapshot: Snapshot,
        worded: Worded,
        receivers: Receivers,
        *,
        paused: Collection[str] = (),
    ) -> None:
        self._db, self._snapshot, self._worded = db, snapshot, worded
        self._within, self._now = worded.within, worded.now
        self._receivers, self._paused = receivers, paused
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
            company = self._worded.companies.get(customer)
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
            text=self._worded.sentence(row),
            whose=self._worded.whose(row),
            state=state,
            tone=tone,
            is_filled=is_filled,
            is_paused=rules.is_paused(row, self._now),
            muted=self._worded.moment(row.muted_until)
            if row.muted_until and rules.is_muted(row, self._now)
            else "",
            now=self._now_text(row, states),
            level=level_text(row.level),
            sent_to=", ".join(
                [
                    *([_("operators")] if row.to_operators else []),
                    *map(self._receivers.name, row.emails),
                    *([_("webhook")] if row.webhook else []),
                ]
            ),
            targets=", ".join(receivers.addresses(self._db, row)),
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
            whose=self._worded.name(alert.customer),
            level=level_text(alert.level),
            tone=TONES[alert.level],
            since=_("since {time}, {length}").format(
                time=self._worded.clock(since), length=length_text(lasts)
            ),
            value=self._figure(row, alert.customer, value),
            detail=self._gone(row, value) if calls is None else self._worded.calls(calls),
            text=self._worded.sentence(row),
            cause=self._worded.cause(alert),
            taken_by=self._receivers.name(alert.acknowledged_by),
            taken_at=self._worded.moment(alert.acknowledged_at) if alert.acknowledged_at else "",
            note=alert.note,
            notices=self._repeats(alert, row),
            calls=calls_address(row, alert.customer, since - timedelta(minutes=row.sample_min), self._now),
            can_mute=alert.acknowledged_at is None and not rules.is_muted(row, self._now),
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
            return self._worded.calls(state.calls)
        return self._figure(row, state.customer, value_of(state.value))

    def _gone(self, row: AlertRule, days: Figure | None) -> str:
        if row.metric != "balance_days" or days is None:
            return ""
        return gone_text(days, self._now, self._within)

    def _repeats(self, alert: Alert, row: AlertRule) -> str:
        text, _tone = self._worded.notices(alert)
        is_quiet = row.owner in self._paused or rules.is_muted(row, self._now)
        if not row.repeat_min or alert.acknowledged_at or is_quiet:
            return text
        due = alert.told_at + timedelta(minutes=row.repeat_min)
        again = _("repeats at {time}").format(time=self._worded.clock(due))
        return f"{text} · {again}" if text else again

    def _last_fired(self, row: AlertRule) -> str:
        last = self._db.scalar(select(func.max(Alert.fired_at)).where(Alert.rule_id == row.id))
        return self._worded.moment(last) if last else _("never")

    def _figure(self, row: AlertRule, customer: str, value: object) -> str:
        return self._worded.figure(row.metric, customer, value, is_change=bool(row.compared))


def _quarters(last: datetime) -> Instants:
    """Quarters of an hour of the day up to a moment."""
    count = _DAY // timedelta(minutes=STEP_MIN)
    return microseconds(last) - np.arange(count, dtype=np.int64)[::-1] * STEP_MIN * MINUTE_US


def _judged(rule: Rule, reading: Reading) -> float | None:
    is_few = reading.calls is not None and reading.calls < rule.fewest_calls
    return None if is_few or reading.value is None else float(reading.value)


def _axis(value: float) -> str:
    return number(value, 0 if value == int(value) else 1)
