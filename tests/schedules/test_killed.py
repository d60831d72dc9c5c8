"""Three workers that are killed at random moments, over days of simulated time in four zones.

Every due time is run once, and every report is sent once: beside due times that are found by looking at every
minute of the wall clock, and beside what a real mail server has got. `make year` simulates a year.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import signal
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from multiprocessing.connection import Listener, wait
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from killed_worker import KILLED, at, bear
from mail_server import serving_mail
from sqlalchemy import func, select
from workshop import company, schedule

from cxreports.portal.database import Database
from cxreports.portal.post.outgoing import OutgoingMessage, SendingTry
from cxreports.portal.schedules.due import Timing
from cxreports.portal.schedules.tables import Delivery, Missed, Run, Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAYS = int(os.environ.get("CXREPORTS_SIMULATED_DAYS", "1"))
BEGIN = datetime(2026, 3, 28, 12, tzinfo=UTC)
END = BEGIN + timedelta(days=DAYS)
"""The clock change of Madrid (29 March) is in between, in a year all of them."""

ZONES = ("Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "UTC")
AT = time(1, 45), time(2, 30)
RECEIVERS = ("ana@acme.example", "ben@acme.example")
WORKERS = 3
PATIENCE_S = 120
MINUTE = timedelta(minutes=1)


def minutes_of_the_wall(zone: str) -> Iterator[tuple[datetime, datetime]]:
    """Every minute with the time that a zone's clock shows."""
    moment = BEGIN.replace(hour=0)
    while moment <= END + timedelta(days=1):
        yield moment, moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        moment += MINUTE


def due_times(zone: str, wanted: time) -> list[datetime]:
    """First minute of each day at which the zone's clock shows the time, or has jumped over it."""
    found: dict[object, datetime] = {}
    for moment, shown in minutes_of_the_wall(zone):
        if shown.time() >= wanted and shown.date() not in found:
            found[shown.date()] = moment
    return [moment for moment in found.values() if BEGIN < moment <= END]


class Crew:
    """The workers, each replaced when it was killed."""

    def __init__(self, url: str, home: Path, smtp_url: str, clock: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._door = Listener(family="AF_UNIX")
        self._line, theirs = context.Pipe()
        self._mother = context.Process(
            target=bear, args=(url, str(home), smtp_url, clock, self._door.address, theirs)
        )
        self._mother.start()
        theirs.close()
        self._answer()
        self._seeds = random.Random(7)
        self._ids: dict[Any, int] = {}
        self._busy: set[Any] = set()
        self.killed: Counter[int] = Counter()
        for _ in range(WORKERS):
            self._replace(0)

    def _replace(self, process_id: int) -> None:
        self._line.send((self._seeds.randrange(2**32), process_id))
        if process_id:
            self.killed[self._answer()] += 1
        line = self._door.accept()
        self._ids[line] = line.recv()

    def _answer(self) -> Any:
        assert self._line.poll(PATIENCE_S), "no worker is born any more"
        return self._line.recv()

    def go_round(self) -> None:
        """Send everybody round who rests; wait until one has come back, or was killed."""
        for line in self._ids.keys() - self._busy:
            with suppress(OSError):  # killed meanwhile: seen below
                line.send_bytes(b".")
            self._busy.add(line)
        self._wait()

    def rest(self) -> bool:
        """Wait until everybody has come back; whether anybody was away.

        The clock leaps only then: no lease runs out under one who is slow, but alive.
        """
        was_away = bool(self._busy)
        while self._busy:
            self._wait()
        return was_away

    def _wait(self) -> None:
        ready = wait(list(self._busy), PATIENCE_S)
        assert ready, "no worker does anything any more"
        for line in ready:
            self._busy.discard(line)
            try:
                line.recv_bytes()  # type: ignore[union-attr]
            except (EOFError, OSError):
                self._replace(self._ids.pop(line))

    def kill_sometimes(self) -> None:
        """Kill a worker at one letter of eight: at times the one that waits to hear that it was taken."""
        if self._seeds.randrange(8) == 0:
            with suppress(ProcessLookupError):
                os.kill(self._seeds.choice(list(self._ids.values())), signal.SIGKILL)

    def end(self) -> None:
        for line, process_id in self._ids.items():
            with suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)
            line.close()
        self._mother.kill()
        self._mother.join()
        self._line.close()
        self._door.close()


def next_event(database: Database) -> datetime | None:
    """When something is to be done next."""
    free = func.coalesce(Run.leased_until, Run.look_at)
    message_free = func.coalesce(OutgoingMessage.leased_until, OutgoingMessage.due_at)
    with database.reading() as db:
        found = [
            db.scalar(select(func.min(Schedule.next_due_at))),
            db.scalar(select(func.min(free)).where(Run.state == "waiting")),
            db.scalar(select(func.min(message_free)).where(OutgoingMessage.state == "waiting")),
        ]
    utc = [each.replace(tzinfo=UTC) if each.tzinfo is None else each for each in found if each]
    return min(utc, default=None)


def test_every_report_is_made_and_sent_once(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url)
    company(database, "acme")
    expected = set()
    for zone in ZONES:
        for wanted in AT:
            made = schedule(
                database,
                BEGIN,
                name=f"{zone} {wanted:%H:%M}",
                timing=Timing.daily(f"{wanted:%H:%M}", zone),
                to=RECEIVERS,
                missed=Missed.ALL,
            )
            expected |= {(made.id, moment) for moment in due_times(zone, wanted)}
    first = next_event(database)
    assert first is not None
    clock = multiprocessing.get_context("spawn").RawValue("q", microseconds(first))
    with serving_mail() as server:
        crew = Crew(database_url, tmp_path, f"smtp://127.0.0.1:{server.port}", clock)
        server.taken = crew.kill_sometimes
        try:
            while (upcoming := next_event(database)) is not None and upcoming <= END:
                if microseconds(upcoming) > clock.value and crew.rest():
                    continue  # they have left something to do before
                clock.value = max(clock.value, microseconds(upcoming))
                crew.go_round()
        finally:
            crew.end()
    assert crew.killed.total() > WORKERS
    assert crew.killed.keys() <= {-KILLED, -signal.SIGKILL}
    check(database, expected, Counter(mail["Message-ID"] for _to, mail in server.letters))
    database.close()


def check(database: Database, expected: set[tuple[int, datetime]], letters: Counter[str]) -> None:
    with database.reading() as db:
        runs = Counter(
            (run.schedule_id, run.due_at) for run in db.scalars(select(Run)) if run.state == "done"
        )
        messages = list(db.scalars(select(OutgoingMessage)))
        deliveries = Counter(
            (each.report.run_id, each.message.target) for each in db.scalars(select(Delivery))
        )
        tries = list(db.scalars(select(SendingTry)))
    assert runs == Counter(expected)
    assert {message.state for message in messages} == {"sent"}
    assert set(deliveries.values()) == {1}
    assert len(deliveries) == len(messages) == len(letters) == len(expected) * len(RECEIVERS)
    by_message: dict[int, list[SendingTry]] = {}
    for each in sorted(tries, key=lambda each: each.number):
        by_message.setdefault(each.message_id, []).append(each)
    names = {name_of(message.key): by_message[message.id] for message in messages}
    assert letters.keys() == names.keys()
    for name, count in letters.items():
        cut_off = [each for each in names[name] if each.ended_at is None]
        assert count - 1 <= len(cut_off), "it came again though its server's answer was kept"


def name_of(key: str) -> str:
    """Message-ID of the letter of a key."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@localhost>"


def microseconds(moment: datetime) -> int:
    return (moment - at(0)) // timedelta(microseconds=1)
