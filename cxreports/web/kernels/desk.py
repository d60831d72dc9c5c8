"""The server's end of the kernels' lines: it answers what pages ask, for the visitor that it bound them to.

What a kernel says of itself counts for nothing but its token, which the server made for this one kernel and
forgets with it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from cxreports.desk.clerk import answered
from cxreports.desk.line import ANSWER, END, PROOF, REFUSAL
from cxreports.desk.requests import LARGEST_REQUEST, request_of
from cxreports.errors import BadRequest, PortalError, ProofNeeded, TenancyError
from cxreports.language import speaking
from cxreports.visitor import Line
from cxreports.web.kernels.limits import MOST_PAGES

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from pathlib import Path

    from cxreports.desk.requests import Request
    from cxreports.portal.database import Database
    from cxreports.visitor import Visitor

READ_WITHIN_S: Final = 5.0
"""A kernel sends its request in one piece; whoever has not sent one in this time is hung up on."""

MOST_AT_ONCE: Final = 4 * MOST_PAGES
"""Connections; four times as many as there are kernels, each of which asks one thing at a time."""

_TOKEN_BYTES: Final = 32
_MOST_GONE: Final = 2 * MOST_PAGES
"""Tokens of pages that ended: one that asks in its last moment is nothing to tell the operator of."""

_THREADS: Final = 4
"""Threads of their own: where many log in at once, hashing of passwords holds all the others."""

_log = logging.getLogger("cxreports.web")


class ServerDesk:
    """Answers the requests of kernels from the database.

    Parameters
    ----------
    database
        The portal's.
    home
        Its home folder.
    """

    def __init__(self, database: Database, home: Path | None = None) -> None:
        self._database, self._home = database, home
        self._path = ""
        self._tokens: dict[str, str] = {}
        self._visitors: dict[str, Visitor] = {}
        self._asking: set[str] = set()
        self._gone: deque[str] = deque(maxlen=_MOST_GONE)
        self._connections = 0
        self._server: asyncio.Server | None = None
        self._threads = ThreadPoolExecutor(_THREADS, "desk")

    async def open(self, folder: Path) -> None:
        """Listen in a folder that is the server's alone."""
        self._path = str(folder / "desk")
        self._server = await asyncio.start_unix_server(
            self._serve, self._path, limit=LARGEST_REQUEST, backlog=MOST_AT_ONCE
        )

    def close(self) -> None:
        """Answer nobody any more."""
        if self._server is not None:
            self._server.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def line(self, kernel_id: str, visitor: Visitor) -> Line:
        """A line for a kernel, on which it is answered for this visitor until `hang_up`."""
        self.hang_up(kernel_id)
        token = self._tokens[kernel_id] = secrets.token_hex(_TOKEN_BYTES)
        self._visitors[token] = visitor
        return Line(self._path, token)

    def hang_up(self, kernel_id: str) -> None:
        """Answer a kernel no more."""
        token = self._tokens.pop(kernel_id, "")
        if self._visitors.pop(token, None) is not None:
            self._gone.append(token)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._connections += 1
        try:
            if self._connections <= MOST_AT_ONCE:
                writer.write(await self._answer(reader))
                await writer.drain()
        except (BadRequest, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            _log.warning("A page's process sent no request that is answered: %s.", error)
        except ConnectionError:
            pass  # a kernel that has ended, or is being ended, does not wait
        except Exception:  # noqa: BLE001 (whatever it was, the server goes on)
            _log.exception("A page's request could not be answered.")
        finally:
            self._connections -= 1
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, reader: StreamReader) -> bytes:
        async with asyncio.timeout(READ_WITHIN_S):
            sent = await reader.readuntil(END)
        token, _, content = sent.partition(b" ")
        key = token.decode("ascii", "replace")
        visitor = self._visitors.get(key)
        if visitor is None and key in self._gone:
            raise ConnectionAbortedError("the page was ended while it asked")
        if visitor is None:
            raise BadRequest("of a page that there is not, or not any more")
        if key in self._asking:
            raise BadRequest("of a page that waits for an answer already")
        request = request_of(content)
        self._asking.add(key)
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._line_of, visitor, request)
        finally:
            self._asking.discard(key)

    def _line_of(self, visitor: Visitor, request: Request) -> bytes:
        """Answer as it is sent."""
        try:
            with speaking(visitor.language):
                found = answered(self._database, visitor, request, self._home)
        except (PortalError, TenancyError) as error:
            kind = PROOF if isinstance(error, ProofNeeded) else REFUSAL
            return kind + json.dumps(str(error)).encode() + END
        return ANSWER + request.answer.dump_json(found) + END
