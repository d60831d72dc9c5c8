"""The decision: rule, figure, state before and moment give state and events. Nothing else is looked at.

What happens live and what a replay shows come out of the same function.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cxreports.alerts.rule import NO_TIME, Figure, Reading, Rule, Verdict
from cxreports.clock import from_microseconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from cxreports.clock import Instants


@dataclass(frozen=True)
class State:
    """Where a rule stands.

    Attributes
    ----------
    since
        Since when the threshold is passed; None while it is not.
    fired_at
        When it fired; None while it does not.
    told_at
        When the last notice was due.
    worst
        Worst figure since it fired.
    is_acknowledged
        Whether somebody has taken it on: it is not repeated any more.
    """

    since: datetime | None = None
    fired_at: datetime | None = None
    told_at: datetime | None = None
    worst: Figure | None = None
    is_acknowledged: bool = False


CALM: Final = State()


@dataclass(frozen=True)
class Fired:
    """The threshold has been passed for long enough.

    Attributes
    ----------
    since
        Since when.
    """

    at: datetime
    reading: Reading
    since: datetime


@dataclass(frozen=True)
class Repeated:
    """It still fires, and a notice is due again."""

    at: datetime
    reading: Reading
    fired_at: datetime


@dataclass(frozen=True)
class Reset:
    """It is over.

    Attributes
    ----------
    worst
        Worst figure while it lasted.
    """

    at: datetime
    reading: Reading
    fired_at: datetime
    since: datetime
    worst: Figure

    @property
    def lasted(self) -> timedelta:
        """Time from the first moment beyond the threshold."""
        return self.at - self.since


Event = Fired | Repeated | Reset


def decide(rule: Rule, reading: Reading, state: State, at: datetime) -> tuple[State, Event | None]:
    """State after a moment, and what happens at it.

    A moment that is not judged (too few calls, no figure) neither fires nor ends anything, and breaks the
    time for which the threshold must be passed.
    """
    verdict = rule.verdict(reading)
    if state.fired_at is not None:
        return _while_firing(rule, reading, state, at) if _is_judged(verdict) else (state, None)
    if verdict is not Verdict.BEYOND:
        return CALM, None
    since = state.since or at
    if at - since < rule.lasting:
        return replace(state, since=since), None
    return State(since, at, at, reading.value), Fired(at, reading, since)


def _is_judged(verdict: Verdict) -> bool:
    return verdict in {Verdict.OK, Verdict.BEYOND}


def _while_firing(rule: Rule, reading: Reading, state: State, at: datetime) -> tuple[State, Event | None]:
    value, worst = reading.value, state.worst
    if value is None or worst is None or state.fired_at is None or state.told_at is None:
        return state, None
    if rule.is_over(value):
        return CALM, Reset(at, reading, state.fired_at, state.since or state.fired_at, worst)
    worst = rule.worse(worst, value)
    is_due = rule.repeat > NO_TIME and not state.is_acknowledged and at - state.told_at >= rule.repeat
    if is_due:
        return replace(state, told_at=at, worst=worst), Repeated(at, reading, state.fired_at)
    return (state if worst == state.worst else replace(state, worst=worst)), None


def run(
    rule: Rule, moments: Instants, readings: Sequence[Reading], state: State = CALM
) -> tuple[State, list[Event]]:
    """State after many moments, and what happened at them, as `decide` gives them one by one.

    A rule that is calm stays so until its threshold is passed: the moments up to there are left out.
    """
    beyond = [nth for nth, reading in enumerate(readings) if rule.verdict(reading) is Verdict.BEYOND]
    events: list[Event] = []
    nth = at_beyond = 0
    while nth < len(readings):
        if state == CALM:
            while at_beyond < len(beyond) and beyond[at_beyond] < nth:
                at_beyond += 1
            if at_beyond == len(beyond):
                break
            nth = beyond[at_beyond]
        state, event = decide(rule, readings[nth], state, from_microseconds(int(moments[nth])))
        if event is not None:
            events.append(event)
        nth += 1
    return state, events
