"""A customer who would take everything: places, memory, processor, connections; others do not notice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import nbformat
import psutil
import pytest
from callers import PROTOCOL, Caller, Someone, comm_message, conversed, introduce, session_of
from driving import portal_of, until
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClosedError, websocket_connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from driving import Portal
    from tornado.websocket import WebSocketClientConnection

ANN = Someone("ann@acme.example", "acme")
BEN = Someone("ben@acme.example", "acme")
OLGA = Someone("olga@op.example", None)

HEADER_S = 6.0
"""Patience of the portal under test with the head of a request; by default it is 20 seconds."""

MOST_WAITING = 2 * 2**20
"""Bytes that the portal under test lets wait for a person's browsers; by default they are 64 MB."""

SYSTEM_HOLDS = 6 * 2**20
"""Bytes that Linux holds of a connection that is not read (``net.ipv4.tcp_wmem``, ``tcp_rmem``)."""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, small_demo: Callable[[Path], None]) -> Iterator[Portal]:
    home = tmp_path_factory.mktemp("home")
    small_demo(home)
    introduce(home, ANN, BEN, OLGA)
    limits = {
        "cxreports.web.connections.HEADER_S": HEADER_S,
        "cxreports.web.kernels.handlers.MOST_WAITING_OF_PERSON": MOST_WAITING,
    }
    with portal_of(home, limits=limits) as running:
        yield running


def logged_in(portal: Portal, who: Someone) -> Caller:
    return Caller(portal.address, {"cx-session": session_of(portal.home, who.email)})


def begun(caller: Caller) -> str:
    """Load a page, and give its kernel."""
    kernel: str = caller.ask("/").start()["kernel"]
    return kernel


def end(caller: Caller, *kernels: str) -> None:
    for kernel in kernels:
        caller.post(f"/api/kernels/{kernel}/end")


async def opened(
    caller: Caller, kernel: str, protocols: list[str] | None = None, session: str | None = None
) -> WebSocketClientConnection:
    address = f"{caller.address.replace('http', 'ws')}/api/kernels/{kernel}/channels"
    url = f"{address}?session_id={os.urandom(4).hex() if session is None else session}"
    cookies = "; ".join(f"{name}={value}" for name, value in caller.cookies.items())
    request = HTTPRequest(url, headers={"Cookie": cookies})
    return await websocket_connect(request, subprotocols=[PROTOCOL] if protocols is None else protocols)


async def closed(connection: WebSocketClientConnection) -> int | None:
    """Read until the server closes; give its code."""
    while await asyncio.wait_for(connection.read_message(), 30) is not None:
        pass
    connection.close()
    return connection.close_code


@pytest.mark.parametrize(
    ("frame", "code"),
    [(struct.pack("<Q", 2**63), 1002), (b"\x20\x00\x00\x00", 1002), (bytes(2**20 + 1), 1009)],
)
def test_one_frame_ends_its_own_connection_and_nothing_else(portal: Portal, frame: bytes, code: int) -> None:
    ann = logged_in(portal, ANN)
    kernel = begun(ann)
    before = psutil.Process(portal.process.pid).memory_info().rss

    async def attack() -> int | None:
        connection = await opened(ann, kernel)
        with suppress(WebSocketClosedError):
            await connection.write_message(frame, binary=True)
        return await closed(connection)

    found = conversed(attack())
    end(ann, kernel)
    # tornado hangs up while the rest of a frame that is too large comes in; its code may be lost with that.
    assert found == code or (code, found) == (1009, None)
    assert logged_in(portal, OLGA).ask("/profile").status == 200
    assert psutil.Process(portal.process.pid).memory_info().rss - before < 64 * 2**20


def test_no_other_framing_is_spoken(portal: Portal) -> None:
    ann = logged_in(portal, ANN)
    kernel = begun(ann)
    with pytest.raises(HTTPClientError) as refused:
        conversed(opened(ann, kernel, []))
    assert refused.value.code == 400
    end(ann, kernel)


def test_a_session_id_names_no_socket_that_cannot_be(portal: Portal) -> None:
    ann = logged_in(portal, ANN)
    kernel = begun(ann)
    for session in ("", "x" * 300, "a%00b", "a%0Aforged"):
        with pytest.raises(HTTPClientError) as refused:
            conversed(opened(ann, kernel, session=session))
        assert refused.value.code == 400, session
    end(ann, kernel)


def test_nobody_says_more_than_a_kernel_can_hear(portal: Portal) -> None:
    ann = logged_in(portal, ANN)
    kernel = begun(ann)
    speech = comm_message("nobody", {"method": "custom", "content": {"x": "x" * 900_000}})

    async def attack(messages: int) -> int | None:
        connection = await opened(ann, kernel)
        with suppress(WebSocketClosedError):
            for _ in range(messages):
                await connection.write_message(speech, binary=True)
        return await closed(connection)

    assert conversed(attack(40)) == 1008
    assert conversed(attack(2)) == 1008, "a connection that is opened anew brings no more"
    end(ann, kernel)


def test_a_message_that_comes_again_is_a_line_of_the_log(portal: Portal) -> None:
    ann = logged_in(portal, ANN)
    kernel = begun(ann)
    said = comm_message("nobody", {"method": "request_state"})
    before = len(portal.log)
    assert ann.socket(kernel, said, said) == 101
    until(lambda: "Duplicate Signature" in "".join(portal.log[before:]), "the log says so")
    end(ann, kernel)
    # The portal is one for all of these tests: others before this one said things twice as well.
    refusals = [line for line in portal.log if "Duplicate Signature" in line]
    assert all("A page's message is refused: " in line for line in refusals), refusals
    assert "Traceback" not in "".join(portal.log[before:])


