"""A file that is sent to the browser piece by piece, as fast as the browser takes the pieces."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING, Final

from cxreports.errors import CxreportsError, ProofNeeded
from cxreports.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxreports.widgets.part import Part

AHEAD: Final = 4
"""Pieces that may be on their way at once: so much is held in memory, however large the file is."""

_log = logging.getLogger("cxreports.widgets")


class Delivery:
    """Sends one file over a widget's comm.

    The browser gets ``{"delivery": id, "state": …}``: ``piece`` with the bytes and the ``share``
    that is done, from 0 to 1, for each piece, then ``done``, or ``failed`` with a ``text``
    and whether to ``confirm`` who asks. It
    answers ``{"taken": id}`` to each piece, and ``{"stop": id}`` if the file is no longer wanted.

    Parameters
    ----------
    part
        The widget.
    key
        Id that the browser knows it by.
    pieces
        The file, with the share that is done; each piece is made in a thread while the page goes on.
    """

    def __init__(self, part: Part, key: str, pieces: Iterator[tuple[bytes, float]]) -> None:
        self._part, self._key, self._pieces = part, key, pieces
        self._room = asyncio.Semaphore(AHEAD)
        self._task = asyncio.ensure_future(self._send())

    def answer(self, content: dict[str, object]) -> None:
        """Handle the browser's message."""
        if content.get("taken") == self._key:
            self._room.release()
        if content.get("stop") == self._key:
            self._task.cancel()

    def stop(self) -> None:
        """Send no more."""
        self._task.cancel()

    def fail(self, text: str) -> None:
        """Send no more, and show why, unless all is sent."""
        if not self._task.done():
            self._task.cancel()
            self._tell("failed", text=text)

    async def _send(self) -> None:
        try:
            while True:
                await self._room.acquire()
                made = await asyncio.to_thread(next, self._pieces, None)
                if made is None:
                    break
                piece, share = made
                self._part.send({"delivery": self._key, "state": "piece", "share": share}, [piece])
            self._tell("done")
        except CxreportsError as error:
            refuse(self._part, self._key, error)
        except Exception:  # noqa: BLE001 (shown on the page, logged with its traceback)
            code = secrets.token_hex(4)
            _log.exception("A download failed [%s]", code)
            self._tell(
                "failed", text=_("The download failed; the log tells why, under {code}.").format(code=code)
            )

    def _tell(self, state: str, **more: str) -> None:
        self._part.send({"delivery": self._key, "state": state, **more})


def refuse(part: Part, key: str, error: CxreportsError) -> None:
    """Show why a file is not sent, or no further."""
    confirm = isinstance(error, ProofNeeded)
    part.send({"delivery": key, "state": "failed", "text": str(error), "confirm": confirm})
