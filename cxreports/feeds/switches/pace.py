"""Pace of the questions to a switch: at its interval, and sooner when it says that calls have changed."""

from __future__ import annotations

from typing import Final

SOONEST_S: Final = 1.0
"""Rest after an answer, however many events come: thousands a second lead to one question."""

SETTLES_S: Final = 0.5
"""By so much a list may be behind the events.

FreeSWITCH lists channels out of a table that it writes some 200 ms after the event, and a call begins with
several events. An answer covers what was heard so long before its question, and nothing later.
"""


class Pace:
    """When a switch is asked next; all times are seconds of one clock that never goes back.

    Attributes
    ----------
    regular_at
        When the next question is due whatever the switch says.
    """

    def __init__(self, now: float) -> None:
        self.regular_at = now
        self._answered_at = now
        self._first: float | None = None
        self._latest = now

    @property
    def due(self) -> float:
        """When the next question is due."""
        if self._first is None:
            return self.regular_at
        return min(self.regular_at, max(self._answered_at + SOONEST_S, self._first + SETTLES_S))

    def heard(self, now: float) -> None:
        """Take note of an event."""
        self._latest = now
        if self._first is None:
            self._first = now

    def answered(self, asked_at: float, now: float, every_s: float) -> None:
        """Take note of an answer."""
        if asked_at >= self.regular_at:
            self.regular_at = max(self.regular_at + every_s, now)
        self._answered_at = now
        if self._first is not None:
            self._first = self._latest if self._latest > asked_at - SETTLES_S else None

    def failed(self, now: float, wait_s: float) -> None:
        """Take note of a question without an answer: the next one brings all that was missed."""
        self.regular_at = now + wait_s
        self._first = None
