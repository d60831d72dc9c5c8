"""The server's desk without a portal around it, for tests that ask on its lines."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cxreports.web.kernels.desk import ServerDesk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxreports.portal.database import Database

PATIENCE_S = 60


@contextmanager
def desk_of(database: Database) -> Iterator[ServerDesk]:
    """A desk that answers from a thread until the block is left."""
    desk, loop = ServerDesk(database), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        # Not pytest's folder: the path of a Unix socket is short.
        with tempfile.TemporaryDirectory(prefix="desk") as folder:
            asyncio.run_coroutine_threadsafe(desk.open(Path(folder)), loop).result(PATIENCE_S)
            yield desk
            loop.call_soon_threadsafe(desk.close)
            asyncio.run_coroutine_threadsafe(_ended(), loop).result(PATIENCE_S)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _ended() -> None:
    """Wait for every connection to end."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)


def sent(path: str, content: bytes, *, half: bool = False) -> bytes:
    """Send something to a desk as it is, and give all that it answers until it hangs up.

    Parameters
    ----------
    half
        Whether to say that nothing more follows.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE_S)
        connection.connect(path)
        answer = b""
        try:
            connection.sendall(content)
            if half:
                connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(2**16):
                answer += piece
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has hung up on what it did not read
    return answer
