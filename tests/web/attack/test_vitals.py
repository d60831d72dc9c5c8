"""A kernel's process as the server sees it: at work, hanging, ended, greedy."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING

import psutil
import pytest
from driving import until
from nbclient.exceptions import DeadKernelError
from voila.execute import VoilaExecutor

from cxreports.web.kernels import vitals
from cxreports.web.kernels.notebook import notebook_of, run
from cxreports.web.kernels.vitals import Appetite, Fairness, KernelLost, Lookout, Sign, alive, timely

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Mapping

SPIN = "while True: pass"
HOLD = "held = bytearray(200 * 2**20); print('held', flush=True); input()"
SPIN_ASIDE = f"""
import threading
def spin():
    {SPIN}
threading.Thread(target=spin).start()
threading.Event().wait()
"""
REST = "print('rests', flush=True); input()"


def signs(processes: Mapping[Hashable, Collection[int]]) -> Mapping[Hashable, Mapping[int, Sign]]:
    """What processes look like now."""
    return Lookout().signs(processes)


@contextmanager
def running(code: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


async def never() -> None:
    await asyncio.Event().wait()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vitals, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(vitals, "HANGS_AFTER_S", 0.3)


def test_an_answer_comes_through() -> None:
    async def answer() -> int:
        return 42

    with running(REST) as process:
        assert asyncio.run(alive(process.pid, answer())) == 42


def test_a_server_that_is_held_up_does_not_blame_the_kernel() -> None:
    async def answer() -> int:
        for _ in range(40):
            await asyncio.sleep(0)
            time.sleep(0.1)  # noqa: ASYNC251 (what else holds the loop up)
        return 42

    with running(REST) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert asyncio.run(alive(process.pid, answer())) == 42


def test_a_fault_of_the_work_comes_through() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with running(REST) as process, pytest.raises(ZeroDivisionError):
        asyncio.run(alive(process.pid, fail()))


@pytest.mark.parametrize("code", [REST, SPIN])
def test_a_process_that_was_stopped_hangs(code: str) -> None:
    with running(code) as process:
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(KernelLost, match="has done nothing"):
            asyncio.run(alive(process.pid, never()))


def test_whoever_keeps_a_processor_busy_with_many_waits_behind_the_others() -> None:
    fairness, at = Fairness(), 0.0

    def look(passed_s: float) -> None:
        nonlocal at
        at += passed_s
        fairness.look(signs({"mallory": [each.pid for each in greedy], "bea": [modest.pid]}), at)
        time.sleep(0.1)

    with running(SPIN) as one, running(SPIN) as two, running(REST) as modest:
        greedy, burnt_s = [one, two], 0.0

        def waits() -> bool:
            # By a clock that they keep a processor busy by, whatever else the machine is busy with.
            nonlocal burnt_s
            before, burnt_s = burnt_s, sum(sum(psutil.Process(each.pid).cpu_times()[:2]) for each in greedy)
            look(max(burnt_s - before, 0.01))
            return all(psutil.Process(each.pid).nice() == 10 for each in greedy)

        until(waits, "all of the greedy one's processes wait behind the others")
        assert psutil.Process(modest.pid).nice() < 10
        for each in greedy:
            os.kill(each.pid, signal.SIGSTOP)

        def waits_no_more() -> bool:
            look(0.1)
            return all(psutil.Process(each.pid).nice() == 0 for each in greedy)

        if _may_take_back(modest.pid):
            until(waits_no_more, "who rests is as good as the others again")


def _may_take_back(process_id: int) -> bool:
    """Whether this system lets us give a process back what it gave up."""
    process = psutil.Process(process_id)
    process.nice(11)
    try:
        process.nice(0)
    except psutil.AccessDenied:
        return False
    return True


async def deaf() -> None:
    """Take a first cancellation for something else and go on, as nbclient does."""
    with suppress(asyncio.CancelledError):
        await never()
    await never()


@pytest.mark.parametrize("process_state", ["stopped", "late"])
def test_work_that_ignores_its_cancellation_is_not_waited_for(process_state: str) -> None:
    async def given_up(process_id: int) -> float:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        waiting = alive(process_id, deaf()) if process_state == "stopped" else timely(0.1, deaf())
        with pytest.raises(KernelLost):
            await asyncio.wait_for(waiting, 20)
        return loop.time() - begun

    with running(REST) as process:
        os.kill(process.pid, signal.SIGSTOP)
        assert asyncio.run(given_up(process.pid)) < 15


def test_a_process_that_ended_is_not_waited_for() -> None:
    with running("pass") as process:
        process.wait()
        with pytest.raises(KernelLost, match="has ended"):
            asyncio.run(alive(process.pid, never()))


def test_a_kernel_that_died_under_a_page_is_lost_and_no_fault_of_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def died(*_: object, **__: object) -> None:
        raise DeadKernelError("Kernel died")

    monkeypatch.setattr(VoilaExecutor, "execute_cell", died)
    with pytest.raises(KernelLost, match="died"):
        asyncio.run(run("k", None, None, notebook_of("1 + 1")))


def test_a_process_that_gets_on_is_waited_for_until_the_longest_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vitals, "LONGEST_S", 1.5)
    with running(SPIN) as process, pytest.raises(KernelLost, match="is not done"):
        asyncio.run(alive(process.pid, never()))


def test_one_that_holds_too_much_memory_is_named() -> None:
    with running(HOLD) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert Appetite(100 * 2**20, 2**40, 60).look(signs({"ann": [process.pid]}), 0) == {
            process.pid: "memory"
        }
        assert Appetite(400 * 2**20, 2**40, 60).look(signs({"ann": [process.pid]}), 0) == {}


def test_of_a_company_that_holds_too_much_together_the_largest_is_named() -> None:
    with running(HOLD) as large, running(REST) as small, running(HOLD) as anothers:
        for process in (large, anothers):
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
        own = {"acme": [small.pid, large.pid], "other": [anothers.pid]}
        together = sum(psutil.Process(each).memory_info().rss for each in own["acme"])
        assert Appetite(2**40, together - 2**20, 60).look(signs(own), 0) == {large.pid: "memory"}
        assert Appetite(2**40, together + 2**20, 60).look(signs(own), 0) == {}


@pytest.mark.parametrize("code", [SPIN, SPIN_ASIDE])
def test_one_that_never_pauses_is_named_and_one_that_rests_is_not(code: str) -> None:
    with running(code) as spinning, running(REST) as resting:
        appetite = Appetite(2**40, 2**40, 1.0)

        def named() -> bool:
            found = appetite.look(signs({"ann": [resting.pid, spinning.pid]}), time.monotonic())
            assert resting.pid not in found
            return found == {spinning.pid: "processor"}

        until(named, "the spinning process is named")


def test_one_that_the_others_leave_little_never_pauses_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vitals, "_BUSY", 1e6)  # as much as no process gets
    with running(SPIN_ASIDE) as spinning, running(REST) as resting:
        appetite, lookout = Appetite(2**40, 2**40, 60.0), Lookout()
        own = {"ann": [resting.pid, spinning.pid]}
        until(lambda: psutil.Process(spinning.pid).num_threads() == 2, "it spins aside")
        assert psutil.Process(spinning.pid).status() == psutil.STATUS_SLEEPING
        assert appetite.look(lookout.signs(own), 0.0) == {}
        for now in range(1, 60):
            assert appetite.look(lookout.signs(own), now) == {}
        assert appetite.look(lookout.signs(own), 61.0) == {spinning.pid: "processor"}


def test_a_process_that_is_gone_takes_nothing() -> None:
    with running("pass") as process:
        process.wait()
        assert Appetite(0, 0, 0).look(signs({"ann": [process.pid]}), 0) == {}


def test_what_a_process_has_burnt_is_not_anothers_with_the_same_number() -> None:
    with running(SPIN) as process:
        appetite = Appetite(2**40, 2**40, 60)
        until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_RUNNING, "it spins")
        for now in range(50):
            assert appetite.look(signs({"ann": [process.pid]}), now) == {}
        assert appetite.look(signs({}), 50) == {}
        # The number comes again, of a process that begins.
        for now in range(100, 150):
            assert appetite.look(signs({"ann": [process.pid]}), now) == {}
        later = count(211, 61)
        until(
            lambda: appetite.look(signs({"ann": [process.pid]}), next(later)),
            "it has burnt too long",
        )


def test_what_has_ended_is_left_out_and_what_goes_on_is_seen_to_work() -> None:
    lookout = Lookout()
    with running(REST) as gone, running(SPIN) as going:
        own = {"ann": [gone.pid], "bea": [going.pid]}
        first = lookout.signs(own)
        gone.kill()
        gone.wait()
        until(lambda: lookout.signs(own)["bea"][going.pid].cpu_s > first["bea"][going.pid].cpu_s, "it works")
        assert lookout.signs(own)["ann"] == {}
        assert lookout.signs({"ann": [], "bea": [going.pid]}).keys() == {"ann", "bea"}
