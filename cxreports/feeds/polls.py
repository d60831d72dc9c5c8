"""Polls of the switches on their way into the lake: added up by minute, written once the minute is over."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import MINUTE_US, from_microseconds, microseconds
from cxreports.lake.polls.poll_table import PollTable

if TYPE_CHECKING:
    from cxreports.portal.feeds.under_way import Reading
    from cxreports.settings import Settings

LOG: Final = logging.getLogger(__name__)

TIDY_EVERY: Final = timedelta(hours=1)

_SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "customer": pl.String,
    "minute": pl.Datetime("us", "UTC"),
    "switch": pl.String,
    "polls": pl.Int64,
    "most": pl.Int64,
    "total": pl.Int64,
}


@dataclass
class _Minute:
    """A switch's minute: how often it answered, and the most and the sum of calls by customer."""

    at: datetime
    polls: int = 0
    most: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)

    def add(self, calls: Counter[str]) -> None:
        self.polls += 1
        for customer, count in calls.items():
            self.most[customer] = max(self.most[customer], count)
            self.total[customer] += count


class Polls:
    """Collects what the switches say; what cannot be written is logged, and the next minute goes on.

    A customer that has had a call since the process began has none where a switch lists none of theirs. Of
    minutes in which a switch did not answer nothing is written: they are unknown.
    """

    def __init__(self, settings: Settings) -> None:
        self._table = PollTable(settings.lake)
        self._keep = timedelta(days=settings.polls_kept_days)
        self._lock = threading.Lock()
        self._minutes: dict[str, _Minute] = {}
        self._customers: set[str] = {ALL_CUSTOMERS}
        self._tidy_at: datetime | None = None

    def add(self, reading: Reading) -> None:
        """Add what a switch said; the minute before is written."""
        at = from_microseconds(microseconds(reading.at) // MINUTE_US * MINUTE_US)
        with self._lock:
            before = self._minutes.get(reading.switch)
            if before is not None and before.at != at:
                del self._minutes[reading.switch]
                self._write(reading.switch, before)
                self._tidy(at)
            if reading.unknown_since is None:
                calls = Counter(call.customer for call in reading.calls if call.customer)
                calls[ALL_CUSTOMERS] = len(reading.calls)
                self._customers |= set(calls)
                self._minutes.setdefault(reading.switch, _Minute(at)).add(calls)

    def flush(self) -> None:
        """Write the minutes that are not over."""
        with self._lock:
            for switch, minute in self._minutes.items():
                self._write(switch, minute)
            self._minutes.clear()

    def _write(self, switch: str, minute: _Minute) -> None:
        rows = [
            (customer, minute.at, switch, minute.polls, minute.most[customer], minute.total[customer])
            for customer in self._customers
        ]
        try:
            self._table.add(pl.DataFrame(rows, schema=_SCHEMA, orient="row"))
        except Exception:  # the channels of now are shown all the same
            LOG.exception("the polls of %s could not be written", switch)

    def _tidy(self, at: datetime) -> None:
        if self._tidy_at is not None and at - self._tidy_at < TIDY_EVERY:
            return
        self._tidy_at = at
        try:
            self._table.tidy(at - self._keep)
        except Exception:
            LOG.exception("the polls could not be tidied")
