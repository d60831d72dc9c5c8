"""One customer tries to take the portal down while another, at another address, loads pages: what that one notices.

The attacker sends frames that never end, says more than a kernel can hear, leaves answers unread over four
connections, exports everything, keeps a page busy, asks for fourteen pages at once, and holds half-sent requests:
the last two all the time, the others one page after the other. Printed: the other customer's median time of a page
before and during it, their ratio, the server's memory, and what became of each deed. The attacker's own work is done
in processes that give way: it would be another machine's. Exits with 1 if a page was refused, took more than twice its
usual time (median), the server grew beyond a limit, or a deed was not answered as it should be.

    python benchmarks/siege.py --seconds 600
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import multiprocessing
import os
import socket
import statistics
import struct
import sys
import tempfile
import threading
import time
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
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
    from tornado.websocket import WebSocketClientConnection

MALLORY, BEA = Someone("mallory@acme.example", "acme"), Someone("bea@other.example", "other")
HER_ADDRESS = "127.0.0.2"
MOST_GROWTH = 256 * 2**20
"""Bytes that the server may grow by; at rest, once it has served a few pages, it holds some 320 MB."""

CALM_PAGES = 5
EXPECTED = {
    "endless": "closed with 1002",
    "flood": "closed with 1008",
    "unread": "held unread",
    "exports": "answered",
    "busy": "kept busy",
}
"""What becomes of each deed of the storm; a siege in which one did not happen shows nothing."""

Seen = MutableMapping[str, str]


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
    # Whoever shares the attacker's address shares the connections that one address may open.
    bea = Caller(portal.address, {"cx-session": session_of(portal.home, BEA.email)}, comes_from=HER_ADDRESS)
    server = psutil.Process(portal.process.pid)
    page(bea)
    calm = [page(bea) for _ in range(CALM_PAGES)]
    before = most = server.memory_info().rss
    processes = multiprocessing.get_context("spawn")
    over = processes.Event()
    session = session_of(portal.home, MALLORY.email)
    with processes.Manager() as manager:
        seen = manager.dict()
        attacks = [
            processes.Process(target=attack, args=(act, portal.address, session, over, seen))
            for act in ("storm", "crowd", "knock")
        ]
        for each in attacks:
            each.start()
        times, end = [], time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                times.append(page(bea))
                most = max(most, server.memory_info().rss)
        finally:
            # Whatever goes wrong: an attacker would go on for as long as this process waits for it.
            over.set()
        for each in attacks:
            each.join()
        deeds = dict(seen)
    usual, then = statistics.median(calm), statistics.median(took for took in times if took)
    refused = sum(not took for took in times)
    said = ", ".join(f"{deed}: {became}" for deed, became in deeds.items())
    print(
        f"{len(times)} pages in {seconds:.0f} s of siege, {refused} refused; a page takes {usual:.2f} s in peace and "
        f"{then:.2f} s under siege (medians): {then / usual:.1f} times; the server grew by "
        f"{(most - before) / 2**20:.0f} MB from {before / 2**20:.0f} MB; {said}"
    )
    return int(refused > 0 or then > 2 * usual or most - before > MOST_GROWTH or deeds != EXPECTED)


def attack(act: str, address: str, session: str, over: Event, seen: Seen) -> None:
    """Do one of the acts until it is over, giving way to the portal."""
    os.nice(10)
    if act == "storm":
        storm(address, session, over, seen)
    else:
        {"crowd": crowd, "knock": knock}[act](address, session, over)


def page(caller: Caller) -> float:
    """Seconds that a page takes until it is complete; 0 for one that was refused."""
    begun = time.monotonic()
    try:
        answer = caller.ask("/")
        took = time.monotonic() - begun
        if "cx-start" not in answer.text:
            return 0.0
        caller.post(f"/api/kernels/{answer.start()['kernel']}/end")
    except OSError:
        return 0.0
    return took


def storm(address: str, session: str, over: Event, seen: Seen) -> None:
    """Take a page and do one thing to its kernel that should not be done; the next to the next page's."""
    mallory = Caller(address, {"cx-session": session})
    for deed in itertools.cycle((endless, unread, flood, exports, busy)):
        if over.is_set():
            return
        with suppress(Exception):  # whatever becomes of the attacker, the next try follows
            answer = mallory.ask("/")
            if "cx-start" in answer.text:
                start = answer.start()
                with suppress(Exception):
                    seen[deed.__name__] = asyncio.run(asyncio.wait_for(deed(mallory, start), 30))
                mallory.post(f"/api/kernels/{start['kernel']}/end")
        over.wait(0.2)


