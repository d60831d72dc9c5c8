"""One's own account: the profile, the company's, verification of address and number, the language."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import tornado.web

from cxreports import clock, language, wording
from cxreports.errors import AlreadyThere, BadField, BadTime, LoginRefused, NotSent, NotThere, PortalError
from cxreports.language import _
from cxreports.portal.database import now
from cxreports.portal.people import login, passkeys, preferences, sessions, users, verification
from cxreports.portal.tables import Purpose
from cxreports.web.forms import letters
from cxreports.web.forms.form import FormPage
from cxreports.web.handler import LANGUAGE_COOKIE
from cxreports.web.identity import session_cookie
from cxreports.web.page import ZONE_COOKIE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from cxreports.portal.tables import LoginSession, User

FIELDS: Final = ("name", "email", "department", "phone", "mobile")
"""What a person may change in a profile."""

RECENT: Final = timedelta(minutes=15)
"""After so long the password is asked for again before something that a borrowed browser may not do."""

REFUSALS: Final = (AlreadyThere, BadField, LoginRefused, NotSent, NotThere)
"""What a form is shown again for."""

_YEAR_DAYS: Final = 365

_log = logging.getLogger("cxreports.web")


class AccountHandler(FormPage):
    """Shows a page of one's own account, and takes changes; a subclass names template and path.

    A change that is refused shows the page again with what was wrong, one that is made leads back to
    it: what was done stands in the address (``?done=``), the words for it in `done`.
    """

    template = ""
    path = ""

    async def get(self, **_path: str) -> None:
        """Show the page; what a form was sent to shows it too."""
        await self.page()

    async def page(self, status: int = HTTPStatus.OK, **values: Any) -> None:
        """Show the page with all that the database has for it."""
        said = self.done().get(self.get_query_argument("done", ""), "") if status == HTTPStatus.OK else ""
        kept = await self.run(self._kept)
        self.show(
            self.template,
            status,
            **{"said": said, "faults": {}, "form": "", "here": "profile", "path": self.path} | kept | values,
        )

    async def again(self, error: PortalError, *, form: str = "", field: str = "", **values: Any) -> None:
        """Show the page again with what was wrong, beside the form's field if one is named."""
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if isinstance(error, LoginRefused) and error.wait_s:
            status = HTTPStatus.TOO_MANY_REQUESTS
            self.set_header("Retry-After", str(int(error.wait_s) + 1))
        field = error.field if isinstance(error, BadField) else field
        wrong = {"faults": {field: str(error)}} if field else {"wrong": str(error)}
        await self.page(status, form=form, **wrong, **values)

    def back(self, done: str, anchor: str = "") -> None:
        """Lead back to the page, which says what was done."""
        self.redirect(f"{self.base_url}{self.path}?done={done}{anchor}", status=HTTPStatus.SEE_OTHER)

    def done(self) -> Mapping[str, str]:
        """Give what the page says after a change."""
        return {}

    def facts(self, db: Session, session: LoginSession) -> dict[str, Any]:
        """Look up what the template shows."""
        del db, session
        return {}

    async def session(self) -> LoginSession:
        """Give the log-in of who asks, with its user."""
        found: LoginSession = await self.run(self._session)
        return found

    async def confirmed(self, password: str | None = None) -> User:
        """Give the user, of whom the password is asked for again if it was given too long ago.

        Parameters
        ----------
        password
            What was typed; by default the form's field ``password``.

        Raises
        ------
        BadField
            The password is needed, and was not given.
        LoginRefused
            It is not right, or was tried too often.
        """
        session = await self.session()
        if not is_recent(session):
            typed = self.typed_password() if password is None else password
            if not typed:
                raise BadField("password", _("You logged in a while ago: type your password for this."))
            await self.run(login.confirm_password, self.database, session.user, typed, address=self.address)
        return session.user

    def typed_password(self) -> str:
        """Give the form's field ``password`` as it was typed."""
        return self.get_body_argument("password", "", strip=False)

    def _kept(self) -> dict[str, Any]:
        with self.database.reading() as db:
            session = self._found(db)
            chosen = preferences.load(db, session.user_id)
            company = session.user.company
            zone = self._zone(chosen.get("zone"), company.zone if company else "")
            return {
                "user": session.user,
                "company": company,
                "asks_password": not is_recent(session),
                "zone": zone.key,
                "moment": partial(wording.moment, zone=zone),
                **self.facts(db, session),
            }

    def _zone(self, chosen: str | None, companys: str) -> ZoneInfo:
        """Give the zone of the dashboard: the chosen one, else the browser's, else the company's."""
        for name in (chosen, unquote(self.get_cookie(ZONE_COOKIE) or ""), companys):
            with suppress(BadTime):
                if name:
                    return clock.zone(name)
        return clock.zone("UTC")

    def _session(self) -> LoginSession:
        with self.database.reading() as db:
            return self._found(db)

    def _found(self, db: Session) -> LoginSession:
        found = sessions.find(db, session_cookie(self))
        if found is None:
            # It has ended since this request began.
            raise tornado.web.HTTPError(HTTPStatus.FORBIDDEN)
        return found


