"""The poller: one in the process of the feeds, whatever number of visitors looks; a thread a switch.

A switch that says when calls change is listened to between two questions, and asked soon after (`pace`): the
answer counts, never the event. One that does not answer is asked less and less often, and unknown since the
first time that it did not: its calls are neither those of before nor none.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from cxreports.errors import CxreportsError
from cxreports.feeds.polls import Polls
from cxreports.feeds.switches.customers import with_customers
from cxreports.feeds.switches.kinds import source_of
from cxreports.feeds.switches.pace import Pace
from cxreports.portal.database import now as present
from cxreports.portal.feeds import under_way
from cxreports.portal.feeds.under_way import HOLDS_S, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cxreports.feeds.configuration import Switch
    from cxreports.feeds.switches.source import Source
    from cxreports.settings import Settings

LOG: Final = logging.getLogger(__name__)

LONGEST_WAIT_S: Final = 10.0
"""Below the age at which a reading counts as out of date, so that an outage keeps its own beginning."""

LISTEN_S: Final = 0.25
"""Longest wait for events before the poller looks whether it is over."""


class Poller:
    """Asks one switch.

    Parameters
    ----------
    tell
        Called with each reading.
    count
        Called besides with those at the switch's interval, whose mean is one over time: the others come when
        calls begin and end.
    """

    def __init__(
        self,
        switch: Switch,
        tell: Callable[[Reading], None],
        count: Callable[[Reading], None],
        source: Source | None = None,
        clock: Callable[[], datetime] = present,
    ) -> None:
        self.switch = switch
        self._tell, self._count, self._clock = tell, count, clock
        self._source = source or source_of(switch)
        self._failures = 0
        self._last: Reading | None = None

    def run(self, stop: threading.Event) -> None:
        """Ask until it is over."""
        pace = Pace(time.monotonic())
        while not stop.is_set():
            now = time.monotonic()
            if now < pace.due:
                if self._source.has_changed(min(pace.due - now, LISTEN_S)):
                    pace.heard(time.monotonic())
                continue
            wait_s = self.poll(is_regular=now >= pace.regular_at)
            if self._failures:
                pace.failed(time.monotonic(), wait_s)
            else:
                pace.answered(now, time.monotonic(), wait_s)
        self._source.close()

    def poll(self, *, is_regular: bool = True) -> float:
        """Ask once; how many seconds to wait before the next question, unless the switch speaks up."""
        switch = self.switch
        try:
            calls = with_customers(self._source.channels_now(), switch.customer)
        except Exception as error:  # noqa: BLE001 (the next answer may be better)
            self._told(self._unknown(error), counts=is_regular)
            wait = min(switch.every_s * 2.0 ** min(self._failures, 10), LONGEST_WAIT_S)
            self._failures += 1
            return wait
        if self._failures:
            LOG.info("%s answers again", switch.name)
        self._failures = 0
        # Twice the interval: one question that is late or lost says nothing yet.
        holds_s = max(HOLDS_S, 2 * switch.every_s + switch.timeout_s)
        reading = Reading(switch.name, switch.kind, self._clock(), tuple(calls), holds_s=holds_s)
        self._told(reading, counts=is_regular)
        return switch.every_s

    def _unknown(self, error: Exception) -> Reading:
        text = str(error) or type(error).__name__
        if not self._failures:
            LOG.warning("%s: %s", self.switch.name, text, exc_info=not isinstance(error, CxreportsError))
        now, last = self._clock(), self._last
        since = now if last is None else last.unknown_since or last.at
        return Reading(self.switch.name, self.switch.kind, now, unknown_since=since, failure=text)

    def _told(self, reading: Reading, *, counts: bool) -> None:
        self._last = reading
        self._tell(reading)
        if counts:
            self._count(reading)


class Pollers:
    """The pollers of a home folder, and what their switches said last."""

    def __init__(self, settings: Settings) -> None:
        self._home = settings.home
        self._lock = threading.Lock()
        self._readings: dict[str, Reading] = {}
        self._running: list[tuple[threading.Thread, threading.Event]] = []
        self._polls = Polls(settings)

    def follow(self, switches: Sequence[Switch]) -> None:
        """Ask these switches from now on, and no others."""
        self._stop()
        with self._lock:
            names = {switch.name for switch in switches}
            before = {reading.switch: reading for reading in under_way.readings(self._home)}
            # Unknown until it has answered, since it was unknown before.
            self._readings = {
                switch.name: replace(
                    before.get(switch.name) or Reading(switch.name, switch.kind, present()), calls=(),
                    unknown_since=_since(before.get(switch.name)),
                )
                for switch in switches
            }  # fmt: skip
            if not names:
                under_way.forget(self._home)
        for switch in switches:
            stop = threading.Event()
            poller = Poller(switch, self._told, self._polls.add)
            thread = threading.Thread(
                target=poller.run, args=(stop,), name=f"poll-{switch.name}", daemon=True
            )
            self._running.append((thread, stop))
            thread.start()

    def close(self) -> None:
        """Ask nobody any more; what was said last becomes out of date by itself."""
        self._stop()
        self._polls.flush()

    def _stop(self) -> None:
        for _, stop in self._running:
            stop.set()
        for thread, _ in self._running:
            thread.join()
        self._running = []

    def _told(self, reading: Reading) -> None:
        with self._lock:
            self._readings[reading.switch] = reading
            try:
                under_way.keep(self._home, self._readings.values())
            except OSError as error:
                LOG.warning("calls under way cannot be written down: %s", error)


def _since(before: Reading | None) -> Any:
    if before is None:
        return present()
    return before.unknown_since or before.at
