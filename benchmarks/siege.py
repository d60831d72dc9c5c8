"""One customer tries to take the portal down while another loads pages: what the other one notices.

The attacker sends frames that never end, asks for fourteen pages at once, changes a title to 900 kB and never
reads the answers, asks for exports of everything, and holds half-sent requests, all at the same time. Printed:
the other customer's median time of a page before and during it, their ratio, and the server's memory. The
attacker's own work is done in processes that give way: it would be another machine's. Exits with 1 if a page was refused, took more than twice its usual time (median), or the server grew beyond a limit.

    python benchmarks/siege.py --seconds 600
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import socket
import statistics
import struct
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import psutil
from callers import PROTOCOL, Caller, Someone, comm_message, introduce, session_of
from driving import portal_of
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClosedError, websocket_connect

from cxreports.demo.calls import demo

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

    from driving import Portal

MALLORY, BEA = Someone("mallory@acme.example", "acme"), Someone("bea@other.example", "other")
MOST_GROWTH = 256 * 2**20
"""Bytes that the server may grow by; at rest, once it has served a few pages, it holds some 320 MB."""

CALM_PAGES = 5
ENDLESS = struct.pack("<Q", 2**63)


def main() -> int:
    """Besiege a portal of its own; return the exit status."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--seconds", type=float, default=600)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        demo(home, days=2, scale=0.1)
        introduce(home, MALLORY, BEA)
        with portal_of(home, anew=True) as portal:
            return siege(portal, asked.seconds)


def siege(portal: Portal, seconds: float) -> int:
    """Time pages in peace, then under attack."""
    bea = Caller(portal.address, {"cx-session": session_of(portal.home, BEA.email)})
    server = psutil.Process(portal.process.pid)
    page(bea)
    calm = [page(bea) for _ in range(CALM_PAGES)]
    before = most = server.memory_info().rss
    processes = multiprocessing.get_context("spawn")
    over = processes.Event()
    session = session_of(portal.home, MALLORY.email)
    attacks = [
        processes.Process(target=attack, args=(act, portal.address, session, over))
        for act in ("storm", "crowd", "knock")
    ]
    for each in attacks:
        each.start()
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        times.append(page(bea))
        most = max(most, server.memory_info().rss)
    over.set()
    for each in attacks:
        each.join()
    usual, then = statistics.median(calm), statistics.median(took for took in times if took)
    refused = sum(not took for took in times)
    print(
        f"{len(times)} pages in {seconds:.0f} s of siege, {refused} refused; a page takes {usual:.2f} s in peace and "
        f"{then:.2f} s under siege (medians): {then / usual:.1f} times; the server grew by "
        f"{(most - before) / 2**20:.0f} MB from {before / 2**20:.0f} MB"
    )
    return int(refused > 0 or then > 2 * usual or most - before > MOST_GROWTH)


def attack(act: str, address: str, session: str, over: Event) -> None:
    """Do one of the acts until it is over, giving way to the portal."""
    os.nice(10)
    {"storm": storm, "crowd": crowd, "knock": knock}[act](address, session, over)


def page(caller: Caller) -> float:
    """Seconds that a page takes until it is complete; 0 for one that was refused."""
    begun = time.monotonic()
    answer = caller.ask("/")
    took = time.monotonic() - begun
    if "cx-start" not in answer.text:
        return 0.0
    caller.post(f"/api/kernels/{answer.start()['kernel']}/end")
    return took


def storm(address: str, session: str, over: Event) -> None:
    """Take a page, and send its kernel all that it should not be sent; again when it is ended."""
    mallory = Caller(address, {"cx-session": session})
    while not over.is_set():
        answer = mallory.ask("/")
        if "cx-start" in answer.text:
            start = answer.start()
            with suppress(Exception):  # whatever becomes of the attacker, the next try follows
                asyncio.run(frames(mallory, start["kernel"], list(start["states"]), over))
            mallory.post(f"/api/kernels/{start['kernel']}/end")
        over.wait(0.2)


async def frames(mallory: Caller, kernel: str, models: list[str], over: Event) -> None:
    """Send a kernel endless counts, long titles whose echo is never read, and exports."""
    url = f"{mallory.address.replace('http', 'ws')}/api/kernels/{kernel}/channels?session_id="
    cookies = "; ".join(f"{name}={value}" for name, value in mallory.cookies.items())
    end = time.monotonic() + 20
    while not over.is_set() and time.monotonic() < end:
        request = HTTPRequest(url + os.urandom(4).hex(), headers={"Cookie": cookies})
        connection = await websocket_connect(request, subprotocols=[PROTOCOL])
        with suppress(WebSocketClosedError):
            for model in models:
                title = {"method": "update", "state": {"title": "x" * 900_000}, "buffer_paths": []}
                await connection.write_message(comm_message(model, title), binary=True)
                for _ in range(20):
                    await connection.write_message(
                        comm_message(model, {"method": "request_state"}), binary=True
                    )
                export = {
                    "download": "csv",
                    "export": {"form": "csv", "columns": [], "areas": [[0, 0, 9**9, 9**9]] * 99},
                }
                await connection.write_message(
                    comm_message(model, {"method": "custom", "content": export}), binary=True
                )
            await connection.write_message(ENDLESS, binary=True)
        connection.close()
        await asyncio.sleep(0.2)


def crowd(address: str, session: str, over: Event) -> None:
    """Ask for fourteen pages at once."""

    def one() -> None:
        with suppress(Exception):
            caller = Caller(address, {"cx-session": session})
            answer = caller.ask("/")
            if "cx-start" in answer.text:
                caller.post(f"/api/kernels/{answer.start()['kernel']}/end")

    while not over.is_set():
        threads = [threading.Thread(target=one) for _ in range(14)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        over.wait(1)


def knock(address: str, session: str, over: Event) -> None:  # noqa: ARG001 (a stranger's act)
    """Hold as many half-sent requests open as are taken."""
    host, _, port = urlsplit(address).netloc.partition(":")
    while not over.is_set():
        held = []
        with suppress(OSError):
            for _ in range(100):
                connection = socket.create_connection((host, int(port)), timeout=5)
                held.append(connection)
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        over.wait(10)
        for connection in held:
            connection.close()


if __name__ == "__main__":
    raise SystemExit(main())
