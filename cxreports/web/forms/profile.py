"""One's own account: the profile, the company's, verification of address and number, the language."""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from cxreports import clock, language, wording
from cxreports.errors import AlreadyThere, BadField, BadFields, BadTime, LoginRefused, NotSent
from cxreports.language import _
from cxreports.portal import audit, site_map
from cxreports.portal.audit import Event
from cxreports.portal.people import passkeys, preferences, sessions, users, verification
from cxreports.portal.tables import Purpose
from cxreports.web.forms.form import NO_FAULT, Fault, FormPage
from cxreports.web.handler import ZONE_COOKIE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from cxreports.portal.tables import LoginSession, User

FIELDS: Final = ("name", "email", "department", "phone", "mobile")
"""What a person may change in a profile."""

_log = logging.getLogger("cxreports.web")


class AccountHandler(FormPage):
    """Shows a page of one's own account, and takes changes; a subclass names template and path.

    A change that is refused shows the page again with what was wrong, one that is made leads back to
    it, which says once what was done, worded in `done`.
    """

    template = ""
    path = ""

    async def get(self, **_path: str) -> None:
        """Show the page; what a form was sent to shows it too."""
        await self.page()

    async def page(self, fault: Fault = NO_FAULT, **values: Any) -> None:
        """Show the page with all that the database has for it, and what could not be done."""
        message = self.done().get(self.just_done()[0], "") if fault is NO_FAULT else ""
        kept = await self.run(self._kept)
        shown = {
            "message": message,
            "fault": fault,
            "faults": fault.faults,
            "form": fault.act,
        }
        self.show(self.template, **shown | {"path": self.path} | kept | values)

    @property
    def way_back(self) -> str:
        """The page that the form stands on."""
        return f"{self.base_url}{self.path}"

    def back(self, done: str, where: str = "") -> None:
        """Lead back to the page, or a place of it, which says what was done."""
        self.keep_done(self.path, done)
        self.redirect(f"{self.way_back}{where}", status=HTTPStatus.SEE_OTHER)

    def done(self) -> Mapping[str, str]:
        """What the page says after a change."""
        return {}

    def facts(self, db: Session, session: LoginSession) -> dict[str, Any]:
        """Look up what the template shows."""
        del db, session
        return {}

    async def confirmed(self, password: str | None = None) -> User:
        """User, of whom the password is asked for again if it was given too long ago.

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
        if not sessions.is_recent(session):
            typed = self.typed_password() if password is None else password
            if not typed:
                raise BadField("password", _("You logged in a while ago: type your password for this."))
            await self.check_password(session, typed)
        return session.user

    def typed_password(self) -> str:
        """Form's field ``password`` as it was typed."""
        return self.get_body_argument("password", "", strip=False)

    def _kept(self) -> dict[str, Any]:
        with self.database.reading() as db:
            session = self.session_in(db)
            chosen = preferences.load(db, session.user_id)
            company = session.user.company
            zone = self._zone(chosen.get("zone"), company.zone if company else "")
            return {
                "user": session.user,
                "company": company,
                "asks_password": not sessions.is_recent(session),
                "zone": zone.key,
                "moment": partial(wording.moment, zone=zone),
                **self.facts(db, session),
            }

    def _zone(self, chosen: str | None, companys: str) -> ZoneInfo:
        """Zone of the dashboard: the chosen one, else the browser's, else the company's."""
        for name in (chosen, unquote(self.get_cookie(ZONE_COOKIE) or ""), companys):
            with suppress(BadTime):
                if name:
                    return clock.zone(name)
        return clock.zone("UTC")


