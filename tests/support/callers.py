"""People who call a portal without a browser: plain HTTP with cookies, and kernel websockets."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import struct
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from unittest.mock import patch
from urllib.parse import urlencode, urlsplit

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.tcpclient import TCPClient
from tornado.websocket import WebSocketClosedError, websocket_connect

from cxreports.portal.companies import companies
from cxreports.portal.database import Database
from cxreports.portal.people import sessions, users
from cxreports.portal.tables import Role, Stage
from cxreports.web.page import ANEW

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from tornado.iostream import IOStream

Said = TypeVar("Said")

PASSWORD = "eleven purple walruses"
PATIENCE_S = 180
PROTOCOL = "v1.kernel.websocket.jupyter.org"

_TO_NOBODY: dict[str, Any] = {"comm_id": "nobody", "data": {}}


@dataclass
class Answer:
    """What a portal answered."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    def start(self) -> dict[str, Any]:
        """Give what a page was sent with: its kernel and the state of its widgets."""
        found = re.search(r'id="cx-start">(.*?)</script>', self.text, re.DOTALL)
        assert found, self.text[-2000:]
        data: dict[str, Any] = json.loads(found[1])
        return data


@dataclass
class Caller:
    """Somebody with a cookie jar.

    Attributes
    ----------
    address
        Where the portal answers.
    comes_from
        Network address of this machine that is asked from: what is counted by address begins anew.
    anew
        Whether pages come with a kernel, and not as an earlier visit drew them.
    """

    address: str
    cookies: dict[str, str] = field(default_factory=dict)
    comes_from: str = ""
    anew: bool = True

    def ask(
        self, path: str, method: str = "GET", body: str | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Send one request as it is; redirects are not followed."""
        bound = (self.comes_from, 0) if self.comes_from else None
        connection = http.client.HTTPConnection(
            urlsplit(self.address).netloc, timeout=PATIENCE_S, source_address=bound
        )
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if self.anew:
            sent[ANEW] = "1"
        if method == "POST":
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body=body, headers=sent | (headers or {}))
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
            if name == "cx-session":
                # The token of forms is the session's.
                self.cookies.pop("_xsrf", None)
        connection.close()
        return Answer(answer.status, answer.headers, text)

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Answer:
        """Send a form, with the token that its page gave."""
        if "_xsrf" not in self.cookies:
            self.ask("/forgot")
        return self.ask(path, "POST", urlencode({"_xsrf": self.cookies["_xsrf"], **fields}), headers)

    def log_in(self, email: str, password: str = PASSWORD) -> Answer:
        return self.post("/login", email=email, password=password)

    def socket(self, kernel_id: str, *said: bytes, headers: dict[str, str] | None = None) -> int:
        """Open a kernel's websocket, say something, and give the status of the handshake (101: open)."""
        sent = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Sec-WebSocket-Protocol": PROTOCOL,
            **(headers or {}),
        }
        url = f"{self.address.replace('http', 'ws')}/api/kernels/{kernel_id}/channels?session_id=x"

        async def talk() -> int:
            try:
                request = HTTPRequest(url, headers=sent, network_interface=self.comes_from or None)
                connection = await websocket_connect(request, subprotocols=[PROTOCOL])
            except HTTPClientError as error:
                return error.code
            last = str(uuid.uuid4())
            with suppress(WebSocketClosedError):  # the portal may end it for what was said first
                for each in said:
                    await connection.write_message(each, binary=True)
                # Whatever was said has come through the kernel when it answers this.
                await connection.write_message(
                    message("shell", "comm_msg", _TO_NOBODY, msg_id=last), binary=True
                )
            read: str | bytes | None = b""
            while read is not None and not (b'"idle"' in read and last.encode() in read):
                got = await asyncio.wait_for(connection.read_message(), PATIENCE_S)
                read = got.encode() if isinstance(got, str) else got
            connection.close()
            while read is not None:
                read = await connection.read_message()  # type: ignore[assignment]
            return 101

        return conversed(talk())


def conversed(talk: Coroutine[Any, Any, Said]) -> Said:
    """Run what speaks over websockets, and close every stream at its end.

    tornado leaves that of a refused handshake open, and lets go of it once another loop begins: in the
    middle of some other test.
    """
    streams: list[IOStream] = []

    class Client(TCPClient):
        """Keeps its streams."""

        async def connect(self, *where: Any, **how: Any) -> IOStream:
            streams.append(await super().connect(*where, **how))
            return streams[-1]

    async def talked() -> Said:
        try:
            return await talk
        finally:
            for stream in streams:
                stream.close()

    with patch("tornado.websocket.TCPClient", Client):
        return asyncio.run(talked())


def message(channel: str, kind: str, content: dict[str, Any], *buffers: bytes, msg_id: str = "") -> bytes:
    """Write a message as browsers do; a kernel takes none twice."""
    header = {
        "msg_id": msg_id or str(uuid.uuid4()),
        "msg_type": kind,
        "session": "x",
        "username": "",
        "version": "5.4",
    }
    parts = [channel.encode(), *(json.dumps(each).encode() for each in (header, {}, {}, content)), *buffers]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(parts)


def comm_message(comm: str, data: dict[str, Any], *buffers: bytes) -> bytes:
    return message("shell", "comm_msg", {"comm_id": comm, "data": data}, *buffers)


@dataclass(frozen=True)
class Someone:
    """A user of a portal's database."""

    email: str
    customer: str | None


def introduce(home: Path, *someones: Someone) -> None:
    """Put people and their companies into a portal's database."""
    database = Database.of(home)
    with database.writing() as db:
        known = {each.id for each in companies.all_companies(db)}
        for each in someones:
            if each.customer and each.customer not in known:
                companies.add(db, each.customer, each.customer.title(), currency="USD")
                known.add(each.customer)
            role = Role.CUSTOMER if each.customer else Role.OPERATOR
            users.add(
                db,
                each.email,
                each.email.partition("@")[0],
                role=role,
                company_id=each.customer,
                password=PASSWORD,
            )
    database.close()


def session_of(home: Path, email: str) -> str:
    """Log somebody in without asking for anything, and give the session's id."""
    database = Database.of(home)
    with database.writing() as db:
        user = users.get(db, email)
        session_id = sessions.begin(db, user, stage=Stage.FULL)
    database.close()
    return session_id
