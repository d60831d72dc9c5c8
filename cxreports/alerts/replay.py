"""Replay: what a rule would have done, minute by minute, over the last days, and at other thresholds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np

from cxreports.alerts import learned
from cxreports.alerts.decision import Fired, Repeated, Reset, run
from cxreports.alerts.measuring import MINUTE, Ask, floor_minute, measured, moments_between, settled
from cxreports.clock import HOUR_US

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from cxreports.alerts.measuring import Surroundings
    from cxreports.alerts.rule import Figure, Reading, Rule
    from cxreports.clock import Instants

DAYS: Final = 30

_NEIGHBOURS: Final = (Decimal("0.7"), Decimal("0.85"), Decimal("1.15"), Decimal("1.3"))
_DIGITS: Final = 2


@dataclass(frozen=True)
class Episode:
    """A time for which the rule would have fired.

    Attributes
    ----------
    ended
        None while it lasts.
    worst
        Worst figure of it.
    """

    fired: Fired
    ended: Reset | None
    worst: Figure
    repeats: int = 0


@dataclass(frozen=True)
class Neighbour:
    """How often another threshold would have fired."""

    threshold: Decimal
    reset: Decimal
    times: int


@dataclass(frozen=True)
class Replay:
    """What a rule would have done.

    Attributes
    ----------
    moments, readings
        Every minute, of a learned rule every hour, and the figure at it; the calls behind it may be too few.
    neighbours
        Other thresholds with the rule's own among them, ascending.
    step
        From one moment to the next.
    """

    rule: Rule
    customer: str
    moments: Instants
    readings: Sequence[Reading]
    episodes: tuple[Episode, ...]
    neighbours: tuple[Neighbour, ...] = ()
    step: timedelta = MINUTE


def replay(
    around: Surroundings,
    rule: Rule,
    customer: str,
    *,
    now: datetime,
    days: int = DAYS,
    zone: ZoneInfo | None = None,
    neighbours: bool = True,
) -> Replay | None:
    """Replay a rule over the last days; None where there is nothing to judge.

    Parameters
    ----------
    customer
        A customer's id, or ``all``.
    """
    is_learned = rule.watched.kind == "learned"
    last = settled(around.snapshot, now) if rule.watched.is_metric or is_learned else floor_minute(now)
    if last is None:
        return None
    step = learned.STEP if is_learned else MINUTE
    moments = moments_between(last - timedelta(days=days) + MINUTE, last)
    if is_learned:
        moments = np.unique(moments // HOUR_US * HOUR_US)
    ask = Ask(rule, customer, moments, zone)
    (readings,) = measured(around, [ask])
    own = episodes(rule, moments, readings)
    others = tuple(_neighbours(around, ask, readings, len(own))) if neighbours else ()
    return Replay(rule, customer, moments, readings, own, others, step)


def episodes(rule: Rule, moments: Instants, readings: Sequence[Reading]) -> tuple[Episode, ...]:
    """Times for which a rule would have fired."""
    found: list[Episode] = []
    state, events = run(rule, moments, readings)
    for event in events:
        if isinstance(event, Fired):
            found.append(Episode(event, None, event.reading.value or 0))
        elif isinstance(event, Repeated):
            found[-1] = replace(found[-1], repeats=found[-1].repeats + 1)
        else:
            found[-1] = replace(found[-1], ended=event, worst=event.worst)
    if state.worst is not None:
        found[-1] = replace(found[-1], worst=state.worst)
    return tuple(found)


def thresholds(rule: Rule) -> list[Decimal]:
    """Round thresholds on both sides of a rule's own, ascending, with its own."""
    others = {_rounded(rule.threshold * factor) for factor in _NEIGHBOURS}
    return sorted(others | {rule.threshold})


def _rounded(value: Decimal) -> Decimal:
    """A value to two digits, without an exponent."""
    if not value:
        return Decimal(0)
    return value.quantize(Decimal(1).scaleb(min(value.adjusted() - _DIGITS + 1, 0)))


def _neighbours(around: Surroundings, ask: Ask, readings: Sequence[Reading], own: int) -> list[Neighbour]:
    found, rule = [], ask.rule
    for threshold in thresholds(rule):
        if threshold == rule.threshold:
            found.append(Neighbour(threshold, rule.reset, own))
            continue
        reset = rule.reset + threshold - rule.threshold
        other = replace(rule, threshold=threshold, reset=reset)
        if rule.watched.kind == "learned":  # its figures leave out the hours of its own alarms
            (readings,) = measured(around, [replace(ask, rule=other)])
        _state, events = run(other, ask.moments, readings)
        found.append(Neighbour(threshold, reset, sum(isinstance(event, Fired) for event in events)))
    return found
