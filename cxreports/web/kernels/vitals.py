"""Signs of life of a kernel's process: whether it gets on, what memory and processor it takes.

Measured from outside, by the server: a kernel that hangs cannot be asked.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psutil

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine, Hashable, Mapping

T = TypeVar("T")

LOOK_EVERY_S: Final = 0.5

HANGS_AFTER_S: Final = 6.0
"""A process that owes an answer and has neither worked nor waited for the processor for so long hangs."""

LONGEST_S: Final = 120.0
"""Nobody waits longer for a kernel, even for one that gets on: the machine is too busy."""

_LATE: Final = 1.5
"""Times as long as it should take, and a look says nothing of the kernel."""

_AT_WORK: Final = frozenset({psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP})


class KernelLost(Exception):
    """A kernel that ended, hangs, or takes too long, while something was expected of it."""


async def alive(process_id: int, work: Coroutine[Any, Any, T]) -> T:
    """Result of what a kernel was asked, as long as its process shows that it works on it.

    Raises
    ------
    KernelLost
        The process ended, has done nothing for `HANGS_AFTER_S`, or is not done after `LONGEST_S`. The work
        is cancelled.
    """
    task = asyncio.ensure_future(work)
    process = _opened(process_id)
    begun, spent, idle_looks = time.monotonic(), -1.0, 0
    try:
        while True:
            asked_at = time.monotonic()
            done, _ = await asyncio.wait({task}, timeout=LOOK_EVERY_S)
            if done:
                return task.result()
            sign = _sign(process)
            if sign is None:
                raise KernelLost("the kernel's process has ended")
            # Looks are counted, not seconds, and none that comes late: a server that is held up itself may
            # have the kernel's answer already, and must not blame the kernel.
            is_late = time.monotonic() - asked_at > _LATE * LOOK_EVERY_S
            is_idle = sign.status not in _AT_WORK and sign.cpu_s <= spent
            idle_looks = (idle_looks if is_late else idle_looks + 1) if is_idle else 0
            spent = sign.cpu_s
            if idle_looks * LOOK_EVERY_S > HANGS_AFTER_S:
                raise KernelLost(f"the kernel has done nothing for {HANGS_AFTER_S:.0f} s ({sign.status})")
            if time.monotonic() - begun > LONGEST_S:
                raise KernelLost(f"the kernel is not done after {LONGEST_S:.0f} s")
    finally:
        _give_up(task)


async def timely(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Result of work that is done in time.

    Raises
    ------
    KernelLost
        It takes longer; it is cancelled, and whatever becomes of it is not waited for.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            raise KernelLost(f"the page is not made after {seconds:.0f} s")
        return task.result()
    finally:
        _give_up(task)


def _give_up(task: asyncio.Task[Any]) -> None:
    """Cancel work that is not done, without waiting: nbclient may take its time to obey."""
    task.cancel()
    # Read, so that asyncio does not complain of a failure that nobody asked for.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())


@dataclass(frozen=True)
class Sign:
    """What a process looks like at one moment.

    Attributes
    ----------
    status
        As `psutil` names it: ``running`` (of any of its threads), ``sleeping``, ``stopped`` …
    cpu_s
        Seconds of processor time that it has used.
    memory
        Bytes that it holds in memory (resident set).
    """

    status: str
    cpu_s: float
    memory: int


def _sign(process: psutil.Process | None, rested_at_s: float = -1.0) -> Sign | None:
    """Look at a process, and at its other threads too if it has worked since it rested: each is a file."""
    if process is None:
        return None
    try:
        with process.oneshot():
            times, status = process.cpu_times(), process.status()
            cpu_s = times.user + times.system
            if status == psutil.STATUS_SLEEPING and cpu_s > rested_at_s and _has_running_thread(process.pid):
                status = psutil.STATUS_RUNNING
            sign = Sign(status, cpu_s, process.memory_info().rss)
    except psutil.Error:
        return None
    return None if sign.status == psutil.STATUS_ZOMBIE else sign


def _has_running_thread(process_id: int) -> bool:
    """Whether a thread has, or waits for, a processor: the system gives a process the state of its first."""
    for stat in Path(f"/proc/{process_id}/task").glob("*/stat"):
        with suppress(OSError):
            # The state follows the name, which may hold whatever its thread likes.
            if stat.read_bytes().rpartition(b") ")[2].startswith(b"R"):
                return True
    return False


def _opened(process_id: int) -> psutil.Process | None:
    try:
        return psutil.Process(process_id)
    except psutil.Error:
        return None


@dataclass
class Lookout:
    """Looks at the same processes again and again: to find each anew costs as much as the look."""

    _found: dict[int, psutil.Process | None] = field(default_factory=dict)
    _rested_at_s: dict[int, float] = field(default_factory=dict)

    def signs(self, processes: Mapping[Hashable, Collection[int]]) -> dict[Hashable, dict[int, Sign]]:
        """Look at all once more; those that have ended are left out. Not for an event loop: it reads files.

        Parameters
        ----------
        processes
            Process ids by whose they are.
        """
        ids = set(chain.from_iterable(processes.values()))
        # Those that are not asked for are forgotten: the system gives their numbers to others.
        self._found = {each: self._found.get(each) or _opened(each) for each in ids}
        signs = {each: _sign(self._found[each], self._rested_at_s.get(each, -1.0)) for each in ids}
        self._rested_at_s = {
            each: sign.cpu_s
            for each, sign in signs.items()
            # One that ran may have been left nothing since.
            if sign is not None and sign.status != psutil.STATUS_RUNNING
        }
        return {
            whose: {each: sign for each in own if (sign := signs[each]) is not None}
            for whose, own in processes.items()
        }


@dataclass
class Appetite:
    """What each kernel may take, watched from one look to the next.

    Attributes
    ----------
    most_memory
        Bytes beyond which it is ended.
    most_of_company
        Bytes that all of one company's, or one person's without a company, may hold together; beyond them the
        largest is ended.
    longest_burn_s
        Seconds that it may keep a processor busy without a pause; a third of it makes it wait behind others.
    """

    most_memory: int
    most_of_company: int
    longest_burn_s: float
    _burning_since: dict[int, float] = field(default_factory=dict)
    _cpu_s: dict[int, tuple[float, float]] = field(default_factory=dict)

    def look(self, processes: Mapping[Hashable, Mapping[int, Sign]], now: float) -> dict[int, str]:
        """Judge all kernels once more: ``memory`` or ``processor`` for each that took too much of it.

        Parameters
        ----------
        processes
            Signs of their processes by whose they are, from `Lookout.signs`.
        now
            Seconds of a clock that never goes back.
        """
        signs = {each: sign for own in processes.values() for each, sign in own.items()}
        # The system numbers its processes in a circle: what one has burnt must not be another's, later.
        for gone in self._cpu_s.keys() - signs.keys():
            self._burning_since.pop(gone, None)
            del self._cpu_s[gone]
        found = {each: reason for each, sign in signs.items() if (reason := self._verdict(each, sign, now))}
        for own in processes.values():
            memory = {each: sign.memory for each, sign in own.items() if each not in found}
            if sum(memory.values()) > self.most_of_company:
                found[max(memory, key=memory.__getitem__)] = "memory"
        return found

    def _verdict(self, process_id: int, sign: Sign, now: float) -> str:
        before, at = self._cpu_s.get(process_id, (sign.cpu_s, now))
        self._cpu_s[process_id] = (sign.cpu_s, now)
        if sign.memory > self.most_memory:
            return "memory"
        share = (sign.cpu_s - before) / (now - at) if now > at else 0.0
        # One that always wants the processor burns, however little of it the others leave.
        if sign.status != psutil.STATUS_RUNNING and share < _BUSY:
            if self._burning_since.pop(process_id, None) is not None:
                _renice(process_id, 0)
            return ""
        burnt = now - self._burning_since.setdefault(process_id, at)
        if burnt > self.longest_burn_s:
            return "processor"
        if burnt > self.longest_burn_s / 3:
            _renice(process_id, _BEHIND_OTHERS)
        return ""


@dataclass
class Fairness:
    """Lets all processes of whoever keeps a processor busy with them wait behind everybody else's.

    One kernel that burns is ended (`Appetite`); many that each rest between two fits of work are not, and
    would take the processor from others all the same.
    """

    _cpu_s: dict[int, float] = field(default_factory=dict)
    _shares: dict[Hashable, float] = field(default_factory=dict)
    _behind: dict[Hashable, set[int]] = field(default_factory=dict)
    _at: float = 0.0

    def look(self, processes: Mapping[Hashable, Mapping[int, Sign]], now: float) -> None:
        """Weigh everybody's processes once more.

        Parameters
        ----------
        processes
            Signs of them by whose they are, from `Lookout.signs`.
        now
            Seconds of a clock that never goes back.
        """
        passed, self._at = now - self._at, now
        before, self._cpu_s = self._cpu_s, {}
        for whose, signs in processes.items():
            self._cpu_s |= {each: sign.cpu_s for each, sign in signs.items()}
            # Of one that is seen for the first time it is not known when it worked.
            spent = sum(sign.cpu_s - before.get(each, sign.cpu_s) for each, sign in signs.items())
            share = self._shares.get(whose, 0.0)
            share += (spent / passed - share) * min(1.0, passed / _MEMORY_S)
            self._shares[whose] = share
            behind = self._behind.setdefault(whose, set())
            behind.intersection_update(signs)
            if share > _GREEDY:
                for each in signs.keys() - behind:
                    _renice(each, _BEHIND_OTHERS)
                behind.update(signs)
            elif share < _GREEDY / 2:
                for each in behind:
                    _renice(each, 0)
                behind.clear()
        for gone in self._shares.keys() - processes.keys():
            del self._shares[gone]
            self._behind.pop(gone, None)


_GREEDY: Final = 0.6
"""Share of one processor, in the mean of some seconds; half of it ends the wait."""

_MEMORY_S: Final = 5.0

_BUSY: Final = 0.5
"""Share of one processor between two looks."""

_BEHIND_OTHERS: Final = 10


def _renice(process_id: int, nice: int) -> None:
    with suppress(psutil.Error, PermissionError):
        psutil.Process(process_id).nice(nice)
