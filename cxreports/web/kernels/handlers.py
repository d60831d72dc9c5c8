"""A page's way to its kernel: for the login that the kernel was started for, and nobody else."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

import tornado.web
from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.services.kernels.handlers import KernelHandler
from tornado.iostream import StreamBufferFullError
from voila.tornado.kernel_websocket_handler import (
    VoilaKernelWebsocketHandler,
    read_header_from_binary_message,
)

from cxreports.portal.audit import Event
from cxreports.portal.site_map import Access
from cxreports.web.handler import Person, PortalHandler
from cxreports.web.kernels.frames import NOT_ALLOWED, PROTOCOL, BadFrame, check
from cxreports.web.refusals import NotesRefusals

if TYPE_CHECKING:
    from jupyter_server.auth.identity import User
    from jupyter_server.base.handlers import JupyterHandler
    from tornado.web import RequestHandler

    from cxreports.visitor import Visitor
    from cxreports.web.kernels.pool import PortalKernels

KERNEL_ID: Final = r"(?P<kernel_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"


class OwnKernels(Authorizer):
    """Lets a login use the kernels that were started for it; everything else the server offers is refused."""

    def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> bool:
        """Whether the kernel that the route names belongs to who asks."""
        del action
        return resource == "kernels" and owns(handler, user)


def owns(handler: JupyterHandler, user: User | None) -> bool:
    """Whether the kernel of a request's path belongs to a user's login."""
    owner = owner_of(handler)
    return isinstance(user, Person) and owner is not None and owner.session == user.visitor.session


def owner_of(handler: RequestHandler) -> Visitor | None:
    """Visitor for whom the kernel of a request's path was started; None where there is no such kernel."""
    kernels: PortalKernels = handler.settings["kernel_manager"]
    return kernels.owner(str(handler.path_kwargs.get("kernel_id")))


class _OfKernel(NotesRefusals):
    """A handler of a kernel, whose refusals tell whose kernel was asked for."""

    def refused_detail(self) -> dict[str, Any]:
        """What was refused, and whose it is."""
        owner = owner_of(self)
        return super().refused_detail() | ({} if owner is None else {"of": owner.email})


class KernelStateHandler(_OfKernel, KernelHandler):
    """Tells whether a page's kernel still lives."""

    access = Access.OWNER
    SUPPORTED_METHODS = ("GET",)


MOST_WAITING: Final = 32 * 2**20
MOST_WAITING_OF_PERSON: Final = 64 * 2**20
"""Bytes that wait for a browser, or all browsers of a person, to read them; beyond that it is cut off."""

_SESSION: Final = re.compile(r"[\w-]{1,64}", re.ASCII)
"""Session id of a connection, which names a socket in the kernel too, where 255 bytes are the most."""

_FOR_BROWSERS: Final = frozenset({"comm_msg", "comm_close", "status"})
"""What a kernel says to a page. Printed texts and tracebacks are the operator's."""

_log = logging.getLogger("cxreports.web")


class KernelChannelsHandler(_OfKernel, VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """The websocket between a page's widgets and its kernel, in which each frame is checked first.

    The one protocol is `cxreports.web.kernels.frames.PROTOCOL`; a browser that offers no other is refused.
    """

    access = Access.OWNER

    def refusal(self, status: int) -> Event | None:
        """Any handshake that was not taken is a refusal."""
        return super().refusal(status) or (Event.ACCESS_REFUSED if status >= HTTPStatus.BAD_REQUEST else None)

    def write_error(self, status_code: int, **options: Any) -> None:
        """Refuse without a page: nobody sees one here."""
        del options
        self.set_status(status_code)
        self.finish()

    async def pre_get(self) -> None:
        """Refuse browsers that would speak another protocol, before they join the kernel."""
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "")
        if PROTOCOL not in [name.strip() for name in offered.split(",")]:
            raise tornado.web.HTTPError(HTTPStatus.BAD_REQUEST)
        if not _SESSION.fullmatch(self.get_query_argument("session_id", "")):
            raise tornado.web.HTTPError(HTTPStatus.BAD_REQUEST)
        await super().pre_get()
        if self.connection is None:
            raise tornado.web.Finish  # the browser has left while the kernel was asked

    async def open(self, kernel_id: str) -> None:
        """Join the kernel."""
        kernels = cast("PortalKernels", self.kernel_manager)
        self._allowances = kernels.allowances(kernel_id)
        self.ws_connection.stream.max_write_buffer_size = MOST_WAITING
        kernels.joined(kernel_id, self)
        await super().open(kernel_id)

    def on_message(self, ws_message: bytes | str) -> None:
        """Pass a frame on to the kernel; one that is not in order ends the connection."""
        if self.ws_connection is None:
            return  # what was on its way when the connection was closed
        try:
            if not self._allowances.take(len(ws_message)):
                raise BadFrame(NOT_ALLOWED, "too much at once")  # noqa: TRY301 (ends as any bad frame does)
            check(ws_message)
        except BadFrame as error:
            _log.warning("A page's connection is closed: %s.", error.reason)
            self.close(error.code, error.reason)
            return
        if self.connection is not None:
            super().on_message(ws_message)

    def write_message(self, message: Any, binary: bool = False) -> Any:  # noqa: FBT001, FBT002 (tornado's)
        """Send a kernel's message, unless too much waits for this browser already: then it is cut off."""
        header = read_header_from_binary_message(message) if isinstance(message, bytes) else None
        if header is None or header.get("msg_type") not in _FOR_BROWSERS:
            return None
        with suppress(StreamBufferFullError):
            # A browser that reads has nothing waiting, and then nobody else's need be added up.
            kernels = cast("PortalKernels", self.kernel_manager)
            waiting = kernels.waiting_with(self.kernel_id) if self.waiting else 0
            if waiting + len(message) <= MOST_WAITING_OF_PERSON:
                written = super().write_message(message, binary)
                # A browser that leaves with answers unread is nobody's fault, and no line of the log.
                written.add_done_callback(lambda done: done.cancelled() or done.exception())
                return written
        _log.warning("A page's connection is closed: its browser reads nothing.")
        self.ws_connection.stream.close()
        return None

    @property
    def waiting(self) -> int:
        """Bytes that wait for the browser to read them."""
        if self.ws_connection is None:
            return 0
        # tornado says it nowhere else, and lets go of it when the connection closes.
        unread = self.ws_connection.stream._write_buffer  # noqa: SLF001
        return 0 if unread is None else len(unread)

    def on_close(self) -> None:
        """Leave it."""
        cast("PortalKernels", self.kernel_manager).left(self.kernel_id, self)
        if self.connection is not None:
            super().on_close()


class KernelEndHandler(_OfKernel, PortalHandler):
    """Ends the kernel of a page that goes away."""

    access = Access.OWNER
    in_shell = False

    def is_allowed(self) -> bool:
        """Whether the kernel is the visitor's own."""
        return owns(self, self.current_user)

    async def post(self, kernel_id: str) -> None:
        """End it."""
        await self.kernels.end(kernel_id)
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()
