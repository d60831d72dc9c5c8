"""Thousands of visits: whether the last is as quick as the first, and what they leave behind.

A portal of its own and a lake of some customers' calls. Each visit is a page, its websocket, another period clicked
and its figures, and the page's end, as a browser that closes the tab says it. The first hundred and the last come one
after the other, those between some at once. Every hundred visits the memory, open
files and threads of the server and of the process that forks the pages are noted, and the processes and scratch
folders that are there. Exits with 1 if a visit failed, or if anything but memory grew after the first hundred, or
memory by more than a tenth of a megabyte a visit.

    python benchmarks/visits.py --visits 2000

It writes benchmarks/VISITS.md unless --print says otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import psutil
from callers import Someone, introduce, session_of
from driving import portal_of
from sessions import Dashboard, document, fill

from cxreports.traffic.customers import crowd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driving import Portal

CUSTOMERS = 20
CALLS_A_DAY = 20_000
NOTED_EVERY = 100
AT_ONCE = 3
MOST_GROWTH_MB = 0.1
"""Of memory, a visit."""


@dataclass(frozen=True)
class Standing:
    """What a portal holds between two visits.

    Attributes
    ----------
    memory_mb
        Resident memory of the server and of the process that forks pages; what they share counts twice.
    files
        Open files and sockets of the server and of the process that forks pages.
    threads
        Their threads.
    processes
        All of the portal's, the page that is kept ready included.
    scratch
        Files and folders in the lake's home.
    """

    memory_mb: float
    files: int
    threads: int
    processes: int
    scratch: int

    @classmethod
    def of(cls, portal: Portal) -> Standing:
        """Look at a portal, of which no page is open."""
        server = psutil.Process(portal.process.pid)
        every = [server, *server.children(recursive=True)]
        lasting = [each for each in every if each.pid not in portal.kernels()]
        return cls(
            sum(each.memory_info().rss for each in lasting) / 2**20,
            sum(each.num_fds() for each in lasting),
            sum(each.num_threads() for each in lasting),
            len(every),
            sum(1 for _ in portal.home.rglob("*")),
        )


@dataclass
class Seen:
    """What was seen in some visits."""

    pages_s: list[float] = field(default_factory=list)
    clicks_s: list[float] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)


def main() -> int:
    """Visit, and give the exit status."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--visits", type=int, default=2_000)
    options.add_argument("--print", action="store_true", help="write no file")
    asked = options.parse_args()
    if asked.visits < 2 * NOTED_EVERY:
        options.error(f"at least {2 * NOTED_EVERY} visits, to see what grows")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        customers = [each.id for each in crowd(CUSTOMERS, CALLS_A_DAY)]
        fill(home, CUSTOMERS)
        people = [Someone(f"p{number}@x.example", customer) for number, customer in enumerate(customers)]
        introduce(home, *people)
        sessions = [(each.email, session_of(home, each.email)) for each in people]
        with portal_of(home, anew=True) as portal:
            seen = asyncio.run(_visits(portal, sessions, asked.visits))
    text = _report(seen)
    print(text)
    if not asked.print:
        Path(__file__).with_name("VISITS.md").write_text(text, "utf-8")
    return _verdict(seen)


async def _visits(portal: Portal, sessions: list[tuple[str, str]], visits: int) -> Seen:
    seen = Seen()
    for first in range(0, visits, NOTED_EVERY):
        after = min(first + NOTED_EVERY, visits)
        at_once = AT_ONCE if first > 0 and after < visits else 1
        numbers = iter(range(first, after))
        await asyncio.gather(*(_one_after_the_other(portal, sessions, numbers, seen) for _ in range(at_once)))
        await asyncio.sleep(2)
        seen.standings.append(await asyncio.to_thread(Standing.of, portal))
        print(f"{after} visits: {seen.standings[-1]}", flush=True)
    return seen


async def _one_after_the_other(
    portal: Portal, sessions: list[tuple[str, str]], numbers: Iterator[int], seen: Seen
) -> None:
    for number in numbers:
        email, session = sessions[number % len(sessions)]
        dashboard, took = await asyncio.to_thread(Dashboard.open, portal, email, session)
        seen.pages_s.append(took)
        await dashboard.join()
        following = asyncio.ensure_future(dashboard.follow())
        seen.clicks_s.append(await dashboard.click("24h" if number % 2 else "30d"))
        await asyncio.to_thread(dashboard.caller.post, f"/api/kernels/{dashboard.kernel}/end")
        await asyncio.wait_for(following, 60)


def _verdict(seen: Seen) -> int:
    """Give 1 if anything grew from the first note to the last one."""
    first, last = seen.standings[0], seen.standings[-1]
    visits = len(seen.pages_s) - NOTED_EVERY
    grown = any(
        getattr(last, name) > getattr(first, name) + 2
        for name in ("files", "threads", "processes", "scratch")
    )
    return int(grown or last.memory_mb - first.memory_mb > MOST_GROWTH_MB * visits)


def _report(seen: Seen) -> str:
    """Write what was seen."""
    hundred = f"{NOTED_EVERY}"
    rows = [
        ("visits", f"{len(seen.pages_s)}"),
        ("the first page after the start, complete", f"{seen.pages_s[0]:.2f} s"),
        ("the next nine, median", f"{statistics.median(seen.pages_s[1:10]):.2f} s"),
        (f"the last {hundred}, median", f"{statistics.median(seen.pages_s[-NOTED_EVERY:]):.2f} s"),
        ("a click, answered, median", f"{statistics.median(seen.clicks_s):.2f} s"),
    ]
    first, last = seen.standings[0], seen.standings[-1]
    names = {
        "memory_mb": "memory of the server and what it keeps",
        "files": "open files",
        "threads": "threads",
        "processes": "processes",
        "scratch": "files in the home folder",
    }
    for name, words in names.items():
        unit = " MB" if name == "memory_mb" else ""
        rows.append(
            (
                f"{words}, after {hundred} and after all",
                f"{getattr(first, name):.0f} → {getattr(last, name):.0f}{unit}",
            )
        )
    how = (
        f"Measured {datetime.now(UTC):%Y-%m-%d} by `python benchmarks/visits.py --visits {len(seen.pages_s)}` on "
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}. Each visit is a page, its "
        "websocket, a click and its figures, and the page's end; nothing is drawn. The first hundred and the last came "
        f"one after the other, those between {AT_ONCE} at once."
    )
    return document("What thousands of visits leave behind", how, rows)


if __name__ == "__main__":
    sys.exit(main())
