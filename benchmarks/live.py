"""From a switch to the page: seconds until a call that is pushed stands on an open dashboard.

A portal of its own, a lake with some days of calls of ten customers, and ten open dashboards, one of each. A switch
posts so many records a second to ``/api/cdr``, one a request as FreeSWITCH's mod_json_cdr does, for some minutes.
Each dashboard's number of attempts is read off its websocket as the browser gets it; what it grows by are the calls
pushed meanwhile, in their order. The delay of an update is that of the oldest call which it brought: from the moment
at which its record was sent. Exits with 1 if a call was refused or lost.

    python benchmarks/live.py --rate 200 --seconds 120

It writes benchmarks/LIVE.md unless --print says otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import polars as pl
from callers import Someone, introduce, session_of
from driving import portal_of
from sessions import Dashboard, cpu_s, document
from switch_calls import freeswitch_record
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from cxreports import Lake
from cxreports.lake import Store
from cxreports.portal.database import Database
from cxreports.portal.feeds import tokens
from cxreports.traffic.customers import crowd
from cxreports.traffic.days import generate
from cxreports.traffic.vendor_files import write_connexcs_api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driving import Portal

FEED = "fs1"
DAYS = 7
CALLS_A_DAY = 20_000
AT_ONCE = 64
"""Connections of the switch: mod_json_cdr posts from the thread of each call that ends."""
LAST_WITHIN_S = 60.0
LOOK_S = 0.2
PATIENCE_S = 120.0


@dataclass
class Watched(Dashboard):
    """A dashboard whose number of attempts is followed.

    Attributes
    ----------
    sent
        When each of its customer's records was sent.
    shown
        How many of them it shows.
    delays
        Of each update, seconds since the oldest record that it brought was sent.
    """

    sent: list[float] = field(default_factory=list)
    shown: int = 0
    delays: list[float] = field(default_factory=list)

    async def follow(self) -> None:
        """Read what its kernel says until the connection ends."""
        assert self.socket is not None
        while (said := await self.socket.read_message()) is not None:
            text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
            found = re.search(r'"key": "attempts",[^{}]*?"value": "([\d,]+)"', text)
            if found is None:
                continue
            attempts = int(found[1].replace(",", ""))
            # Until the first record is there the page shows the last day that has calls.
            if self.shown < attempts <= len(self.sent):
                self.delays.append(time.monotonic() - self.sent[self.shown])
                self.shown = attempts
        self.lost = True


@dataclass
class Outcome:
    """What became of the pushes."""

    accepted: int = 0
    again: int = 0
    refused: int = 0
    answers_s: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0


def main() -> int:
    """Push, watch; give the exit status."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--rate", type=int, default=200, help="records a second")
    options.add_argument("--seconds", type=float, default=120)
    options.add_argument("--dashboards", type=int, default=10)
    options.add_argument("--print", action="store_true", help="write no file")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        customers = [each.id for each in crowd(asked.dashboards, CALLS_A_DAY)]
        _fill(home, asked.dashboards)
        (home / "feeds.toml").write_text(f'[[push]]\nname = "{FEED}"\nformat = "freeswitch"\n')
        people = [Someone(f"p{number}@x.example", customer) for number, customer in enumerate(customers)]
        introduce(home, *people)
        database = Database.of(home)
        with database.writing() as db:
            token = tokens.renew(db, FEED)
        database.close()
        with (
            portal_of(home, kernels={"most": 2 * asked.dashboards}, anew=True) as portal,
            _feeding(home) as feeds,
        ):
            watched, outcome = asyncio.run(_measure(portal, feeds, people, token, asked.rate, asked.seconds))
        stored = Lake(home).sql("SELECT count(*) AS calls FROM cdr WHERE call_time > now() - INTERVAL 1 DAY")
        calls = stored.pl()["calls"].item()
    text = _report(watched, outcome, asked.rate, calls)
    print(text)
    if not asked.print:
        Path(__file__).with_name("LIVE.md").write_text(text, "utf-8")
    seen = sum(each.shown for each in watched)
    return int(outcome.refused > 0 or calls != outcome.accepted or seen != calls)


def _fill(home: Path, customers: int) -> None:
    """Load some days of calls, all of them older than what the dashboards show first."""
    first = datetime.now(UTC).date() - timedelta(days=DAYS + 2)
    path = home.parent / "begin.csv"
    calls = pl.concat(generate(first, DAYS, customers=crowd(customers, CALLS_A_DAY)))
    write_connexcs_api(calls.sort("end_time"), path)
    store = Store(home)
    store.create()
    store.load(path)


