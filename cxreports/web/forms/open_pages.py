"""What the scripts of open pages ask: whether the session goes on, and that a choice is kept."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar, Final

import tornado.web

from cxreports.errors import BadField
from cxreports.portal.people import preferences
from cxreports.web.handler import PortalHandler

CHOICES: Final = ("zone", "theme")
"""Choices that are made on any page."""


class SessionHandler(PortalHandler):
    """Whether a session goes on; asking does not keep it from idling out."""

    in_shell: ClassVar[bool] = False
    counts_as_visit: ClassVar[bool] = False

    def get(self) -> None:
        """Answer that it does: to anybody else the log-in page is shown."""
        self.set_header("Cache-Control", "no-store")
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()


class OpenPageHandler(SessionHandler):
    """Says the same to a page that sleeps: it is open, and keeps its session from idling out."""

    counts_as_visit: ClassVar[bool] = True


class ChoicesHandler(PortalHandler):
    """Choices that a person makes in the shell of a page."""

    in_shell: ClassVar[bool] = False

    async def post(self) -> None:
        """Keep those that were sent."""
        chosen = {name: self.get_body_argument(name) for name in CHOICES if name in self.request.arguments}
        try:
            await self.run(self._keep, chosen)
        except BadField as error:
            raise tornado.web.HTTPError(HTTPStatus.UNPROCESSABLE_ENTITY) from error
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()

    def _keep(self, chosen: dict[str, str]) -> None:
        with self.database.writing() as db:
            preferences.save(db, self.visitor.user_id, chosen)


ROUTES: Final[list[tuple[Any, ...]]] = [
    ("/session", SessionHandler),
    ("/session/open", OpenPageHandler),
    ("/profile/choices", ChoicesHandler),
]