async def connected(mallory: Caller, start: dict[str, Any]) -> WebSocketClientConnection:
    """A connection to a page's kernel."""
    url = f"{mallory.address.replace('http', 'ws')}/api/kernels/{start['kernel']}/channels?session_id="
    cookies = "; ".join(f"{name}={value}" for name, value in mallory.cookies.items())
    request = HTTPRequest(url + os.urandom(4).hex(), headers={"Cookie": cookies})
    return await websocket_connect(request, subprotocols=[PROTOCOL])


async def closed(connection: WebSocketClientConnection) -> str:
    """Read until the server closes; give its code."""
    while await connection.read_message() is not None:
        pass
    return f"closed with {connection.close_code}"


async def endless(mallory: Caller, start: dict[str, Any]) -> str:
    """Send a frame of parts without end."""
    connection = await connected(mallory, start)
    await connection.write_message(struct.pack("<Q", 2**63), binary=True)
    return await closed(connection)


async def flood(mallory: Caller, start: dict[str, Any]) -> str:
    """Say more than a kernel can hear: titles of 900 kB."""
    connection = await connected(mallory, start)
    title = {"method": "update", "state": {"title": "x" * 900_000}, "buffer_paths": []}
    with suppress(WebSocketClosedError):
        for model in itertools.chain.from_iterable(itertools.repeat(list(start["states"]), 3)):
            await connection.write_message(comm_message(model, title), binary=True)
    return await closed(connection)


async def unread(mallory: Caller, start: dict[str, Any]) -> str:
    """Ask for the largest state again and again, over four connections that each are sent all of it unread."""
    connections = [await connected(mallory, start) for _ in range(4)]
    for each in connections:
        each.protocol.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    largest = max(start["states"], key=lambda model: len(json.dumps(start["states"][model])))
    for _ in range(380):
        await connections[0].write_message(comm_message(largest, {"method": "request_state"}), binary=True)
    await asyncio.sleep(15)
    for each in connections:
        each.close()
    return "held unread"


async def exports(mallory: Caller, start: dict[str, Any]) -> str:
    """Take all rows as spreadsheets, as often as may be, until a first one has come."""
    connection = await connected(mallory, start)
    grid, state = next((model, state) for model, state in start["states"].items() if "rows" in state)
    count, columns = state["rows"]["count"], [each["name"] for each in state["columns"]]
    asked = {
        "form": "xlsx",
        "key": state["rows"]["key"],
        "columns": columns,
        "areas": [[0, 0, count, len(columns)]] * 40,
    }
    rows = b"".join(number.to_bytes(4, "little") for number in range(count))
    with suppress(WebSocketClosedError):
        for _ in range(100):
            export = comm_message(grid, {"method": "custom", "content": {"export": asked}}, rows)
            await connection.write_message(export, binary=True)
    while (read := await connection.read_message()) is not None:
        if b'"download"' in read or b'"failed"' in read:
            connection.close()
            return "answered"
    return f"closed with {connection.close_code}"


async def busy(mallory: Caller, start: dict[str, Any]) -> str:
    """Choose another period forty times a second, for all that a page holds."""
    connection = await connected(mallory, start)
    controls, state = next((model, state) for model, state in start["states"].items() if "periods" in state)
    for nth in range(400):
        view = state["view"] | {
            "period": ("24h", "7d", "30d")[nth % 3],
            "zone": ("UTC", "Asia/Tokyo")[nth % 2],
        }
        update = {"method": "update", "state": {"view": view}, "buffer_paths": []}
        await connection.write_message(comm_message(controls, update), binary=True)
        await asyncio.sleep(0.03)
    connection.close()
    return "kept busy"


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
