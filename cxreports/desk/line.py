"""The line from a page's process to the server: a Unix socket, on which each request has a connection.

A request is one line: the token that the server gave to this process, a blank, the request as JSON. The
answer is a line too: ``+`` and JSON, or ``-`` and the words of a refusal, or ``?`` and the words of one that
the visitor's password or passkey, given again, would lift. Of what is not in order, or failed, there is no
answer at all.
"""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from cxreports.errors import PortalError, ProofNeeded

if TYPE_CHECKING:
    from cxreports.desk.requests import Request
    from cxreports.visitor import Line

WAIT_S: Final = 40.0
"""A writer of the database may have to wait 30 s for another."""

ANSWER, REFUSAL, PROOF, END = b"+", b"-", b"?", b"\n"

_PIECE: Final = 2**16
_AGAIN_S: Final = 0.02


def ask(line: Line, request: Request) -> Any:
    """Answer of the server.

    Raises
    ------
    ProofNeeded
        The visitor has to give the password or passkey again.
    PortalError
        The server refuses, in words for the visitor.
    ConnectionError
        It does not answer.
    """
    try:
        answer = _sent(line, request.model_dump_json().encode())
    except OSError as error:
        raise ConnectionError(f"the server does not answer {request!r}") from error
    kind, content = answer[:1], answer[1:-1]
    if not answer.endswith(END) or kind not in {ANSWER, REFUSAL, PROOF}:
        raise ConnectionError(f"the server has no answer to {request!r}")
    if kind == PROOF:
        raise ProofNeeded(str(json.loads(content)))
    if kind == REFUSAL:
        raise PortalError(str(json.loads(content)))
    try:
        return request.answer.validate_json(content)
    except ValidationError as error:
        raise ConnectionError(f"the server's answer to {request!r} cannot be read") from error


def _sent(line: Line, request: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(WAIT_S)
        _connect(connection, line.path)
        connection.sendall(b"%b %b%b" % (line.token.encode(), request, END))
        pieces = []
        while piece := connection.recv(_PIECE):
            pieces.append(piece)
    return b"".join(pieces)


def _connect(connection: socket.socket, path: str) -> None:
    """Connect; where very many pages ask at once, a Unix socket says so at once instead of waiting."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            connection.connect(path)
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(_AGAIN_S)
        else:
            return
