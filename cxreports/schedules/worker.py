"""The worker: evaluates alerts, makes reports that are due, and sends what waits, again and again.

Any number of workers share a database, on one machine or several. ``cxreports worker`` is one in the
foreground; ``cxreports serve`` has one in a process of its own.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cxreports.alerts import notices
from cxreports.alerts.evaluation import evaluate
from cxreports.beside import beside
from cxreports.delivery import outbox
from cxreports.delivery.outbox import Channel
from cxreports.errors import CxreportsError
from cxreports.log_record import keep_records_apart
from cxreports.portal.database import Database
from cxreports.portal.database import now as present
from cxreports.portal.people.vault import Vault
from cxreports.private_file import keep_private
from cxreports.schedules import retention
from cxreports.schedules.planning import plan
from cxreports.schedules.running import Runner
from cxreports.schedules.settling import settle
from cxreports.schedules.workshop import LakeWorkshop
from cxreports.settings import Home, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from cxreports.schedules.workshop import Workshop

LOG: Final = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 5.0
TIDY_EVERY_S: Final = 3600.0
LAST_WORDS_S: Final = 10.0


@dataclass(frozen=True)
class Worker:
    """What a worker does, each of it once.

    Attributes
    ----------
    clock
        Says what time it is.
    """

    database: Database
    settings: Settings
    workshop: Workshop
    clock: Callable[[], datetime] = present

    def alerts(self) -> None:
        """Judge the alert rules at each minute that has come."""
        evaluate(self.workshop.store, self.database, self.settings, now=self.clock())

    def reports(self) -> int:
        """Make the reports that are due; how many runs were looked at."""
        plan(self.database, self.clock())
        vault = Vault.of(self.settings)
        return Runner(self.database, self.settings, vault, self.workshop, self.clock).run_due()

    def mail(self) -> int:
        """Send mail that waits, and settle what is refused; how many mails were tried."""
        return self._send([Channel.MAIL])

    def files(self) -> int:
        """Send everything else that waits: a receiver that hangs holds no mail up."""
        return self._send([Channel.WEBHOOK, Channel.SFTP, Channel.S3])

    def _send(self, channels: list[Channel]) -> int:
        """Send what waits, and what a refusal leads to; how many messages were tried."""
        now = None if self.clock is present else self.clock()
        count, is_over = 0, False
        while not is_over:
            sent = outbox.send_due(self.database, self.settings.home, now=now, channels=channels)
            count += sent.all
            is_over = not sent.failed or not self._settle()
        return count

    def _settle(self) -> int:
        """Draw the consequences of what failed for good; of how many messages."""
        now = self.clock()
        return notices.settle(self.database, self.settings, now) + settle(self.database, self.settings, now)

    def tidy(self) -> None:
        """Delete what is over, and settle what a killed worker left."""
        self._settle()
        retention.delete_expired(self.database, self.settings.home, self.clock())
        retention.delete_orphans(self.database, self.settings.home)

    def once(self) -> None:
        """Do everything that is due now."""
        for act in (self.alerts, self.reports, self.mail, self.files, self.tidy):
            act()


def work(home: Home, stop: threading.Event) -> None:
    """Work until stopped; what goes wrong is logged and tried again."""
    settings = Settings.of(home)
    database = Database.of(settings)
    worker = Worker(database, settings, LakeWorkshop(settings))
    acts: list[tuple[Callable[[], object], float]] = [
        (worker.alerts, LOOK_EVERY_S),
        (worker.reports, LOOK_EVERY_S),
        (worker.mail, LOOK_EVERY_S),
        (worker.files, LOOK_EVERY_S),
        (worker.tidy, TIDY_EVERY_S),
    ]
    threads = [threading.Thread(target=_again, args=(*act, stop), daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(LAST_WORDS_S)
    database.close()


def _again(act: Callable[[], object], every_s: float, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            act()
        except CxreportsError as error:
            LOG.warning("%s", error)
        except Exception:  # the next round may go better, and the other threads go on
            LOG.exception("the worker goes on")
        stop.wait(every_s)


@contextmanager
def working(home: Home) -> Iterator[None]:
    """Work in a process of its own while the block runs; one that ends by itself is begun anew."""
    with beside("cxreports-worker", _beside, Settings.of(home)):
        yield


def _beside(settings: Settings) -> None:
    """Work for as long as the process lives that began this one."""
    parent, stop = os.getppid(), threading.Event()
    watch = threading.Thread(target=_stop_with, args=(parent, stop), daemon=True)
    watch.start()
    in_foreground(settings, stop)


def in_foreground(settings: Settings, stop: threading.Event | None = None) -> None:
    """Work until Ctrl-C or SIGTERM."""
    keep_private()
    keep_records_apart()
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    ended = stop or threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    work(settings, ended)


def _stop_with(parent: int, stop: threading.Event) -> None:
    while not stop.wait(1.0):
        if os.getppid() != parent:
            stop.set()
