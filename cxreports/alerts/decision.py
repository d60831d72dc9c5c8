"""The decision: rule, figure, state before and moment give state and events. Nothing else is looked at.

What happens live and what a replay shows come out of the same function.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from cxreports.alerts.rule import NO_TIME, Figure, Reading, Rule, Verdict
from cxreports.clock import from_microseconds, microseconds

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

    Moments at which nothing can change are passed over: a calm rule waits for its threshold to be passed, one
    that fires for the figure to come back, or for the next notice.
    """
    track = Track.of(moments, readings)
    ahead = _Ahead.of(rule, track)
    events: list[Event] = []
    nth = ahead.next(state, 0)
    done = 0
    while nth < len(readings):
        if state.fired_at is not None and state.worst is not None:
            state = replace(state, worst=track.worst(rule, done, nth, state.worst))
        state, event = decide(rule, readings[nth], state, from_microseconds(int(moments[nth])))
        if event is not None:
            events.append(event)
        done = nth + 1
        nth = ahead.next(state, done)
    if state.fired_at is not None and state.worst is not None:
        state = replace(state, worst=track.worst(rule, done, len(readings), state.worst))
    return state, events


@dataclass(frozen=True)
class Track:
    """Readings as columns.

    Attributes
    ----------
    values
        Figures, of decimals as objects; whatever stands where there is none.
    calls
        Calls behind them, as many as can be where they are of none.
    is_there
        Whether there is a figure.
    """

    moments: Instants
    values: npt.NDArray[Any]
    calls: npt.NDArray[np.int64]
    is_there: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, moments: Instants, readings: Sequence[Reading]) -> Track:
        """Columns of readings."""
        values = [reading.value for reading in readings]
        exact = any(isinstance(value, Decimal) for value in values)
        there = np.fromiter((value is not None for value in values), bool, len(values))
        plain = np.array([0 if value is None else value for value in values], object if exact else float)
        most = np.iinfo(np.int64).max
        calls = (most if reading.calls is None else reading.calls for reading in readings)
        return cls(moments, plain, np.fromiter(calls, np.int64, len(values)), there)

    def is_judged(self, rule: Rule) -> npt.NDArray[np.bool_]:
        """Whether a moment is judged."""
        judged: npt.NDArray[np.bool_] = self.is_there & (self.calls >= rule.fewest_calls)
        return judged

    def worst(self, rule: Rule, low: int, high: int, worst: Figure) -> Figure:
        """Worst figure of some moments and of those before."""
        judged = self.is_judged(rule)[low:high]
        values = self.values[low:high][judged]
        if len(values) == 0:
            return worst
        found = min(values) if rule.is_below else max(values)
        return rule.worse(worst, found if isinstance(found, Decimal) else float(found))


@dataclass(frozen=True)
class _Ahead:
    """Indices of moments at which something can change."""

    rule: Rule
    moments: Instants
    judged: Instants
    beyond: Instants
    broken: Instants
    over: Instants

    @classmethod
    def of(cls, rule: Rule, track: Track) -> _Ahead:
        judged = track.is_judged(rule)
        exact = track.values.dtype == object
        threshold, reset = ((each if exact else float(each)) for each in (rule.threshold, rule.reset))
        values = track.values
        beyond = judged & ((values < threshold) if rule.is_below else (values > threshold)).astype(bool)
        over = judged & ((values >= reset) if rule.is_below else (values <= reset)).astype(bool)
        return cls(rule, track.moments, *map(np.flatnonzero, (judged, beyond, ~beyond, over)))

    def next(self, state: State, nth: int) -> int:
        """First moment from one on at which a state can change, or the number of moments."""
        if state.fired_at is not None:
            return min(self._first(self.over, nth), self._notice(state, nth))
        if state.since is None:
            return self._first(self.beyond, nth)
        lasting = np.searchsorted(self.moments, microseconds(state.since + self.rule.lasting))
        return min(self._first(self.broken, nth), max(nth, int(lasting)))

    def _notice(self, state: State, nth: int) -> int:
        if self.rule.repeat <= NO_TIME or state.is_acknowledged or state.told_at is None:
            return len(self.moments)
        due = int(np.searchsorted(self.moments, microseconds(state.told_at + self.rule.repeat)))
        return self._first(self.judged, max(nth, due))

    def _first(self, indices: Instants, nth: int) -> int:
        at = int(np.searchsorted(indices, nth))
        return int(indices[at]) if at < len(indices) else len(self.moments)