def is_recent(session: LoginSession) -> bool:
    """Tell whether somebody has shown only a moment ago who they are."""
    return now() - session.created_at < RECENT


class ProfileHandler(AccountHandler):
    """Company Profile and My Profile, and how things stand with all the rest."""

    template = "profile.html.j2"
    path = "profile"

    async def post(self) -> None:
        """Change the five fields that may be changed; what else was sent is not looked at."""
        given = {name: self.get_body_argument(name, None) for name in FIELDS}
        typed = {name: value for name, value in given.items() if value is not None}
        try:
            user = (await self.session()).user
            if typed.get("email", user.email) != user.email:
                user = await self.confirmed()
            await self.run(self._change, user, typed)
        except REFUSALS as error:
            field = {AlreadyThere: "email", LoginRefused: "password"}.get(type(error), "")
            asked = bool(self.typed_password()) or "password" in {field, getattr(error, "field", "")}
            await self.again(error, form="profile", field=field, typed=typed, asks_password=asked)
        else:
            self.back("saved")

    def done(self) -> Mapping[str, str]:
        """Give what the page says after a change."""
        return {
            "saved": _("Your profile is saved."),
            "email": _("Your e-mail address is verified."),
            "mobile": _("Your mobile number is verified."),
            "language": _("This is the language of your pages now."),
        }

    def facts(self, db: Session, session: LoginSession) -> dict[str, Any]:
        """Look up the state of address, number, second factor, passkeys and log-ins."""
        company = session.user.company
        asked = self.get_query_argument("code", "")
        return {
            "typed": {},
            "asks_password": False,
            "code": asked if asked in {Purpose.EMAIL, Purpose.MOBILE} else "",
            "debit_limit": (
                wording.amount(company.debit_limit, company.currency, exact=True) if company else ""
            ),
            "languages": language.LANGUAGES,
            "passkeys": passkeys.count_of(db, session.user_id),
            "sessions": len(sessions.of_user(db, session.user_id)),
        }

    def _change(self, user: User, typed: dict[str, str]) -> None:
        with self.database.writing() as db:
            users.change_profile(db, user, by=self.actor, **typed)  # type: ignore[arg-type]


class SendCodeHandler(ProfileHandler):
    """Sends a code to the address or number of the profile."""

    async def post(self, purpose: str) -> None:  # type: ignore[override]
        """Send it, and ask for it."""
        wanted = Purpose(purpose)
        try:
            user = (await self.session()).user
            await self.run(letters.send_code, self.database, self.site, user, wanted)
        except NotSent:
            # The reason names servers, which is for the operator.
            _log.exception("A code to verify %s could not be sent.", purpose)
            await self.again(NotSent(_("The code could not be sent. Try again later.")), form=purpose)
        except REFUSALS as error:
            # The code that was sent before is still good.
            await self.again(error, form=purpose, field="code", code=purpose)
        else:
            target = f"{self.base_url}{self.path}?code={purpose}#{purpose}"
            self.redirect(target, status=HTTPStatus.SEE_OTHER)


class CheckCodeHandler(ProfileHandler):
    """Takes the code that was sent."""

    async def post(self, purpose: str) -> None:  # type: ignore[override]
        """Look at it."""
        try:
            user = (await self.session()).user
            await self.run(
                verification.check_code,
                self.database,
                user,
                Purpose(purpose),
                self.get_body_argument("code", ""),
                address=self.address,
            )
        except REFUSALS as error:
            await self.again(error, form=purpose, field="code", code=purpose)
        else:
            self.back(purpose, f"#{purpose}")


class LanguageHandler(ProfileHandler):
    """The language of forms at once, and of a dashboard when it is loaded."""

    async def post(self) -> None:
        """Keep it, for this browser's log-in form too."""
        tag = self.get_body_argument("language", "")
        try:
            await self.run(self._choose, tag)
        except REFUSALS as error:
            await self.again(error, form="language", field="language")
            return
        if tag:
            self.set_cookie(LANGUAGE_COOKIE, tag, path=self.base_url, samesite="Lax", expires_days=_YEAR_DAYS)
        else:
            self.clear_cookie(LANGUAGE_COOKIE, path=self.base_url)
        self.back("language", "#language")

    def _choose(self, tag: str) -> None:
        with self.database.writing() as db:
            users.choose_language(db, self._found(db).user, tag)


_PURPOSE: Final = r"(?P<purpose>email|mobile)"

ROUTES: Final[list[tuple[Any, ...]]] = [
    ("/profile", ProfileHandler),
    (f"/profile/verify/{_PURPOSE}", SendCodeHandler),
    (f"/profile/verify/{_PURPOSE}/code", CheckCodeHandler),
    ("/profile/language", LanguageHandler),
]
