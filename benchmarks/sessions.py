"""Many open dashboards of different customers: what each holds, and whether the next one is still quick.

A portal of its own, a lake with as many customers as there are dashboards, and a file of new calls every few
seconds, at which each dashboard reads again. Each dashboard is a page and its websocket, whose messages are read
as a browser reads them; no browser draws it. Ten people click meanwhile, each another period. Measured: memory of
each page's process (PSS, which shares out what processes have in common), the server's memory, seconds until a
further page is complete with all its figures, until a click is answered, and from the end of a load until a page
shows its calls. Exits with 1 if a page was refused or lost, or a click never answered.

    python benchmarks/sessions.py --dashboards 300 --seconds 120

It writes benchmarks/SESSIONS.md unless --print says otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import polars as pl
import psutil
from callers import PROTOCOL, Caller, Someone, comm_message, introduce, session_of
from driving import portal_of
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from cxreports.lake import Store
from cxreports.traffic.customers import crowd
from cxreports.traffic.days import generate
from cxreports.traffic.vendor_files import write_connexcs_api

if TYPE_CHECKING:
    from collections.abc import Iterable

    from driving import Portal

PEOPLE_CLICKING = 10
VISITS = 9
PERIODS = ("7d", "24h", "30d")
CALLS_A_DAY = 20_000
DAYS = 8
CALLS_OF_A_LOAD = 200
LOOKING_S = 3.0
ANSWERED_WITHIN_S = 60.0


@dataclass
class Dashboard:
    """An open page: whoever has it, its kernel and its parts, and its websocket."""

    caller: Caller
    kernel: str
    root: str
    controls: str
    view: dict[str, Any]
    socket: WebSocketClientConnection | None = None
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    lost: bool = False
    behind_since: float | None = None
    behind_s: list[float] = field(default_factory=list)

    @classmethod
    def open(cls, portal: Portal, email: str, session: str) -> tuple[Dashboard, float]:
        """Ask for the page; gives it with the seconds until it was complete."""
        caller = Caller(portal.address, {"cx-session": session})
        begun = time.monotonic()
        answer = caller.ask("/")
        took = time.monotonic() - begun
        if "cx-start" not in answer.text:
            raise SystemExit(f"{email} got no page: {answer.status}")
        start = answer.start()
        controls, state = next(
            (model, state) for model, state in start["states"].items() if "periods" in state
        )
        root = start["root"].removeprefix("anywidget:").removeprefix("IPY_MODEL_")
        return cls(caller, start["kernel"], root, controls, state["view"]), took

    async def join(self) -> None:
        """Connect and greet as the page's script does; from then on the page follows new calls."""
        address = self.caller.address.replace("http", "ws")
        url = f"{address}/api/kernels/{self.kernel}/channels?session_id={os.urandom(4).hex()}"
        cookies = "; ".join(f"{name}={value}" for name, value in self.caller.cookies.items())
        request = HTTPRequest(url, headers={"Cookie": cookies})
        self.socket = await websocket_connect(request, subprotocols=[PROTOCOL])
        hello = {"method": "custom", "content": {"hello": {"browser_zone": "Europe/Madrid"}}}
        await self.socket.write_message(comm_message(self.root, hello), binary=True)

    async def follow(self) -> None:
        """Read what its kernel says until the connection ends."""
        assert self.socket is not None
        while (said := await self.socket.read_message()) is not None:
            if (isinstance(said, bytes) and b'"data": {"rows' in said) or b'"as_of"' in said:
                self.heard.set()
                self.catch_up()
        self.lost = True

    def catch_up(self) -> None:
        """Note for how long calls were in the lake that it did not show."""
        if self.behind_since is not None:
            self.behind_s.append(time.monotonic() - self.behind_since)
            self.behind_since = None

    async def click(self, period: str) -> float:
        """Choose a period; gives the seconds until its figures came."""
        assert self.socket is not None
        self.heard.clear()
        self.view = {**self.view, "period": period}
        begun = time.monotonic()
        changed = {"method": "update", "state": {"view": self.view}, "buffer_paths": []}
        await self.socket.write_message(comm_message(self.controls, changed), binary=True)
        await asyncio.wait_for(self.heard.wait(), ANSWERED_WITHIN_S)
        return time.monotonic() - begun


@dataclass
class Measured:
    """What was seen."""

    dashboards: int
    opening_s: float
    pss_mb: list[float]
    server_mb: float
    total_mb: float
    visits_s: list[float] = field(default_factory=list)
    clicks_s: list[float] = field(default_factory=list)
    loads_s: list[float] = field(default_factory=list)
    behind_s: list[float] = field(default_factory=list)
    behind_yet: int = 0
    touched: list[int] = field(default_factory=list)
    lost: int = 0
    rest_cpu: float = 0.0


