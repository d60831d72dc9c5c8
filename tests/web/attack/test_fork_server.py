"""Kernels that are forked: what they share, what ends them, and what is done where none can be forked."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from callers import Caller, Someone, introduce, session_of
from driving import portal_of, until
from jupyter_client.manager import AsyncKernelManager
from made_lake import made_store
from traitlets.config import Configurable

from cxreports.web.kernels.fork_request import Request
from cxreports.web.kernels.forked import ForkServer, ThisPython
from cxreports.web.kernels.surroundings import environment_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")

OLGA = Someone("olga@op.example", None)

MOST_MB = 40
"""Memory of an empty page that is at rest: 32 are measured; 46 were when it touched every module."""

BEFORE_THE_FORK = """
import os
from cxreports import allocators
from cxreports.web.kernels.fork_server import _import_pages
os.environ.update(allocators.QUIET)
_import_pages()
names = [open(f"/proc/self/task/{task}/comm").read().strip() for task in os.listdir("/proc/self/task")]
print(*sorted(names), sep="\\n")

from cxreports.charts.drawing import specifications_made
made = specifications_made()
from cxreports.pages.warm_up import warm_up
warm_up()
assert made > 0 and specifications_made() == made, "altair draws in every kernel"
"""


def test_nothing_is_started_before_the_fork_that_does_not_survive_it() -> None:
    ran = subprocess.run([sys.executable, "-c", BEFORE_THE_FORK], check=True, capture_output=True, text=True)
    names = ran.stdout.split()
    # rayon's workers are polars-0 …, tokio's tokio-rt-worker; DuckDB's have the program's name.
    assert not [name for name in names if name.startswith(("polars-0", "tokio", "async"))], names
    assert len(names) <= len(["Python", "polars's cleaner of spilt files", "arrow's allocator"]), names


AFTER_THE_FORK = """
import os
from cxreports.lake.parquet.readers import readers, start_ahead
start_ahead()
child = os.fork()
if not child:
    os.environ["CXREPORTS_PORTAL"] = "1"
    from cxreports.lake.store import Store
    from cxreports.visitor import Visitor, bind
    bind(Visitor(1, "a@b.example", "A", "acme"))
    store = Store({home!r})
    rows = store.snapshot().scan("cdr")
    found = store.snapshot().query(f"SELECT count(*), CAST(sum(duration_s) AS BIGINT) FROM {{rows}} AS calls")
    os._exit(found.row(0) != (2, 90))
assert os.waitpid(child, 0)[1] == 0
"""


def test_an_engine_that_was_started_before_the_fork_answers_after_it(tmp_path: Path) -> None:
    durations = (("acme", 60), ("acme", 30), ("other", 7))
    begun = "2026-03-01T10:00:00"
    calls = [{"customer": who, "call_time": begun, "duration_s": lasts} for who, lasts in durations]
    made_store(tmp_path, calls)
    code = AFTER_THE_FORK.format(home=str(tmp_path))
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_page_is_made_though_the_fork_server_was_killed(tmp_path: Path) -> None:
    introduce(tmp_path, OLGA)
    with portal_of(tmp_path, forks_anew=True) as portal:
        olga = Caller(portal.address, {"cx-session": session_of(portal.home, OLGA.email)})
        kernel = portal.kernel(olga.ask("/").start()["kernel"])
        assert kernel
        forking = psutil.Process(kernel).parent()
        assert forking
        assert forking.ppid() == portal.process.pid
        until(lambda: len(portal.kernels()) == 2, "the next one is warm")
        until(lambda: _own_mb(kernel) < MOST_MB, "it gave back what it does not need")
        before = portal.kernels()
        os.kill(forking.pid, signal.SIGKILL)
        until(lambda: not set(before) & set(portal.kernels()), "its kernels end with it")
        again = portal.kernel(olga.ask("/").start()["kernel"])
        assert again
        assert psutil.Process(again).ppid() != forking.pid


def test_nobody_waits_for_a_fork_server_that_hangs(tmp_path: Path) -> None:
    introduce(tmp_path, OLGA)
    limits = {"cxreports.web.kernels.forked.ANSWERS_WITHIN_S": 4.0}
    with portal_of(tmp_path, forks_anew=True, limits=limits) as portal:
        session = {"cx-session": session_of(portal.home, OLGA.email)}
        kernel = portal.kernel(Caller(portal.address, session).ask("/").start()["kernel"])
        assert kernel
        forking = psutil.Process(kernel).parent()
        assert forking
        forking.suspend()
        with ThreadPoolExecutor(2) as pool:
            pages = [pool.submit(Caller(portal.address, {**session}).ask, "/") for _ in range(2)]
            until(lambda: not forking.is_running() or forking.status() == "zombie", "it is given up")
            assert Caller(portal.address, {**session}).ask("/profile").status == 200
            assert all("cx-start" in page.result().text for page in pages)
        assert "No kernel could be forked" in "".join(portal.log)


def _own_mb(process: int) -> float:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith("Private_Dirty:")).split()[1]) / 1024


def test_a_fork_server_that_cannot_start_says_so() -> None:
    server = ForkServer({**environment_of(os.environ), "PYTHONHOME": "/nowhere"})
    try:
        with pytest.raises(OSError, match=r"has ended|reset|pipe"):
            server.fork(Request([], "/", {}))
    finally:
        server.close()


class _Refusing:
    async def forking(self, request: Request) -> Any:
        del request
        raise ConnectionError("the fork server has ended")


class _Pool(Configurable):
    fork_server = _Refusing()


def test_where_none_can_be_forked_a_kernel_is_started_anew(tmp_path: Path) -> None:
    async def started() -> list[str]:
        manager = AsyncKernelManager(
            parent=_Pool(), kernel_name="python3", kernel_spec_manager=ThisPython(), transport="ipc"
        )
        manager.connection_file = str(tmp_path / "kernel.json")
        # Without a home it would end at once, and be gone where the machine is slow.
        environment = {**environment_of(os.environ), "CXREPORTS_HOME": str(tmp_path)}
        await manager.start_kernel(cwd=str(tmp_path), env=environment)
        try:
            return psutil.Process(manager.provisioner.pid).cmdline()  # type: ignore[union-attr]
        finally:
            await manager.shutdown_kernel(now=True)

    assert "cxreports.web.kernels.process" in asyncio.run(started())
