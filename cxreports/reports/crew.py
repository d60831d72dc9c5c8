"""Reports of many customers: a process that has imported everything forks workers, and hands them customers.

The crew is a process of its own (``python -m cxreports.reports.crew``), so that whoever asks for reports may
have threads and engines of their own. It forks before any engine has run: polars, DuckDB, delta-rs and V8 do
not survive a fork, but what is imported is shared by all workers. A worker that dies, or works for too long
on one customer, costs that customer's report alone.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Final

from cxreports.errors import BadReport, CxreportsError
from cxreports.reports.run import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cxreports.reports.run import Asked, Finished

    Progress = Callable[[int, int, Failed | None], None]

MOST_SECONDS: Final = 900.0
"""Seconds that one customer's report may take."""

_PATIENCE_S: Final = 30.0
_EVERYBODY: Final = ""
"""Asks a worker who the customers are."""


def run(
    asked: Asked, customers: Sequence[str] | None, *, jobs: int | None, progress: Progress
) -> list[Finished | Failed]:
    """Make the reports of some customers, or of all.

    Parameters
    ----------
    customers
        Ids; None for everybody who has calls.
    jobs
        Processes; None for one for each core, 0 for this process itself.
    progress
        As `cxreports.reports.run.run` tells it.

    Raises
    ------
    CxreportsError
        No report can be made at all.
    """
    if jobs == 0:
        return _here(asked, customers, progress)
    cores = os.cpu_count() or 1
    workers = jobs or cores
    if customers is not None:
        workers = min(workers, len(customers))
    # Workers that fill the cores gain nothing from threads, which cost them a tenth.
    threads = max(1, cores // max(1, workers))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        crew = subprocess.Popen(
            [sys.executable, "-m", "cxreports.reports.crew", str(theirs.fileno())],
            env={"POLARS_MAX_THREADS": str(threads), **os.environ},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        theirs.close()
        line = Connection(ours.detach())
        try:
            order = None if customers is None else list(customers)
            line.send((replace(asked, threads=threads), order, workers))
            return _told(line, progress)
        except EOFError:
            raise BadReport("the process that makes reports ended before they were made") from None
        finally:
            # The crew ends, and its workers with it, when nobody listens any more.
            line.close()
            try:
                crew.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                crew.kill()
                crew.wait()


def _told(line: Connection, progress: Progress) -> list[Finished | Failed]:
    """What the crew has made, told as it is."""
    first = line.recv()
    if isinstance(first, Exception):
        raise first
    order: list[str] = first
    outcomes: dict[str, list[Finished | Failed]] = {}
    while len(outcomes) < len(order):
        customer, made = line.recv()
        outcomes[customer] = made
        failed = next((each for each in made if isinstance(each, Failed)), None)
        progress(len(outcomes), len(order), failed)
    return [each for customer in order for each in outcomes[customer]]


def _here(asked: Asked, customers: Sequence[str] | None, progress: Progress) -> list[Finished | Failed]:
    """Make the reports in this process, one after the other."""
    from cxreports.reports import making  # noqa: PLC0415 (seconds of imports)

    asked = replace(asked, version=making.version(asked))
    everybody = list(dict.fromkeys(customers)) if customers is not None else making.customers(asked)
    outcomes: list[Finished | Failed] = []
    for done, customer in enumerate(everybody, start=1):
        made = _outcome(asked, customer)
        outcomes += made
        progress(done, len(everybody), next((each for each in made if isinstance(each, Failed)), None))
    return outcomes


def _outcome(asked: Asked, customer: str) -> list[Finished | Failed]:
    """Files of one customer, or why there are none."""
    from cxreports.reports import making  # noqa: PLC0415

    try:
        return [*making.made(asked, customer)]
    except CxreportsError as error:
        return [Failed(customer, str(error))]
    except Exception as error:  # noqa: BLE001 (whatever it was, the others go on)
        return [Failed(customer, f"{type(error).__name__}: {error}")]


@dataclass
class _Worker:
    """A forked process: its line, and the customer that it works on since when; "" asks for everybody."""

    pid: int
    line: Connection
    customer: str | None = None
    since: float = 0.0

    def give(self, customer: str) -> None:
        self.customer, self.since = customer, time.monotonic()
        self.line.send(customer)

    def end(self) -> None:
        self.line.close()
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


class _Crew:
    """The workers, and what is to be done yet."""

    def __init__(self, up: Connection, asked: Asked, jobs: int) -> None:
        self._up = up
        self._asked = asked
        self._jobs = jobs
        self._workers: list[_Worker] = []

    def work(self, customers: Sequence[str] | None) -> None:
        """Make everything and tell it; ends when all is made, or when nobody listens any more."""
        try:
            version, everybody = self._first_answer()
            self._asked = replace(self._asked, version=version)
            chosen = list(dict.fromkeys(everybody if customers is None else customers))
            self._up.send(chosen)
            self._work_off(deque(chosen))
        except CxreportsError as error:
            self._up.send(error)
        finally:
            for worker in self._workers:
                worker.end()

    def _first_answer(self) -> tuple[int, list[str]]:
        """Version of the lake and customers, as one worker finds them: this process opens no lake."""
        worker = self._forked()
        worker.give(_EVERYBODY)
        try:
            answer = worker.line.recv()
        except EOFError:
            raise BadReport("the lake cannot be read: the process that tried to has died") from None
        worker.customer = None
        if isinstance(answer, Exception):
            raise answer
        version, everybody = answer
        return version, everybody

    def _work_off(self, waiting: deque[str]) -> None:
        """Hand out customers until each is done."""
        for _ in range(min(self._jobs, len(waiting)) - len(self._workers)):
            self._forked()
        for worker in self._workers:
            self._next(worker, waiting)
        while busy := [each for each in self._workers if each.customer is not None]:
            soonest = min(each.since for each in busy) + MOST_SECONDS
            ready = wait([self._up, *(each.line for each in busy)], max(0.0, soonest - time.monotonic()))
            if self._up in ready:
                return
            for worker in busy:
                if worker.line in ready:
                    self._take(worker, waiting)
                elif time.monotonic() - worker.since >= MOST_SECONDS:
                    self._lose(worker, f"it took longer than {MOST_SECONDS:.0f} seconds", waiting)

    def _take(self, worker: _Worker, waiting: deque[str]) -> None:
        try:
            made = worker.line.recv()
        except (EOFError, OSError):
            self._lose(worker, "the process that made it has died (out of memory?)", waiting)
            return
        self._up.send((worker.customer, made))
        self._next(worker, waiting)

    def _lose(self, worker: _Worker, reason: str, waiting: deque[str]) -> None:
        """Give up a worker and the report that it was making; another takes its place."""
        customer = worker.customer or ""
        worker.end()
        self._workers.remove(worker)
        self._up.send((customer, [Failed(customer, reason)]))
        if waiting:
            self._next(self._forked(), waiting)

    def _next(self, worker: _Worker, waiting: deque[str]) -> None:
        worker.customer = None
        if waiting:
            worker.give(waiting.popleft())

    def _forked(self) -> _Worker:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            others = [self._up, *(each.line for each in self._workers)]
            try:
                _serve(Connection(theirs.detach()), self._asked, others)
            finally:
                # Nothing of what this process was to do afterwards is this worker's.
                os._exit(0)
        theirs.close()
        worker = _Worker(pid, Connection(ours.detach()))
        self._workers.append(worker)
        return worker


def _serve(line: Connection, asked: Asked, others: Iterable[Connection]) -> None:
    """Work as a worker until the line ends."""
    from cxreports.reports import making  # noqa: PLC0415 (imported before the fork)

    for each in others:
        each.close()
    with suppress(EOFError, OSError):
        while True:
            customer = line.recv()
            if customer != _EVERYBODY:
                line.send(_outcome(asked, customer))
                continue
            answer: Any
            try:
                asked = replace(asked, version=making.version(asked))
                answer = (asked.version, making.customers(asked))
            except CxreportsError as error:
                answer = error
            line.send(answer)


def _main(file: int) -> None:
    line = Connection(file)
    asked, customers, jobs = line.recv()
    # What is imported and compiled now is every worker's.
    from cxreports.reports import making  # noqa: PLC0415
    from cxreports.reports.shell import Shell  # noqa: PLC0415

    try:
        making.prepare(asked)
        Shell.of_process()
    except CxreportsError as error:
        line.send(error)
        return
    # What is there by now is not looked through again by any worker, which would copy its memory.
    gc.collect()
    gc.freeze()
    with suppress(BrokenPipeError, EOFError):
        _Crew(line, asked, jobs).work(customers)
    # Python would take a second to forget all that was imported.
    os._exit(0)


if __name__ == "__main__":
    # As a module with its name, so that what it sends is of the classes that the other side knows.
    from cxreports.reports.crew import _main as main

    main(int(sys.argv[1]))
