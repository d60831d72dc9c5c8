"""Feeding: everything that ``feeds.toml`` names, in a process of its own, so that no load slows pages down.

One thread loads, since one alone may write to the lake; each switch has a thread that asks it. What goes
wrong with one feed is logged and tried again, and the others go on.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from cxreports.beside import beside
from cxreports.errors import BadFeed, CxreportsError
from cxreports.feeds.configuration import FILE, Feeds, Folder, feeds_of
from cxreports.feeds.intake import FolderIntake, Intake, Patient, PushIntake
from cxreports.feeds.noticing import Noticing
from cxreports.feeds.refusals import record_refused
from cxreports.feeds.sftp_pull import RemoteIntake
from cxreports.feeds.switches.poller import Pollers
from cxreports.feeds.tail import TailIntake
from cxreports.lake import Store
from cxreports.log_record import keep_records_apart
from cxreports.portal.database import Database
from cxreports.portal.database import now as present
from cxreports.portal.feeds import states
from cxreports.private_file import keep_private
from cxreports.settings import Home, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cxreports.portal.feeds.states import Delivery

    Then = Callable[[Settings], None] | None

LOG: Final = logging.getLogger("cxreports.feeds")

LOOK_EVERY_S: Final = 0.5
REST_MOST_S: Final = 1.0
"""After a load the process rests as long as it took, up to this: others need the processor too."""

THEN_EVERY_S: Final = 5.0
WATCHED: Final = "watched"
"""Name of the folder that ``--watch`` names."""


class Feeding:
    """The feeds of a home folder.

    Parameters
    ----------
    watched
        A folder that is watched besides.
    then
        Called once something was loaded or refused, but not more often than every few seconds.
    """

    def __init__(self, settings: Settings, watched: Path | None = None, then: Then = None) -> None:
        self._settings, self._watched, self._then = settings, watched, then
        self._store = Store(settings)
        self._wake = threading.Event()
        self._noticing = Noticing()
        self._intakes: list[Patient] = []
        self._pollers = Pollers(settings)
        self._look: tuple[int, int] | None = None
        self._failures: dict[str, str] = {}
        self._then_due, self._then_at = False, 0.0
        self._database: Database | None = None

    def run(self, is_over: Callable[[], bool]) -> None:
        """Feed until it is over."""
        try:
            while not is_over():
                begun = time.monotonic()
                self._wake.clear()
                self._follow_file()
                self.round()
                spent = time.monotonic() - begun
                self._wake.wait(LOOK_EVERY_S)
                if spent > LOOK_EVERY_S:
                    time.sleep(min(spent, REST_MOST_S))
        finally:
            self.close()

    def round(self) -> bool:
        """Load what is ready; whether anything was."""
        found = False
        for patient in self._intakes:
            delivery = patient.take(self._store, time.monotonic())
            self._keep(patient, delivery)
            found |= delivery is not None
        self._then_due |= found
        if self._then_due and time.monotonic() - self._then_at >= THEN_EVERY_S:
            self._then_due, self._then_at = False, time.monotonic()
            if self._then is not None:
                self._then(self._settings)
        return found

    def close(self) -> None:
        """Stop everything."""
        self._pollers.close()
        self._noticing.close()
        for patient in self._intakes:
            patient.intake.close()
        if self._database is not None:
            self._database.close()

    def _follow_file(self) -> None:
        """Begin with what ``feeds.toml`` says, and again when it has changed."""
        try:
            status = (self._settings.home / FILE).stat()
            look = (status.st_mtime_ns, status.st_size)
        except FileNotFoundError:
            look = (0, 0)
        if look == self._look:
            return
        self._look = look
        try:
            self._begin(feeds_of(self._settings.home))
        except BadFeed as error:
            LOG.error("%s", error)  # noqa: TRY400 (the message says all)
            if not self._intakes and self._watched is not None:
                self._begin(Feeds())

    def _begin(self, feeds: Feeds) -> None:
        self._noticing.close()
        for patient in self._intakes:
            patient.intake.close()
        self._intakes = [Patient(*each) for each in self._made(feeds)]
        self._pollers.follow(feeds.switch)

    def _made(self, feeds: Feeds) -> Iterator[tuple[Intake, float]]:
        home = self._settings.home
        folders = list(feeds.folder)
        if self._watched is not None:
            folders.append(Folder(name=WATCHED, path=self._watched))
        for push in feeds.push:
            yield PushIntake(push, home), 0.0
        for table in feeds.database:
            yield TailIntake(table, home), table.every_s
        for remote in feeds.sftp:
            pulled = RemoteIntake(remote, home, self._wake.set)
            pulled.begin()
            yield pulled, 0.0
        for way in folders:
            intake = FolderIntake(way)
            self._notice(intake)
            LOG.info("watching %s for CDR files", way.path)
            yield intake, 0.0

    def _notice(self, intake: FolderIntake) -> None:
        def closed(path: Path) -> None:
            intake.landing.closed(path)
            self._wake.set()

        if intake.way.path.is_dir():
            self._noticing.begin(intake.way.path, closed)

    def _keep(self, patient: Patient, delivery: Delivery | None) -> None:
        """Keep what a feed delivered, or that it cannot be reached."""
        intake, failure = patient.intake, patient.failure
        if isinstance(intake, FolderIntake) and intake.refused:
            record_refused(self._settings, intake.refused)
            intake.refused = []
        if delivery is None and failure == self._failures.get(intake.name, ""):
            return
        if not self._settings.has_portal:
            return
        try:
            self._database = self._database or Database.of(self._settings)
            with self._database.writing() as db:
                if delivery is not None:
                    states.delivered(db, intake.name, delivery, present())
                if failure != self._failures.get(intake.name, ""):
                    states.failed(db, intake.name, failure, present())
            self._failures[intake.name] = failure
        except Exception:  # loading goes on
            LOG.exception("what %s delivered could not be kept", intake.name)


def in_foreground(home: Home, watched: Path | None = None, then: Then = None) -> None:
    """Feed until Ctrl-C or SIGTERM."""
    _prepare()
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    check_folder(watched)
    Feeding(Settings.of(home), watched, then).run(over.is_set)


@contextmanager
def feeding(home: Home, watched: Path | None = None, then: Then = None) -> Iterator[None]:
    """Feed in a process of its own while the block runs, from when there is a feed on.

    A process that ends by itself is begun anew.

    Parameters
    ----------
    then
        A function of a module, called in that process once something was loaded or refused.

    Raises
    ------
    CxreportsError
        The folder does not exist.
    BadFeed
        ``feeds.toml`` cannot be used.
    """
    check_folder(watched)
    settings = Settings.of(home)
    feeds_of(settings.home)
    folder = None if watched is None else watched.absolute()
    with beside(
        "cxreports-feeds",
        _beside,
        *(settings, folder, then),
        wanted=lambda: folder is not None or (settings.home / FILE).exists(),
    ):
        yield


def check_folder(watched: Path | None) -> None:
    """Refuse a folder that is not there.

    Raises
    ------
    CxreportsError
        There is none.
    """
    if watched is not None and not watched.is_dir():
        raise CxreportsError(f"there is no folder {watched} to watch: make it, or name another")


def _beside(settings: Settings, watched: Path | None, then: Then) -> None:
    """Feed for as long as the process lives that began this one."""
    _prepare()
    parent = os.getppid()
    try:
        Feeding(settings, watched, then).run(lambda: os.getppid() != parent)
    except KeyboardInterrupt:  # Ctrl-C reaches every process of the terminal
        return


def _prepare() -> None:
    keep_private()
    keep_records_apart()
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    logging.getLogger("cxreports.feeds").setLevel(logging.INFO)
