"""Proof of who asks, again: half an hour after the log-in, before forms of money, people and credentials.

Files with everybody's data ask for it too. The password or a passkey is asked for on a page of its own,
which keeps what was typed and goes on with it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final

import tornado.web

from cxreports.errors import LoginRefused
from cxreports.portal.people import confirmation, passkeys, sessions
from cxreports.web.handler import SAFE_METHODS, PortalHandler
from cxreports.web.identity import session_cookie

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from cxreports.portal.tables import LoginSession

FIELD: Final = "proof"
"""Field of a form in which the password is typed again."""

FILE: Final = "form"
"""What an address has in its query that asks for a file instead of a page."""


class ProvedPage(PortalHandler):
    """A page that may ask for a proof before anything is sent to it, or taken out of it as a file."""

    needs_recent: ClassVar[bool] = False
    """Whether it does, unless the password or a passkey was given a moment ago."""

    operators_prove_files: ClassVar[bool] = False
    """Whether at least operators do before a file: theirs has what is of all customers."""

    async def prepare(self, **options: Any) -> None:
        """Ask for the proof where it is needed; then nothing else is looked at."""
        await super().prepare(**options)
        if not self._finished and self._is_delicate():
            await self._prove()

    def _is_delicate(self) -> bool:
        is_file = bool(self.get_query_argument(FILE, ""))
        if self.needs_recent:
            return is_file or self.request.method not in SAFE_METHODS
        return self.operators_prove_files and is_file and self.visitor.is_operator

    async def session(self) -> LoginSession:
        """Log-in of who asks, with its user."""
        found: LoginSession = await self.run(self._session)
        return found

    async def _prove(self) -> None:
        session, typed = await self.session(), self.typed_proof()
        if sessions.is_recent(session):
            return
        try:
            if typed:
                await self.check_password(session, typed)
            else:
                await self.ask_again(session)
        except LoginRefused as error:
            await self.ask_again(session, error)

    def typed_proof(self) -> str:
        """Password that was typed again; it is no field of the form that it came with."""
        typed = self.get_body_argument(FIELD, "", strip=False)
        for arguments in (self.request.arguments, self.request.body_arguments):
            arguments.pop(FIELD, None)
        return typed

    async def check_password(self, session: LoginSession, typed: str) -> None:
        """Look at a password that was typed again.

        Raises
        ------
        LoginRefused
            It is not right, or was tried too often.
        """
        hash_ = session.id_hash
        await self.run(
            confirmation.by_password, self.database, session.user, typed, session=hash_, address=self.address
        )

    async def ask_again(self, session: LoginSession, error: LoginRefused | None = None) -> None:
        """Show the page that asks; it goes on with the form, or with the page where that cannot be kept."""
        sent = self.request.method not in SAFE_METHODS and not self.request.files
        target = self.request.uri or self.base_url
        fields = []
        if sent:
            names = [name for name in self.request.body_arguments if name != "_xsrf"]
            fields = [(name, text) for name in names for text in self.get_body_arguments(name, strip=False)]
        await self.show_question(
            session,
            error,
            action=target if sent else f"{self.base_url}confirm",
            fields=fields if sent else [("next", target)],
            next="" if sent else target,
            loses_file=bool(self.request.files),
        )

    async def show_question(self, session: LoginSession, error: LoginRefused | None, **values: Any) -> None:
        """Show the form for the password and the button for the passkey."""
        if error and error.wait_s:
            self.set_header("Retry-After", str(int(error.wait_s) + 1))
        has_passkeys = await self.run(self._has_passkeys, session.user_id)
        # Not `show` of a page of forms, whose own fault this is not.
        PortalHandler.show(
            self,
            "confirm.html.j2",
            HTTPStatus.TOO_MANY_REQUESTS if error and error.wait_s else HTTPStatus.UNAUTHORIZED,
            field_name=FIELD,
            faults={FIELD: str(error)} if error else {},
            has_password=session.user.password_hash is not None,
            has_passkeys=has_passkeys,
            **values,
        )

    def _has_passkeys(self, user_id: int) -> bool:
        with self.database.reading() as db:
            return passkeys.count_of(db, user_id) > 0

    def _session(self) -> LoginSession:
        with self.database.reading() as db:
            return self.session_in(db)

    def session_in(self, db: Session) -> LoginSession:
        """Log-in of who asks, as the database has it now."""
        found = sessions.find(db, session_cookie(self))
        if found is None:
            # It has ended since this request began.
            raise tornado.web.HTTPError(HTTPStatus.FORBIDDEN)
        return found