def main() -> int:
    """Open them, load, click, visit; give the exit status."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--dashboards", type=int, default=300)
    options.add_argument("--seconds", type=float, default=120)
    options.add_argument("--every", type=float, default=5.0, help="seconds between loads")
    options.add_argument("--print", action="store_true", help="write no file")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        customers = [each.id for each in crowd(asked.dashboards, CALLS_A_DAY)]
        fill(home, asked.dashboards)
        people = [Someone(f"p{number}@x.example", customer) for number, customer in enumerate(customers)]
        introduce(home, *people)
        sessions = {each.email: session_of(home, each.email) for each in people}
        with portal_of(home, kernels={"most": asked.dashboards + 2 * VISITS}, anew=True) as portal:
            measured = asyncio.run(_measure(portal, home, sessions, asked.seconds, asked.every))
    text = _report(measured)
    print(text)
    if not asked.print:
        Path(__file__).with_name("SESSIONS.md").write_text(text, "utf-8")
    return int(measured.lost > 0 or not measured.clicks_s)


def fill(home: Path, customers: int) -> None:
    """Load some days of all customers' calls, up to now."""
    first = datetime.now(UTC).date() - timedelta(days=DAYS - 1)
    store = Store(home)
    store.create()
    _load(store, home, pl.concat(generate(first, DAYS, customers=crowd(customers, CALLS_A_DAY))), "begin")


def _load(store: Store, home: Path, calls: pl.DataFrame, name: str) -> float:
    path = home.parent / f"{name}.csv"
    write_connexcs_api(calls.sort("end_time"), path)
    begun = time.monotonic()
    store.load(path)
    path.unlink()
    return time.monotonic() - begun


async def _measure(
    portal: Portal, home: Path, sessions: dict[str, str], seconds: float, every: float
) -> Measured:
    begun = time.monotonic()
    dashboards = []
    following = []
    for email, session in sessions.items():
        dashboard, _ = await asyncio.to_thread(Dashboard.open, portal, email, session)
        await dashboard.join()
        following.append(asyncio.ensure_future(dashboard.follow()))
        dashboards.append(dashboard)
    opening_s = time.monotonic() - begun
    over = asyncio.Event()
    measured = Measured(len(dashboards), opening_s, [], 0.0, 0.0)
    before, at = cpu_s(portal.process.pid), time.monotonic()
    await asyncio.sleep(10)
    measured.rest_cpu = (cpu_s(portal.process.pid) - before) / (time.monotonic() - at)
    acts = [
        _loads(home, dashboards, every, over, measured),
        _visits(portal, sessions, seconds / VISITS, over, measured),
        *(_clicks(dashboard, over, measured) for dashboard in dashboards[:PEOPLE_CLICKING]),
    ]
    running = [asyncio.ensure_future(act) for act in acts]
    await asyncio.sleep(seconds)
    over.set()
    await asyncio.gather(*running)
    await asyncio.sleep(5)
    for each in dashboards:
        measured.behind_yet += each.behind_since is not None
        each.catch_up()  # one that still waits has waited for so long at least
        measured.behind_s += each.behind_s
    measured.lost = sum(each.lost for each in dashboards)
    measured.pss_mb = [_pss_mb(process) for process in portal.kernels()]
    server = psutil.Process(portal.process.pid)
    measured.server_mb = _pss_mb(server.pid)
    measured.total_mb = measured.server_mb + sum(
        _pss_mb(each.pid) for each in server.children(recursive=True)
    )
    for task in following:
        task.cancel()
    return measured


async def _loads(
    home: Path, dashboards: list[Dashboard], every: float, over: asyncio.Event, measured: Measured
) -> None:
    """Load a few calls again and again."""
    store, number = Store(home), 0
    customers = crowd(len(dashboards), CALLS_A_DAY)
    # Whoever clicks hears figures that are not of the new calls.
    looking = [*zip(customers, dashboards, strict=True)][PEOPLE_CLICKING:]
    showing = {customer.id: dashboard for customer, dashboard in looking}
    fresh = pl.concat(generate(date(2020, 1, 1), 1, customers=customers))
    while not over.is_set():
        now = datetime.now(UTC)
        calls = fresh.sample(CALLS_OF_A_LOAD, seed=number)
        # As a switch delivers them: those that have ended since the load before.
        ended = [now - timedelta(seconds=every * nth / calls.height) for nth in range(calls.height)]
        moved = pl.Series(ended).cast(pl.Datetime("us", "UTC")) - calls["end_time"]
        measured.touched.append(calls["customer"].n_unique())
        times = [name for name, kind in calls.schema.items() if isinstance(kind, pl.Datetime)]
        calls = calls.with_columns(pl.col(name) + moved for name in times)
        measured.loads_s.append(await asyncio.to_thread(_load, store, home, calls, f"more-{number}"))
        for customer in showing.keys() & set(calls["customer"]):
            showing[customer].behind_since = showing[customer].behind_since or time.monotonic()
        number += 1
        await _pause(over, every)


