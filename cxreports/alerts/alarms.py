"""Alarms of a learned rule as its figures look back on them: which hours a customer was already warned of.

A day's span still holds a fault hours after its end. What was in an alarm is no part of another, so a fault
is one alarm, while a second fault beside it is judged by its own hours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from cxreports.alerts.decision import CALM, Fired, Reset, State, decide
from cxreports.clock import HOUR_US, from_microseconds, microseconds

if TYPE_CHECKING:
    from cxreports.alerts.decision import Event
    from cxreports.alerts.rule import Reading, Rule
    from cxreports.clock import Instants


@dataclass(frozen=True)
class Alarms:
    """Where a learned rule stands with a customer, and the hours of its alarms that are over.

    Attributes
    ----------
    state
        As the decision has left it.
    begun
        First hour of the alarm that fires, microseconds since 1970; None while none does.
    over
        Alarms that are over, from their first hour to their end.
    """

    state: State = CALM
    begun: int | None = None
    over: tuple[tuple[int, int], ...] = ()

    def is_new(self, hours: Instants) -> npt.NDArray[np.bool_]:
        """Whether hours are part of no alarm that is over."""
        new = np.ones(len(hours), bool)
        for start, end in self.over:
            new &= (hours + HOUR_US <= start) | (hours >= end)
        return new

    def after(self, rule: Rule, reading: Reading, at: int) -> Alarms:
        """The same after one more moment has been decided."""
        return self.decided(rule, reading, at)[0]

    def decided(self, rule: Rule, reading: Reading, at: int) -> tuple[Alarms, Event | None]:
        """The same after one more moment, and what happened at it."""
        state, event = decide(rule, reading, self.state, from_microseconds(at))
        if isinstance(event, Fired):
            begun = first_hour(microseconds(event.since), reading)
            return replace(self, state=state, begun=begun), event
        if isinstance(event, Reset) and self.begun is not None:
            return Alarms(state, None, (*self.over, (self.begun, at))), event
        return replace(self, state=state), event


def first_hour(since: int, reading: Reading) -> int:
    """Beginning of the hours that an alarm is about."""
    return since - int((reading.why or {}).get("hours", 0)) * HOUR_US


NONE: Final = Alarms()
