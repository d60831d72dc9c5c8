"""A rule: what is watched, of which calls, beyond which threshold, for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.figures.narrowing import Narrowing
from cxreports.portal.alerts.watched import WATCHED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxreports.portal.alerts.tables import AlertRule
    from cxreports.portal.alerts.watched import Watched

Figure = Decimal | float | int

NO_TIME: Final = timedelta(0)
EVERY_CALL: Final = Narrowing()


class Verdict(StrEnum):
    """What came of judging one moment."""

    OK = "ok"
    BEYOND = "beyond"
    """The threshold is passed."""

    TOO_FEW = "too_few"
    """There are fewer calls than the rule asks for: not judged."""

    NO_FIGURE = "no_figure"
    """There is no figure, such as the ASR of no calls: not judged."""


class Reading(NamedTuple):
    """Figure of a rule at a moment.

    Attributes
    ----------
    value
        None where there is none.
    calls
        Calls behind it; None where it is not of calls.
    why
        What is outside its learned band, as an alert keeps it.
    """

    value: Figure | None
    calls: int | None = None
    why: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Rule:
    """A rule as it is judged.

    Attributes
    ----------
    metric
        A name of `cxreports.portal.alerts.watched.WATCHED`.
    threshold, reset
        It fires beyond the one, strictly, and is over when the other is reached.
    is_below
        Whether it fires below the threshold, not above it.
    sample
        Stretch of time that a figure is taken over, up to the moment.
    fewest_calls
        With fewer calls it is not judged.
    lasting
        How long the threshold must be passed at every moment before it fires.
    repeat
        Time between notices while it fires; none for a single notice.
    only
        Which calls count.
    is_change
        Whether the change against the same time a week before is watched, in per cent.
    """

    metric: str
    threshold: Decimal
    reset: Decimal
    is_below: bool = True
    sample: timedelta = timedelta(minutes=30)
    fewest_calls: int = 0
    lasting: timedelta = NO_TIME
    repeat: timedelta = NO_TIME
    only: Narrowing = EVERY_CALL
    is_change: bool = False

    @classmethod
    def of(cls, row: AlertRule) -> Rule:
        """Rule of a row."""
        return cls(
            metric=row.metric,
            threshold=row.threshold,
            reset=row.reset,
            is_below=row.is_below,
            sample=timedelta(minutes=row.sample_min),
            fewest_calls=row.fewest_calls,
            lasting=timedelta(minutes=row.lasting_min),
            repeat=timedelta(minutes=row.repeat_min),
            only=Narrowing(sip=row.sip, direction=row.direction, destination=row.destination),  # type: ignore[arg-type]
            is_change=row.compared == "week",
        )

    @property
    def watched(self) -> Watched:
        """What is watched."""
        return WATCHED[self.metric]

    def is_beyond(self, value: Figure) -> bool:
        """Whether a figure passes the threshold."""
        limit = _like(self.threshold, value)
        return value < limit if self.is_below else value > limit

    def is_over(self, value: Figure) -> bool:
        """Whether a figure has come back as far as the reset threshold."""
        limit = _like(self.reset, value)
        return value >= limit if self.is_below else value <= limit

    def worse(self, one: Figure, other: Figure) -> Figure:
        """The figure that is farther beyond."""
        return min(one, other) if self.is_below else max(one, other)

    def verdict(self, reading: Reading) -> Verdict:
        """Judge one moment by itself."""
        if reading.calls is not None and reading.calls < self.fewest_calls:
            return Verdict.TOO_FEW
        if reading.value is None:
            return Verdict.NO_FIGURE
        return Verdict.BEYOND if self.is_beyond(reading.value) else Verdict.OK


def _like(limit: Decimal, value: Figure) -> Figure:
    """A threshold to compare with: a float's digits are compared with those of a float."""
    return limit if isinstance(value, Decimal) else float(limit)


def customer_of(row: AlertRule) -> str | None:
    """Customer whose calls a rule watches, ``all`` for all together; None for each by itself."""
    return row.company_id or (None if row.is_each else ALL_CUSTOMERS)
