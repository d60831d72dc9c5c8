"""Kernels that never come: a page says so in its time, and nothing of them is left."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import nbformat
import psutil
import pytest
from callers import PROTOCOL, Caller, Someone, conversed, introduce, session_of
from driving import portal_of, until
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

if TYPE_CHECKING:
    from driving import Portal

OLGA = Someone("olga@op.example", None)
STOPS = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"
DIES = "import os\nos._exit(1)"
LATER = """
import threading
def take():
    {greed}
    threading.Event().wait()
threading.Timer(1, take).start()
"""
SHOWS = "import ipywidgets\nipywidgets.Label('here')"


def written(page: Path, *cells: str) -> None:
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells]), page)


def test_a_kernel_answers_before_anything_of_a_page_is_imported() -> None:
    heavy = {"altair", "anywidget", "duckdb", "pandas", "polars", "pyarrow", "sqlalchemy", "voila"}
    code = f"import sys, cxreports.web.kernels.process\nprint(*sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == ""


def test_a_page_whose_kernels_hang_or_die_says_so_and_leaves_none(tmp_path: Path) -> None:
    introduce(tmp_path, OLGA)
    page = tmp_path / "page.ipynb"
    with portal_of(tmp_path, notebook=page) as portal:
        olga = Caller(portal.address, {"cx-session": session_of(portal.home, OLGA.email)})
        for fault in (STOPS, DIES):
            # nbclient takes the end of its wait for the kernel's death, and goes on with the next cell.
            written(page, fault, "1", "2", "3")
            begun = time.monotonic()
            answer = olga.ask("/")
            assert time.monotonic() - begun < 58
            assert "The page could not be" in answer.text
        until(lambda: len(portal.kernels()) <= 1, "only a warm kernel is left")


def test_a_page_that_is_not_made_in_time_leaves_its_place(tmp_path: Path) -> None:
    introduce(tmp_path, OLGA)
    page = tmp_path / "page.ipynb"
    kernels = {"page_within_s": 1.0, "most_of_user": 2, "most": 3}
    with portal_of(tmp_path, notebook=page, kernels=kernels) as portal:
        olga = Caller(portal.address, {"cx-session": session_of(portal.home, OLGA.email)})
        written(page, "while True: pass")
        for _ in range(4):
            assert "The page could not be" in olga.ask("/").text
        written(page, SHOWS)
        until(lambda: "cx-start" in olga.ask("/").text, "the next one is made")
        assert "Too many pages" not in olga.ask("/").text


@pytest.mark.parametrize(
    ("greed", "kernels", "code"),
    [
        ("held = bytearray(300 * 2**20)", {"most_memory": 280 * 2**20}, 4003),
        ("while True: pass", {"longest_burn_s": 2.0}, 4004),
    ],
)
def test_a_kernel_that_takes_too_much_is_ended_and_its_page_told(
    tmp_path: Path, greed: str, kernels: dict[str, float], code: int
) -> None:
    introduce(tmp_path, OLGA)
    page = tmp_path / "page.ipynb"
    written(page, LATER.format(greed=greed), SHOWS)
    with portal_of(tmp_path, notebook=page, kernels=kernels) as portal:
        olga = Caller(portal.address, {"cx-session": session_of(portal.home, OLGA.email)})
        kernel = olga.ask("/").start()["kernel"]
        process = portal.kernel(kernel)
        assert process
        limits = Path(f"/proc/{process}/limits").read_text("ascii")
        assert "unlimited" not in next(each for each in limits.splitlines() if "data size" in each)[:48]
        assert int(Path(f"/proc/{process}/oom_score_adj").read_text("ascii")) > 0

        async def told() -> int | None:
            url = f"{olga.address.replace('http', 'ws')}/api/kernels/{kernel}/channels?session_id=x"
            request = HTTPRequest(url, headers={"Cookie": f"cx-session={olga.cookies['cx-session']}"})
            connection = await websocket_connect(request, subprotocols=[PROTOCOL])
            while await asyncio.wait_for(connection.read_message(), 60) is not None:
                pass
            connection.close()
            return connection.close_code

        assert conversed(told()) == code
        until(lambda: not psutil.pid_exists(process), "it is gone")


def left(portal: Portal, request: str) -> None:
    """Ask for something, and leave without an answer as a phone does that loses its network."""
    at = urlsplit(portal.address)
    with socket.create_connection((at.hostname, at.port)) as line:
        line.sendall(request.replace("\n", "\r\n").encode())
        time.sleep(0.05)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_who_leaves_before_an_answer_takes_no_kernel_and_is_no_fault(tmp_path: Path) -> None:
    introduce(tmp_path, OLGA)
    page = tmp_path / "page.ipynb"
    written(page, SHOWS)
    with portal_of(tmp_path, notebook=page) as portal:
        olga = Caller(portal.address, {"cx-session": session_of(portal.home, OLGA.email)})
        kernel = olga.ask("/").start()["kernel"]
        process = portal.kernel(kernel)
        assert process
        head = f"Host: {urlsplit(portal.address).netloc}\nCookie: cx-session={olga.cookies['cx-session']}\n"
        # While the portal cannot look, they ask and are gone.
        os.kill(portal.process.pid, signal.SIGSTOP)
        for _ in range(4):
            left(portal, f"GET / HTTP/1.1\n{head}\n")
        os.kill(portal.process.pid, signal.SIGCONT)
        # While the kernel does not answer, its page goes.
        os.kill(process, signal.SIGSTOP)
        channels = f"GET /api/kernels/{kernel}/channels?session_id=x HTTP/1.1\n{head}Upgrade: websocket\n"
        handshake = f"Connection: Upgrade\nSec-WebSocket-Key: {'A' * 22}==\nSec-WebSocket-Version: 13\n"
        left(portal, f"{channels}{handshake}Sec-WebSocket-Protocol: {PROTOCOL}\n\n")
        time.sleep(0.5)
        os.kill(process, signal.SIGCONT)
        until(lambda: len(portal.kernels()) == 2, "nobody has a kernel but the page, and the next one")
        assert olga.ask("/profile").status == 200
