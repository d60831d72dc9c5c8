"""A worker that is killed at a random moment: when it has used so much of the processor's time."""

from __future__ import annotations

import os
import random
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import configure_mappers
from workshop import Bench, worker

from cxreports.portal.database import Database
from cxreports.schedules import running

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

LONGEST_LIFE_S = 0.4
"""A few reports."""

KILLED = signal.SIGVTALRM

# Once for all workers, which are forked from the process that imports this.
configure_mappers()


def live(url: str, home: str, smtp_url: str, clock: Any, line: Connection, seed: int) -> None:
    """Go round whenever the line says so, and answer, until the random moment has come.

    Parameters
    ----------
    clock
        Shared number of microseconds since 1970, which the test moves on.
    """
    # In this process alone: a run is given up when its worker has died a few times, and here all of them do.
    running.MOST_TRIES = 10**6  # type: ignore[misc]
    os.environ["CXREPORTS_SMTP_URL"] = smtp_url
    at_work = worker(Database(url), Path(home), Bench(), lambda: at(clock.value))  # type: ignore[arg-type]
    # Nothing handles the signal: like SIGKILL it ends the process between any two instructions.
    signal.setitimer(signal.ITIMER_VIRTUAL, random.Random(seed).uniform(0.01, LONGEST_LIFE_S))
    while True:
        line.recv_bytes()
        at_work.reports()
        at_work.mail()
        line.send_bytes(b".")


def at(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
