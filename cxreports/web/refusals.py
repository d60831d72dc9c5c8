"""Refusals in the audit log: who was refused what, from where; a flood of them fills no disk."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from tornado.web import RequestHandler

from cxreports.portal import audit
from cxreports.portal.audit import Event
from cxreports.web.addresses import client_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxreports.portal.database import Database
    from cxreports.visitor import Visitor

MOST_A_MINUTE: Final = 20
"""Entries about one address; the last of them says that more are left out."""

_MOST_ADDRESSES: Final = 1000
_LONGEST_PATH: Final = 100
_SECRET: Final = re.compile(r"[\w-]{20,}")

_REFUSED: Final = {
    HTTPStatus.FORBIDDEN: Event.ACCESS_REFUSED,
    HTTPStatus.TOO_MANY_REQUESTS: Event.TOO_MANY_TRIES,
}

_log = logging.getLogger("cxreports.web")


class Refusals:
    """Counts the refusals of a minute.

    Parameters
    ----------
    clock
        Seconds that go on.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._minute = clock, -1
        self._counts: Counter[str] = Counter()

    def place(self, address: str) -> int:
        """Number of this refusal among those of its address and minute, from 1; 0 for one too many."""
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        if address not in self._counts and len(self._counts) >= _MOST_ADDRESSES:
            address = ""
        self._counts[address] += 1
        return self._counts[address] if self._counts[address] <= MOST_A_MINUTE else 0


class NotesRefusals(RequestHandler):
    """A handler whose refusals get an entry in the audit log, however the answer was made."""

    @property
    def address(self) -> str:
        """The network address of who asks."""
        return client_address(self.request, self.settings["cx_trusted_proxies"])

    def refusal(self, status: int) -> Event | None:
        """Event of an answer with a status; None for those that refuse nothing."""
        return _REFUSED.get(HTTPStatus(status)) if status in _REFUSED else None

    def note_refusal(self, event: Event, **detail: Any) -> None:
        """Add an entry about what was refused to who asks; the answer does not wait for it."""
        place = self.settings["cx_refusals"].place(self.address)
        if place == 0:
            return
        more = {"more": "left out"} if place == MOST_A_MINUTE else {}
        visitor = getattr(getattr(self, "_current_user", None), "visitor", None)
        database = self.settings["cx_database"]
        work = asyncio.ensure_future(
            asyncio.to_thread(record_refusal, database, event, visitor, self.address, detail | more)
        )
        self.settings.setdefault("cx_errands", set()).add(work)
        work.add_done_callback(self._noted)

    def _noted(self, work: asyncio.Future[Any]) -> None:
        self.settings["cx_errands"].discard(work)
        if not work.cancelled() and work.exception():
            _log.error("A refusal could not be kept in the audit log.", exc_info=work.exception())

    def note_status(self, status: int) -> None:
        """Add an entry where an answer's status is that of a refusal."""
        event = self.refusal(status)
        if event is not None:
            self.note_refusal(event, **self.refused_detail())

    def refused_detail(self) -> dict[str, Any]:
        """What was refused."""
        return {"method": self.request.method, "path": shown_path(self.request.path)}

    def on_finish(self) -> None:
        """Note what was refused."""
        super().on_finish()
        self.note_status(self.get_status())


def record_refusal(
    database: Database, event: Event, visitor: Visitor | None, address: str, detail: dict[str, Any]
) -> None:
    """Add an entry about something that was refused to a visitor, or to a stranger."""
    with database.writing() as db:
        audit.record(
            db,
            event,
            who=visitor.email if visitor else "",
            user_id=visitor.user_id if visitor else None,
            company_id=visitor.customer if visitor else None,
            address=address,
            outcome="refused",
            **detail,
        )


def shown_path(path: str) -> str:
    """Path as a log may have it: without control characters, and without what could be a link's token."""
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in path)
    return _SECRET.sub("…", plain)[:_LONGEST_PATH]
