"""``POST /api/cdr``: switches that push their records, known by a token of their own.

No person, no cookie, no form: what counts is the token, as ``Authorization: Bearer`` or as the password of
``Authorization: Basic``. The answer 200 means that the records are on disk.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
import time
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from cxreports.errors import BadFeed
from cxreports.feeds.configuration import feeds_of
from cxreports.feeds.pushed import records_of
from cxreports.feeds.spool import Full, Spool
from cxreports.portal.audit import Event
from cxreports.portal.feeds import tokens
from cxreports.portal.site_map import Access
from cxreports.web.refusals import NotesRefusals

if TYPE_CHECKING:
    from pathlib import Path

    from cxreports.portal.database import Database

PATH: Final = "/api/cdr"
WAIT_S: Final = 10.0
"""A delivery that is not on disk by then is to be sent again."""

RETRY_AFTER_S: Final = 5
TOKEN_LIFE_S: Final = 5.0
"""So long a token counts that was looked up."""

_MOST_KEPT: Final = 1000

_log = logging.getLogger("cxreports.web")


class Pushes:
    """The sources that push, with the spool of each.

    Parameters
    ----------
    home, database
        Where the spools lie, and who knows the tokens.
    """

    def __init__(self, home: Path, database: Database) -> None:
        self._home, self._database = home, database
        self._spools: dict[str, Spool] = {}
        self._feeds: dict[str, tuple[str | None, float]] = {}
        self._lock = Lock()

    async def spool_of(self, token: str) -> Spool | None:
        """Spool of the source that a token belongs to, if ``feeds.toml`` still names it."""
        # Hundreds of records a second are of one token: a thread for each costs more than all else.
        source = self._known_source(token) or await asyncio.to_thread(self._source, token)
        if source is None:
            return None
        return self._spools.get(source) or await asyncio.to_thread(self._spool, source)

    def _known_source(self, token: str) -> str | None:
        """Source of a token that was looked up a moment ago."""
        source, since = self._feeds.get(token, (None, 0.0))
        return source if time.monotonic() - since < TOKEN_LIFE_S else None

    def _source(self, token: str) -> str | None:
        with self._database.reading() as db:
            feed = tokens.feed_of(db, token)
        if feed is not None and feed not in {push.name for push in feeds_of(self._home).push}:
            feed = None
        if len(self._feeds) >= _MOST_KEPT:
            self._feeds.clear()
        if feed is not None:
            self._feeds[token] = feed, time.monotonic()
        return feed

    def _spool(self, source: str) -> Spool:
        with self._lock:
            if source not in self._spools:
                self._spools[source] = Spool(self._home, source)
            return self._spools[source]

    def recover(self) -> None:
        """Open the spools of all sources, so that what a killed server left is handed on."""
        for push in feeds_of(self._home).push:
            self._spool(push.name)

    def close(self) -> None:
        """Write what waits."""
        for spool in self._spools.values():
            spool.close()


class PushHandler(NotesRefusals):
    """Takes records."""

    access = Access.PUBLIC

    def set_default_headers(self) -> None:
        """Say what all answers of the portal say."""
        for name, value in self.settings["headers"].items():
            self.set_header(name, value)

    def check_xsrf_cookie(self) -> None:
        """Ask for no cookie: a browser cannot be made to send the token."""

    async def post(self) -> None:
        """Put the records on disk; what cannot be taken is answered with the reason and what to do."""
        pushes: Pushes = self.settings["cx_pushes"]
        token = _token(self.request.headers.get("Authorization", ""))
        try:
            spool = await pushes.spool_of(token)
            if spool is None:
                self.set_header("WWW-Authenticate", 'Basic realm="cxreports"')
                self._answer(HTTPStatus.UNAUTHORIZED, error="the token of a source that pushes is needed")
                return
            records = records_of(self.request.body, self.request.headers.get("Content-Type", ""))
            is_new = await asyncio.wait_for(asyncio.wrap_future(spool.add(records)), WAIT_S)
        except BadFeed as error:
            self._answer(HTTPStatus.BAD_REQUEST, error=str(error))
        except Full as error:
            is_own = error.is_own_share
            self._later(HTTPStatus.TOO_MANY_REQUESTS if is_own else HTTPStatus.SERVICE_UNAVAILABLE)
        except (OSError, TimeoutError):
            _log.exception("Records of a switch could not be put on disk.")
            self._later(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            counts = (
                {"accepted": len(records), "known": 0} if is_new else {"accepted": 0, "known": len(records)}
            )
            self._answer(HTTPStatus.OK, **counts)

    def refusal(self, status: int) -> Event | None:
        """Event of a wrong token; a switch that is to wait a moment has tried nothing."""
        return Event.ACCESS_REFUSED if status == HTTPStatus.UNAUTHORIZED else None

    def _later(self, status: HTTPStatus) -> None:
        self.set_header("Retry-After", str(RETRY_AFTER_S))
        self._answer(status, error="too much waits to be loaded: send it again later")

    def _answer(self, status: HTTPStatus, **content: Any) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(content))


def _token(authorization: str) -> str:
    """Token out of a header, as a bearer's or as a password; empty for none."""
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


ROUTES: Final[list[tuple[Any, ...]]] = [(PATH, PushHandler)]
