"""A page's question to the server while very many others ask."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from cxreports.desk import line as desk_line
from cxreports.desk.line import ask
from cxreports.desk.requests import Names
from cxreports.visitor import Line

if TYPE_CHECKING:
    from pathlib import Path


def test_a_page_waits_where_more_ask_than_the_server_has_let_in(tmp_path: Path) -> None:
    path = str(tmp_path / "desk")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(0)
        waiting = crowd(path)
        answers: list[object] = []
        asking = threading.Thread(target=lambda: answers.append(ask(Line(path, "token"), Names())))
        asking.start()
        asking.join(0.2)
        assert asking.is_alive(), "there is no room for it yet"
        for each in waiting:
            server.accept()[0].close()
            each.close()
        connection, _ = server.accept()
        with connection:
            assert b'"names"' in connection.recv(2**16)
            connection.sendall(b'+{"acme": "Acme"}\n')
        asking.join(10)
    assert answers == [{"acme": "Acme"}]


def test_a_page_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_line, "WAIT_S", 0.1)
    path = str(tmp_path / "desk")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(0)
        waiting = crowd(path)
        with pytest.raises(ConnectionError, match="does not answer"):
            ask(Line(path, "token"), Names())
        for each in waiting:
            each.close()


def crowd(path: str) -> list[socket.socket]:
    """Connections until the server's queue is full."""
    waiting: list[socket.socket] = []
    while True:
        each = socket.socket(socket.AF_UNIX)
        each.settimeout(5)
        try:
            each.connect(path)
        except BlockingIOError:
            each.close()
            return waiting
        waiting.append(each)
