"""Peers that speak the wire formats of switches, on the loopback."""

from __future__ import annotations

import json
import re
import socket
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def http_peer(answer: Callable[[str, str, bytes], tuple[int, Any]]) -> Iterator[str]:
    """An HTTP server that answers path, authorization and body with a status and JSON, or an address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, content = answer(self.path, self.headers.get("Authorization", ""), body)
            sent = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", content.decode())
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST  # noqa: N815 (the name that the library calls)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def tcp_peer(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that talks with one connection after the other, as a function says, and hangs up."""
    server = socket.create_server(("127.0.0.1", 0))
    last: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            last[:] = [connection]
            with connection:
                try:
                    talk(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        for connection in last:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        thread.join()


def heard(connection: socket.socket, until: bytes) -> bytes:
    """What a client sends, up to an end."""
    found = b""
    while not found.endswith(until):
        piece = connection.recv(4096)
        if not piece:
            raise ConnectionError
        found += piece
    return found


class Peer:
    """A switch that tells of its calls over TCP; a connection that is logged in can be sent events.

    Attributes
    ----------
    sent
        What it was sent, message by message.
    amid
        What it sends after a question and before the answer.
    is_mute
        Whether it leaves questions without an answer.
    """

    end: bytes

    def __init__(self, password: str = "s3cret") -> None:
        self.password = password
        self.sent: list[str] = []
        self.amid = b""
        self.is_mute = False
        self.connection: socket.socket | None = None
        self._lock = threading.Lock()

    def __call__(self, connection: socket.socket) -> None:
        """Talk with a connection."""
        self.connection = connection
        if self.logged_in(connection):
            while True:
                self.tell(self.answer(self.heard(connection)))

    def heard(self, connection: socket.socket) -> str:
        """Next message."""
        self.sent.append(heard(connection, self.end).decode())
        return self.sent[-1]

    def tell(self, content: bytes) -> None:
        """Send something, as a whole."""
        assert self.connection is not None
        with self._lock:
            self.connection.sendall(content)

    def cut(self) -> None:
        """End the connection."""
        assert self.connection is not None
        self.connection.shutdown(socket.SHUT_RDWR)

    def logged_in(self, connection: socket.socket) -> bool:
        """Let a client log in."""
        raise NotImplementedError

    def answer(self, asked: str) -> bytes:
        """Answer to a question."""
        raise NotImplementedError


class EventSocket(Peer):
    """FreeSWITCH's event socket.

    Attributes
    ----------
    rows
        Channels, as ``show channels as json`` lists them.
    gives_events
        Whether the user may subscribe.
    """

    end = b"\n\n"

    def __init__(self, *rows: dict[str, str], password: str = "s3cret") -> None:
        super().__init__(password)
        self.rows = list(rows)
        self.gives_events = True

    def logged_in(self, connection: socket.socket) -> bool:
        connection.sendall(b"Content-Type: auth/request\n\n")
        if self.heard(connection) != f"auth {self.password}\n\n":
            connection.sendall(self.reply("-ERR invalid") + self.notice())
            return False
        connection.sendall(self.reply("+OK accepted"))
        return True

    def answer(self, asked: str) -> bytes:
        if asked.startswith("event json "):
            return self.reply("+OK event listener enabled json" if self.gives_events else "-ERR no access")
        assert asked == "api show channels as json\n\n"
        rows = {"row_count": len(self.rows), "rows": self.rows} if self.rows else {"row_count": 0}
        return self.amid + (b"" if self.is_mute else self.message("api/response", json.dumps(rows).encode()))

    @staticmethod
    def reply(text: str) -> bytes:
        return f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode()

    @staticmethod
    def message(kind: str, content: bytes) -> bytes:
        return f"Content-Type: {kind}\nContent-Length: {len(content)}\n\n".encode() + content

    @classmethod
    def notice(cls) -> bytes:
        """What it says when it hangs up."""
        return cls.message(
            "text/disconnect-notice",
            b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n",
        )

    @staticmethod
    def event(name: str, **headers: str) -> bytes:
        """An event as ``event json`` has it: the length stands first."""
        content = json.dumps(
            {
                "Event-Name": name, "Core-UUID": "00000000-0000-4000-8000-00000000cafe",
                "FreeSWITCH-Switchname": "fs1", "Event-Date-Timestamp": "1795919966000000",
                "Event-Sequence": "9274", "Channel-State": "CS_EXECUTE", "Unique-ID": "aaaa",
                "variable_sip_h": "a\n\nb", **headers,
            }
        ).encode()  # fmt: skip
        return f"Content-Length: {len(content)}\nContent-Type: text/event-json\n\n".encode() + content


class Manager(Peer):
    """Asterisk's manager interface.

    Attributes
    ----------
    rows
        Channels, as ``CoreShowChannels`` lists them.
    """

    end = b"\r\n\r\n"

    def __init__(self, *rows: dict[str, str], password: str = "s3cret") -> None:
        super().__init__(password)
        self.rows = list(rows)

    def logged_in(self, connection: socket.socket) -> bool:
        connection.sendall(b"Asterisk Call Manager/9.0.0\r\n")
        login = self.heard(connection)
        if f"Username: cx\r\nSecret: {self.password}\r\n" not in login:
            connection.sendall(self.message(Response="Error", Message="Authentication failed"))
            return False
        connection.sendall(self.message(Response="Success", Message="Authentication accepted"))
        connection.sendall(self.event("FullyBooted", Privilege="system,all", Status="Fully Booted"))
        return True

    def answer(self, asked: str) -> bytes:
        question = re.fullmatch(r"Action: CoreShowChannels\r\nActionID: (\S+)\r\n\r\n", asked)
        assert question is not None
        if self.is_mute:
            return self.amid
        id_ = question[1]
        begin = self.message(
            Response="Success", ActionID=id_, EventList="start", Message="Channels will follow"
        )
        rows = [self.message(Event="CoreShowChannel", ActionID=id_, **row) for row in self.rows]
        complete = self.message(
            Event="CoreShowChannelsComplete",
            ActionID=id_,
            EventList="Complete",
            ListItems=str(len(rows)),
        )
        return begin + self.amid.join([b"", *rows, complete])

    @staticmethod
    def message(**fields: str) -> bytes:
        return ("".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n").encode()

    @classmethod
    def event(cls, name: str, **fields: str) -> bytes:
        return cls.message(
            Event=name, **{"Privilege": "call,all", "Channel": "PJSIP/ana-07", "ChannelState": "6", **fields}
        )