async def _visits(
    portal: Portal, sessions: dict[str, str], every: float, over: asyncio.Event, measured: Measured
) -> None:
    """Open one page more again and again."""
    for email, session in list(sessions.items())[-VISITS:]:
        await _pause(over, every)
        if over.is_set():
            return
        dashboard, took = await asyncio.to_thread(Dashboard.open, portal, email, session)
        measured.visits_s.append(took)
        await asyncio.to_thread(dashboard.caller.post, f"/api/kernels/{dashboard.kernel}/end")


async def _clicks(dashboard: Dashboard, over: asyncio.Event, measured: Measured) -> None:
    """Choose one period after the other, with seconds of looking between."""
    number = 0
    while not over.is_set() and not dashboard.lost:
        measured.clicks_s.append(await dashboard.click(PERIODS[number % len(PERIODS)]))
        number += 1
        await _pause(over, LOOKING_S)


async def _pause(over: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(over.wait(), seconds)
    except TimeoutError:
        return


def cpu_s(*processes: int) -> float:
    """Processor time of some processes and all that they started, seconds."""
    roots = map(psutil.Process, processes)
    every = [each for root in roots for each in (root, *root.children(recursive=True))]
    return sum(sum(each.cpu_times()[:2]) for each in every)


def _pss_mb(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024


def _report(measured: Measured) -> str:
    """Write what was measured."""
    cores, memory = os.cpu_count(), psutil.virtual_memory().total / 2**30
    visits, clicks, behind = sorted(measured.visits_s), sorted(measured.clicks_s), sorted(measured.behind_s)
    rows = [
        ("open dashboards, each of another customer", f"{measured.dashboards}"),
        ("dashboards lost", f"{measured.lost}"),
        ("memory of a page's process, PSS, median", f"{statistics.median(measured.pss_mb):.0f} MB"),
        ("the largest", f"{max(measured.pss_mb):.0f} MB"),
        ("memory of the server's own process, PSS", f"{measured.server_mb:.0f} MB"),
        ("memory of all, PSS", f"{measured.total_mb / 1024:.1f} GB"),
        ("opening them one after the other, each", f"{measured.opening_s / measured.dashboards:.2f} s"),
        ("processors busy while nothing happens", f"{measured.rest_cpu:.2f}"),
        ("a further page, complete, median", f"{statistics.median(visits):.2f} s" if visits else "-"),
        ("the slowest of them", f"{visits[-1]:.2f} s" if visits else "-"),
        (f"clicks of {PEOPLE_CLICKING} people, answered, median", f"{statistics.median(clicks):.2f} s"),
        ("95 % of the clicks within", f"{clicks[int(0.95 * (len(clicks) - 1))]:.2f} s"),
        ("clicks", f"{len(clicks)}"),
        ("calls are shown after they were loaded, median", f"{statistics.median(behind):.0f} s"),
        ("95 % of the times within", f"{behind[int(0.95 * (len(behind) - 1))]:.0f} s"),
        ("dashboards that waited for some at the end, counted as shown then", f"{measured.behind_yet}"),
        ("files loaded meanwhile", f"{len(measured.loads_s)}"),
        ("customers with calls in one, median", f"{statistics.median(measured.touched):.0f}"),
        ("loading one, median", f"{statistics.median(measured.loads_s):.2f} s"),
    ]
    how = (
        f"Measured {datetime.now(UTC):%Y-%m-%d} by `make bench-sessions` on {cores} cores with "
        f"{memory:.0f} GB ({platform.machine()}), Python {platform.python_version()}. The load, the people "
        "and the portal share the machine; each dashboard is a page and its websocket, read but not drawn."
    )
    return document("Many open dashboards", how, rows)


def document(title: str, how: str, rows: Iterable[tuple[str, str]]) -> str:
    """Markdown of what was measured: how, and a table of names and figures."""
    table = ["| | |", "|---|--:|", *(f"| {name} | {figure} |" for name, figure in rows)]
    return "\n".join([f"# {title}", "", how, "", *table, ""])


if __name__ == "__main__":
    sys.exit(main())
