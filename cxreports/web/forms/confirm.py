"""The page that asks for the password or a passkey again, for pages that are read and for scripts."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from cxreports.errors import LoginRefused
from cxreports.portal.people import confirmation, passkeys, sessions, throttle, tries
from cxreports.web.forms.log_in import safe_next
from cxreports.web.forms.proof import ProvedPage
from cxreports.web.sent import json_object

if TYPE_CHECKING:
    from cxreports.portal.tables import LoginSession


class ConfirmHandler(ProvedPage):
    """The question by itself, which leads on to the page that the address names."""

    @property
    def next(self) -> str:
        """Where to go on."""
        return safe_next(self.get_argument("next", self.base_url), self.base_url)

    async def get(self) -> None:
        """Ask, or go on if that is done."""
        session = await self.session()
        if sessions.is_recent(session):
            self.redirect(self.next, status=HTTPStatus.SEE_OTHER)
        else:
            await self._ask(session)

    async def post(self) -> None:
        """Look at the password."""
        session = await self.session()
        try:
            await self.check_password(session, self.typed_proof())
        except LoginRefused as error:
            await self._ask(session, error)
        else:
            self.redirect(self.next, status=HTTPStatus.SEE_OTHER)

    async def _ask(self, session: LoginSession, error: LoginRefused | None = None) -> None:
        action = f"{self.base_url}confirm"
        await self.show_question(
            session, error, action=action, fields=[("next", self.next)], next=self.next, loses_file=False
        )


class ConfirmPasskeyHandler(ConfirmHandler):
    """A passkey instead: options are asked for, then a signature given."""

    SUPPORTED_METHODS = ("POST",)

    async def post(self, step: str) -> None:  # type: ignore[override]
        """Answer a script of the page."""
        session = await self.session()
        try:
            if step == "options":
                made = await self.run(self._options, session)
                self.finish({"challenge": made.challenge_id, "options": made.options})
                return
            body = json_object(self.request.body)
            await self.run(
                confirmation.by_passkey,
                self.database,
                session,
                str(body["challenge"]),
                body["credential"],
                rp_id=self.site.host_name,
                origin=self.site.address,
                address=self.address,
            )
        except LoginRefused as error:
            self.set_status(HTTPStatus.TOO_MANY_REQUESTS if error.wait_s else HTTPStatus.UNAUTHORIZED)
            self.finish({"wrong": str(error)})
        except (KeyError, TypeError, ValueError):
            self.set_status(HTTPStatus.BAD_REQUEST)
            self.finish({"wrong": str(passkeys.refused())})
        else:
            self.finish({"next": self.next} if self.get_query_argument("next", "") else {})

    def _options(self, session: LoginSession) -> passkeys.Ceremony:
        with self.database.writing() as db:
            wait_s = throttle.attempt(db, throttle.session(session.id_hash, "challenge-device"))
        tries.refuse_if_too_often(wait_s)
        with self.database.writing() as db:
            return passkeys.authentication_options(
                db, rp_id=self.site.host_name, user=session.user, stands_alone=True
            )


ROUTES: Final[list[tuple[Any, ...]]] = [
    ("/confirm", ConfirmHandler),
    (r"/confirm/passkey/(?P<step>options|answer)", ConfirmPasskeyHandler),
]
