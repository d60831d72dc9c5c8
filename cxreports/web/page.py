"""A page that is a notebook: the skeleton goes out at once, the widgets when their kernel is ready.

A page that its visitor has had a moment ago goes out as it was drawn then, without a kernel; its script asks
for one at once (`ANEW`), and what has changed meanwhile changes on the page.
"""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import tornado.web
from tornado.iostream import StreamClosedError

from cxreports import language
from cxreports.language import _
from cxreports.portal.site_map import Access
from cxreports.web.handler import ZONE_COOKIE, PortalHandler, harmless
from cxreports.web.kernels.limits import NoPlaceLeft
from cxreports.web.sent import is_sound
from cxreports.widgets.bundle import STATIC, manifest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cxreports.visitor import Visitor
    from cxreports.web.drawings import Drawings
    from cxreports.web.kernels.notebook import Prepared

ANEW: Final = "X-Cx-Anew"
"""Header of a page's script that wants a kernel, and not what was drawn before."""

_LONGEST_WISH: Final = 2000
_YEAR_S: Final = 365 * 24 * 3600

_log = logging.getLogger("cxreports.web")


class PageHandler(PortalHandler):
    """Runs a notebook for its visitor and sends what it displays."""

    def initialize(self, notebook: Path, skeleton: str) -> None:
        """Take the page's notebook and its first template."""
        self.notebook, self.skeleton = notebook, skeleton
        self._is_left = False
        self._made: Prepared | None = None

    def on_connection_close(self) -> None:
        """Note that the visitor closed the page before it was complete."""
        super().on_connection_close()
        self._is_left = True

    @tornado.web.authenticated
    async def get(self) -> None:
        """Answer with the page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        # Sets the cookie that the beacon at the page's end must bring back.
        _token = self.xsrf_token
        self.write(self.text_of(self.skeleton))
        try:
            await self.flush()
        except StreamClosedError:
            return  # the visitor has left already: no kernel is taken for nobody
        asked = {name: self.get_query_argument(name)[:_LONGEST_WISH] for name in self.request.query_arguments}
        visitor = replace(self.visitor, wishes=self._wishes(asked), language=language.current())
        drawings: Drawings = self.settings["cx_drawings"]
        wanted = await self.run(drawings.wanted, self.notebook.name, visitor)
        kept = None if ANEW in self.request.headers else drawings.find(wanted)
        body = kept or await self._body(visitor)
        self.finish(body)
        if self._made and self._made.root:
            # Its script has changed the page's address by the time that it is asked for again.
            address = self._made.states.get(self._made.root, {}).get("address", {})
            same = replace(wanted, visitor=replace(visitor, wishes=self._wishes(address)))
            await self.run(drawings.keep, (wanted, same), body.replace(self._made.kernel_id, ""))

    async def _body(self, visitor: Visitor) -> str:
        try:
            prepared = await self.kernels.take(self.notebook, visitor)
        except NoPlaceLeft:
            text = _("Too many pages are open. Close some, then reload this one.")
            return self._failed(text, "") + self.text_of("end.html.j2")
        except Exception:  # noqa: BLE001 (said on the page, logged with its traceback)
            return self._report(_("The page could not be started.")) + self.text_of("end.html.j2")
        if self._is_left:
            # No page will ever connect to this kernel, nor say that it ends.
            await self.kernels.end(prepared.kernel_id)
            return ""
        banner = ""
        if prepared.failure or prepared.root is None:
            text = (
                _("The page could not be made.") if prepared.root is None else _("Part of the page failed.")
            )
            banner = self._report(text, prepared.failure or "Nothing was displayed.")
        if prepared.root is None:
            await self.kernels.end(prepared.kernel_id)
            return banner + self.text_of("end.html.j2")
        start = {
            "base": self.base_url,
            "kernel": prepared.kernel_id,
            "root": prepared.root,
            "states": prepared.states,
            "sleeps_after_s": self.kernels.sleeps_after_s,
        }
        if not banner:
            self._made = prepared
        return banner + self.text_of("body.html.j2", start=_embedded(start))

    def _wishes(self, asked: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """What an address asks for, and the zone that the browser left in its cookie."""
        zone = unquote(self.get_cookie(ZONE_COOKIE) or "")
        browser = {"browser_zone": zone[:_LONGEST_WISH]} if zone else {}
        return tuple({**browser, **asked}.items())

    def _report(self, text: str, traceback: str = "") -> str:
        """Log a failure under an id, and say so in words."""
        code = secrets.token_hex(4)
        _log.error("%s [%s]\n%s", text, code, traceback, exc_info=not traceback)
        return self._failed(text, code)

    def _failed(self, text: str, code: str) -> str:
        return self.text_of("failed.html.j2", text=text, code=code)


class OperatorPageHandler(PageHandler):
    """A notebook that operators alone may open."""

    access = Access.OPERATOR


def _embedded(value: Any) -> str:
    """Write JSON that can stand inside a script element."""
    return harmless(json.dumps(value, separators=(",", ":"), default=str))


class BuiltFileHandler(tornado.web.StaticFileHandler):
    """Serves the built files; their names change with their contents, so they never expire."""

    access = Access.PUBLIC

    def initialize(self) -> None:  # type: ignore[override]
        """Serve from the folder of the built files."""
        super().initialize(str(STATIC))

    def set_default_headers(self) -> None:
        """Send the headers of pages with files too, and with errors: none says what the server runs on."""
        for name, value in self.settings["headers"].items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """Refuse what no file can be called."""
        if not is_sound(self.request):
            raise tornado.web.HTTPError(404)

    def set_extra_headers(self, path: str) -> None:
        """Let browsers keep files whose name has a hash."""
        hashed = path in manifest().values() and path not in manifest()
        age = f"public, max-age={_YEAR_S}, immutable" if hashed else "no-cache"
        self.set_header("Cache-Control", age)