def test_fourteen_requests_at_once_get_no_more_kernels_than_one_person_may_have(portal: Portal) -> None:
    ann = logged_in(portal, ANN)
    ann.ask("/profile")
    with ThreadPoolExecutor(14) as pool:
        answers = list(pool.map(lambda _: Caller(portal.address, dict(ann.cookies)).ask("/"), range(14)))
    kernels = [answer.start()["kernel"] for answer in answers if "cx-start" in answer.text]
    refusals = [answer for answer in answers if "Too many pages are open" in answer.text]
    assert (len(kernels), len(refusals)) == (8, 6)
    # Somebody else of the same company has a page all the same.
    ben = logged_in(portal, BEN)
    end(ben, begun(ben))
    end(ann, *kernels)


def test_people_of_a_company_at_once_get_no_more_kernels_than_it_may_have(tmp_path: Path) -> None:
    people = [Someone(f"{name}@acme.example", "acme") for name in ("ann", "ben", "cat")]
    introduce(tmp_path, *people, OLGA)
    page = tmp_path / "page.ipynb"
    nbformat.write(
        nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell("import ipywidgets\nipywidgets.Label('here')")]
        ),
        page,
    )
    kernels = {"most_of_user": 2, "most_of_company": 3}
    with portal_of(tmp_path, notebook=page, kernels=kernels) as portal:
        callers = [logged_in(portal, each) for each in people for _ in range(2)]
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda each: each.ask("/"), callers))
        assert sum("cx-start" in answer.text for answer in answers) == 3
        assert sum("Too many pages are open" in answer.text for answer in answers) == 3
        assert "Too many pages" not in logged_in(portal, OLGA).ask("/").text, "nobody else is kept out"


def test_answers_that_nobody_reads_do_not_pile_up(portal: Portal) -> None:
    ann = logged_in(portal, ANN)
    start = ann.ask("/").start()
    largest = max(start["states"], key=lambda model: len(json.dumps(start["states"][model])))
    size = len(json.dumps(start["states"][largest]))
    server = psutil.Process(portal.process.pid)
    before = server.memory_info().rss

    async def attack() -> None:
        connections = [await opened(ann, start["kernel"]) for _ in range(2)]
        for each in connections:
            each.protocol.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(380):
            await connections[0].write_message(
                comm_message(largest, {"method": "request_state"}), binary=True
            )
        # Both are sent each answer, and neither is read: beyond what the system holds, the server does.
        assert 2 * 380 * size > MOST_WAITING + 2 * SYSTEM_HOLDS
        await asyncio.to_thread(until, lambda: "its browser reads nothing" in "".join(portal.log), "cut off")
        for each in connections:
            each.close()

    conversed(attack())
    assert server.memory_info().rss - before < 64 * 2**20
    assert "never retrieved" not in "".join(portal.log)
    end(ann, start["kernel"])


@pytest.mark.parametrize("sign", [signal.SIGSTOP, signal.SIGKILL])
def test_nobody_waits_for_a_kernel_that_hangs_or_ended_while_it_was_warm(portal: Portal, sign: int) -> None:
    ann = logged_in(portal, ANN)
    until(lambda: len(portal.kernels()) >= 1, "a warm kernel")
    (hung,) = portal.kernels()
    os.kill(hung, sign)
    begun = time.monotonic()
    answer = ann.ask("/")
    assert time.monotonic() - begun < 60, "seconds, not the two minutes in which a page must be made"
    kernel = answer.start()["kernel"]
    assert "could not be" not in answer.text
    until(lambda: not psutil.pid_exists(hung) or hung not in portal.kernels(), "the hung kernel is ended")
    end(ann, kernel)


def test_half_a_request_is_not_waited_for(portal: Portal) -> None:
    host, _, port = urlsplit(portal.address).netloc.partition(":")
    begin = time.monotonic()
    with socket.create_connection((host, int(port)), timeout=60) as half:
        half.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert half.recv(1000) in {b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"}
    waited_s = time.monotonic() - begin
    assert HEADER_S - 1 < waited_s < 59, "the connection has what the server grants, and no more"


def test_one_address_cannot_hold_every_connection(portal: Portal) -> None:
    host, _, port = urlsplit(portal.address).netloc.partition(":")
    held = []
    try:
        for _ in range(300):
            connection = socket.create_connection((host, int(port)), timeout=5)
            held.append(connection)
        refused = 0
        for connection in held:
            connection.settimeout(0.2)
            try:
                refused += connection.recv(1) == b""
            except TimeoutError:
                continue
            except ConnectionResetError:
                refused += 1
        assert refused >= 300 - 140
    finally:
        for connection in held:
            connection.close()
    until(lambda: Caller(portal.address).ask("/login").status == 200, "the log-in answers again")


def test_kernels_have_no_ports(portal: Portal) -> None:
    ann = logged_in(portal, ANN)
    kernel = begun(ann)
    folders = {Path(psutil.Process(each).cwd()).parent for each in portal.kernels()}
    assert {each.stat().st_mode & 0o777 for each in folders} == {0o700}, "sockets are for their user alone"
    for process in portal.kernels():
        assert not [
            each for each in psutil.Process(process).net_connections("tcp") if each.status == "LISTEN"
        ]
    end(ann, kernel)


def test_threads_and_kernels_are_gone_when_the_pages_are(portal: Portal) -> None:
    until(lambda: len(portal.kernels()) <= 1, "only the warm kernel is left")
    assert psutil.Process(portal.process.pid).num_threads() < 60