@contextmanager
def _feeding(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Load what is pushed, in a process of its own as the portal does."""
    environment = {**os.environ, "CXREPORTS_HOME": str(home)}
    process = subprocess.Popen([sys.executable, "-m", "cxreports", "watch"], env=environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


async def _measure(
    portal: Portal,
    feeds: subprocess.Popen[bytes],
    people: list[Someone],
    token: str,
    rate: int,
    seconds: float,
) -> tuple[list[Watched], Outcome]:
    watched: list[Watched] = []
    following = []
    for each in people:
        dashboard, _ = await asyncio.to_thread(
            Watched.open, portal, each.email, session_of(portal.home, each.email)
        )
        assert isinstance(dashboard, Watched)
        await dashboard.join()
        following.append(asyncio.ensure_future(dashboard.follow()))
        watched.append(dashboard)
    switch = Switch(portal.address, token, [str(each.customer) for each in people], watched)
    await switch.push(range(len(people)), rate)
    await switch.shown()
    for dashboard in watched:
        dashboard.delays.clear()
    before, begun = cpu_s(portal.process.pid, feeds.pid), time.monotonic()
    await switch.push(range(len(people), len(people) + int(rate * seconds)), rate)
    outcome = switch.outcome
    outcome.seconds = time.monotonic() - begun
    outcome.cpu = (cpu_s(portal.process.pid, feeds.pid) - before) / outcome.seconds
    await switch.shown()
    for task in following:
        task.cancel()
    return watched, outcome


@dataclass
class Switch:
    """A switch that posts each record at its time, whatever became of those before.

    Attributes
    ----------
    address, token
        Of the portal, and of this source there.
    customers, watched
        Whose calls it has, in turn, and their dashboards.
    """

    address: str
    token: str
    customers: list[str]
    watched: list[Watched]
    outcome: Outcome = field(default_factory=Outcome)

    async def push(self, numbers: range, rate: int) -> None:
        """Send records of these numbers, so many a second."""
        AsyncHTTPClient.configure(None, max_clients=AT_ONCE)
        client = AsyncHTTPClient()
        begun = time.monotonic()
        sending = set()
        for nth, number in enumerate(numbers):
            early = nth / rate - (time.monotonic() - begun)
            if early > 0:
                await asyncio.sleep(early)
            customer = number % len(self.customers)
            record = freeswitch_record(0, customer=self.customers[customer])
            record["variables"]["uuid"] = f"00000000-0000-4000-8000-{number + 1:012x}"
            self.watched[customer].sent.append(time.monotonic())
            task = asyncio.ensure_future(self._send(client, json.dumps(record)))
            sending.add(task)
            task.add_done_callback(sending.discard)
        await asyncio.gather(*sending)

    async def _send(self, client: AsyncHTTPClient, body: str) -> None:
        """Post a record: again after a while if the portal says that too much waits."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        begun = time.monotonic()
        for attempt in range(5):
            with suppress(HTTPClientError, OSError):
                await client.fetch(
                    f"{self.address.rstrip('/')}/api/cdr",
                    method="POST",
                    body=body,
                    headers=headers,
                    connect_timeout=PATIENCE_S,
                    request_timeout=PATIENCE_S,
                )
                self.outcome.accepted += 1
                self.outcome.again += attempt
                self.outcome.answers_s.append(time.monotonic() - begun)
                return
            await asyncio.sleep(1)
        self.outcome.refused += 1

    async def shown(self) -> None:
        """Wait until all records stand on the dashboards, or for a minute."""
        for _ in range(int(LAST_WITHIN_S / LOOK_S)):
            if sum(each.shown for each in self.watched) == self.outcome.accepted:
                return
            await asyncio.sleep(LOOK_S)


def _report(watched: list[Watched], outcome: Outcome, rate: int, calls: int) -> str:
    """Write what was measured."""
    delays = sorted(delay for each in watched for delay in each.delays)
    answers = sorted(outcome.answers_s)
    rows = [
        ("open dashboards, each of another customer", f"{len(watched)}"),
        ("records pushed, one a request", f"{outcome.accepted + outcome.refused:,}"),
        ("asked for a second", f"{rate}"),
        ("reached", f"{(outcome.accepted + outcome.refused) / outcome.seconds:.0f}"),
        ("refused for good", f"{outcome.refused}"),
        ("to be sent again", f"{outcome.again}"),
        ("calls in the lake", f"{calls:,}"),
        ("calls on the dashboards", f"{sum(each.shown for each in watched):,}"),
        ("a push is answered within, median", f"{1000 * statistics.median(answers):.0f} ms"),
        ("95 % of them", f"{1000 * answers[int(0.95 * (len(answers) - 1))]:.0f} ms"),
        ("updates of dashboards", f"{len(delays)}"),
        ("oldest call of an update, median", f"{statistics.median(delays):.1f} s"),
        ("95 % of them", f"{delays[int(0.95 * (len(delays) - 1))]:.1f} s"),
        ("the latest", f"{delays[-1]:.1f} s"),
        ("processors that the portal kept busy", f"{outcome.cpu:.2f}"),
    ]
    how = (
        f"Measured {datetime.now(UTC):%Y-%m-%d} by `make bench-live` on {os.cpu_count()} cores "
        f"({platform.machine()}), Python {platform.python_version()}. The switch and the portal share the "
        "machine; each dashboard is a page and its websocket, read but not drawn."
    )
    return document("From a switch to the page", how, rows)


if __name__ == "__main__":
    sys.exit(main())
