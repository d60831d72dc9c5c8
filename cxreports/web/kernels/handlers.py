"""A page's way to its kernel: for the login that the kernel was started for, and nobody else."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.services.kernels.handlers import KernelHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from cxreports.portal.site_map import Access
from cxreports.web.handler import Person, PortalHandler

if TYPE_CHECKING:
    from jupyter_server.auth.identity import User
    from jupyter_server.base.handlers import JupyterHandler

    from cxreports.web.kernels.pool import PortalKernels

KERNEL_ID: Final = r"(?P<kernel_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"


class OwnKernels(Authorizer):
    """Lets a login use the kernels that were started for it; everything else the server offers is refused."""

    def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> bool:
        """Tell whether the kernel that the route names belongs to who asks."""
        del action
        return resource == "kernels" and owns(handler, user)


def owns(handler: JupyterHandler, user: User | None) -> bool:
    """Tell whether the kernel of a request's path belongs to a user's login."""
    owner = cast("PortalKernels", handler.kernel_manager).owner(str(handler.path_kwargs.get("kernel_id")))
    return isinstance(user, Person) and owner is not None and owner.session == user.visitor.session


class KernelStateHandler(KernelHandler):
    """Tells whether a page's kernel still lives."""

    access = Access.OWNER
    SUPPORTED_METHODS = ("GET",)


class KernelChannelsHandler(VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """The websocket between a page's widgets and its kernel; `PortalKernels` passes comm messages only."""

    access = Access.OWNER

    def write_error(self, status_code: int, **options: Any) -> None:
        """Refuse without a page: nobody sees one here."""
        del options
        self.set_status(status_code)
        self.finish()

    async def open(self, kernel_id: str) -> None:
        """Join the kernel."""
        cast("PortalKernels", self.kernel_manager).joined(kernel_id, self)
        await super().open(kernel_id)

    def on_close(self) -> None:
        """Leave it."""
        cast("PortalKernels", self.kernel_manager).left(self.kernel_id, self)
        super().on_close()


class KernelEndHandler(PortalHandler):
    """Ends the kernel of a page that goes away."""

    access = Access.OWNER

    def is_allowed(self) -> bool:
        """Tell whether the kernel is the visitor's own."""
        return owns(self, self.current_user)

    async def post(self, kernel_id: str) -> None:
        """End it."""
        await self.kernels.end(kernel_id)
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()
