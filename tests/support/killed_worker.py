"""Workers that are killed at random moments: when they have used so much of the processor's time."""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import signal
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Client
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop import Bench, worker

from cxreports.portal.database import Database
from cxreports.schedules import running

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from cxreports.schedules.worker import Worker

LONGEST_LIFE_S = 0.15
"""A few reports: of a worker that has compiled its SQL before it was born, a report takes 20 ms."""

KILLED = signal.SIGVTALRM


def bear(url: str, home: str, smtp_url: str, clock: Any, door: str, line: Connection) -> None:
    """Do what is due first, and then bear a worker for each seed that is asked for.

    Whoever is born here has the database's SQL compiled, so that a year's thousands of workers spend their
    lives on reports.

    Parameters
    ----------
    clock
        Shared number of microseconds since 1970, which the test moves on.
    door
        Address at which each worker reports.
    line
        Brings a seed and the number of the process that the new worker replaces, 0 for none; takes that one's
        exit code.
    """
    # In these processes alone: a run is given up when its worker has died a few times, and here all do.
    running.MOST_TRIES = 10**6  # type: ignore[misc]
    os.environ["CXREPORTS_SMTP_URL"] = smtp_url
    at_work = worker(Database(url), Path(home), Bench(), lambda: at(clock.value))  # type: ignore[arg-type]
    _go_round(at_work)
    line.send(None)
    gc.freeze()  # or each one's first collection writes to, and thereby copies, everything
    born: dict[int | None, Any] = {}
    context = multiprocessing.get_context("fork")
    while True:
        seed, replaced = line.recv()
        if replaced:
            dead = born.pop(replaced)
            dead.join()
            line.send(dead.exitcode)
        process = context.Process(target=live, args=(at_work, door, seed))
        process.start()
        born[process.pid] = process


def live(at_work: Worker, door: str, seed: int) -> None:
    """Go round whenever the line says so, and answer, until the random moment has come."""
    at_work.database.engine.dispose(close=False)  # its connections are the mother's
    line = Client(door)
    line.send(os.getpid())
    # Nothing handles the signal: like SIGKILL it ends the process between any two instructions.
    signal.setitimer(signal.ITIMER_VIRTUAL, random.Random(seed).uniform(0.001, LONGEST_LIFE_S))
    while True:
        line.recv_bytes()
        _go_round(at_work)
        line.send_bytes(b".")


def _go_round(at_work: Worker) -> None:
    at_work.reports()
    at_work.mail()


def at(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