class ProfileHandler(AccountHandler):
    """Company Profile and My Profile, and how things stand with all the rest."""

    template = "profile.html.j2"
    path = "profile"

    async def post(self) -> None:
        """Change the five fields that may be changed; what else was sent is not looked at."""
        given = {name: self.get_body_argument(name, None) for name in FIELDS}
        typed = {name: value for name, value in given.items() if value is not None}
        at = {AlreadyThere: "email", LoginRefused: "password"}
        done = await self.attempted(self._save(typed), act="profile", typed=typed, at=at)
        if isinstance(done, Fault):
            asked = bool(self.typed_password()) or "password" in done.faults
            await self.page(done, typed=typed, asks_password=asked)
        elif done:
            self.back("saved", "?code=email#email")
        else:
            self.back("saved")

    async def _save(self, typed: dict[str, str]) -> bool:
        """Save it; tell whether a code was sent to a new address."""
        user = (await self.session()).user
        present = verification.pending_email(user) or user.email
        faults = await self.run(self._faults, typed)
        if typed.get("email", present) != present:
            try:
                user = await self.confirmed()
            except BadField as error:
                faults |= error.faults
        if faults:
            raise BadFields(faults)
        try:
            pending = await self.run(self.post_office.change_profile, user, typed, by=self.actor)
        except NotSent as error:
            # The reason names servers, which is for the operator.
            _log.exception("A code to verify an address could not be sent.")
            raise NotSent(_("The code could not be sent. Try again later.")) from error
        if pending:
            self.tell_of_change(user.id, Event.EMAIL_CHANGE_ASKED, email=pending, to=user.email)
        return bool(pending)

    def _faults(self, typed: dict[str, str]) -> dict[str, str]:
        """What is wrong with what was typed, before the password is looked at."""
        with self.database.reading() as db:
            try:
                users.profile_of(self.session_in(db).user, typed)
            except BadField as error:
                return error.faults
        return {}

    def done(self) -> Mapping[str, str]:
        """What the page says after a change."""
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
            "pending_email": verification.pending_email(session.user),
            "asks_password": False,
            "code": asked if asked in {Purpose.EMAIL, Purpose.MOBILE} else "",
            "debit_limit": (
                wording.money(company.debit_limit, company.currency, exact=True) if company else ""
            ),
            "languages": language.LANGUAGES,
            "passkeys": passkeys.count_of(db, session.user_id),
            "sessions": len(sessions.of_user(db, session.user_id)),
        }


class SendCodeHandler(ProfileHandler):
    """Sends a code to the address or number of the profile."""

    async def post(self, purpose: str) -> None:  # type: ignore[override]
        """Send it, and ask for it."""
        done = await self.attempted(self._send(Purpose(purpose)), act=purpose, at={LoginRefused: "code"})
        if isinstance(done, Fault):
            # Where one was asked for too soon, the one before is still good.
            await self.page(done, **{"code": purpose} if done.faults else {})
        else:
            target = f"{self.base_url}{self.path}?code={purpose}#{purpose}"
            self.redirect(target, status=HTTPStatus.SEE_OTHER)

    async def _send(self, purpose: Purpose) -> None:
        user = (await self.session()).user
        try:
            await self.run(self.post_office.send_code, user, purpose, address=self.address)
        except NotSent as error:
            # The reason names servers, which is for the operator.
            _log.exception("A code to verify %s could not be sent.", purpose)
            raise NotSent(_("The code could not be sent. Try again later.")) from error


class CheckCodeHandler(ProfileHandler):
    """Takes the code that was sent."""

    async def post(self, purpose: str) -> None:  # type: ignore[override]
        """Look at it."""
        user, code = (await self.session()).user, self.get_body_argument("code", "")
        check = self.run(
            verification.check_code, self.database, user, Purpose(purpose), code, address=self.address
        )
        done = await self.attempted(check, act=purpose, at="code")
        if isinstance(done, Fault):
            self.note_refusal(Event.CODE_REFUSED, purpose=purpose)
            await self.page(done, code=purpose)
        else:
            if done:
                self.tell_of_change(user.id, Event.EMAIL_CHANGED, email=user.pending_email or "", to=done)
            self.back(purpose, f"#{purpose}")


class LanguageHandler(ProfileHandler):
    """The language of forms at once, and of a dashboard when it is loaded."""

    async def post(self) -> None:
        """Keep it, for this browser's log-in form too."""
        tag = self.get_body_argument("language", "")
        done = await self.attempted(self.run(self._choose, tag), act="language", at="language")
        if isinstance(done, Fault):
            await self.page(done)
            return
        self.keep_language(tag)
        self.back("language", "#language")

    def _choose(self, tag: str) -> None:
        with self.database.writing() as db:
            user = users.choose_language(db, self.session_in(db).user, tag)
            audit.of_user(db, Event.LANGUAGE_CHANGED, user, address=self.address, language=tag)


_PURPOSE: Final = r"(?P<purpose>email|mobile)"

ROUTES: Final[list[tuple[Any, ...]]] = [
    (site_map.PROFILE.route, ProfileHandler),
    (f"/profile/verify/{_PURPOSE}", SendCodeHandler),
    (f"/profile/verify/{_PURPOSE}/code", CheckCodeHandler),
    ("/profile/language", LanguageHandler),
]
