"""Pages before and after everything else: log in, second step, log out, a new password."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import tornado.web
from jupyter_server.auth.decorator import allow_unauthenticated

from cxreports import language
from cxreports.errors import BadField, LoginRefused, NotThere
from cxreports.language import _
from cxreports.portal import site_map
from cxreports.portal.audit import Event
from cxreports.portal.people import (
    credentials,
    login,
    passkeys,
    sessions,
    throttle,
    tries,
    verification,
)
from cxreports.portal.site_map import Access
from cxreports.portal.tables import Purpose, Stage
from cxreports.web.handler import PortalHandler
from cxreports.web.identity import (
    clear_session_cookie,
    known_device,
    session_cookie,
    set_device_cookie,
    set_session_cookie,
)
from cxreports.web.sent import json_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxreports.portal.people.login import LoggedIn
    from cxreports.portal.tables import User

_LINK: Final = r"(?P<token>[\w-]{20,100})"


def safe_next(path: str, base: str) -> str:
    """Where to go after the log-in: a path of this portal, whatever an address asks for."""
    if any(ord(letter) < ord("!") or letter == "\\" for letter in path):
        return base
    parts = urlsplit(path)
    own = not parts.scheme and not parts.netloc and path.startswith(base) and not path.startswith("//")
    return path if own else base


class _Public(PortalHandler):
    """What all of these pages have in common: anybody may ask for them."""

    access = Access.PUBLIC

    @property
    def next(self) -> str:
        """Where to go after the log-in."""
        return safe_next(self.get_argument("next", self.base_url), self.base_url)

    def enter(self, outcome: LoggedIn) -> str:
        """Set the session cookie, and say where to go."""
        set_session_cookie(self, outcome.session_id)
        if outcome.stage is Stage.FULL:
            set_device_cookie(self, outcome.email)
        if outcome.stage is Stage.SECOND_FACTOR:
            return self.step("login/totp")
        return self.next

    def step(self, path: str) -> str:
        """Address of a step of the log-in, which keeps where to go after it."""
        return f"{self.base_url}{path}?next={tornado.escape.url_escape(self.next)}"

    async def ask(self, act: Callable[..., LoggedIn], *arguments: Any, **options: Any) -> LoggedIn:
        """Try to log in, from this address."""
        outcome: LoggedIn = await self.run(act, self.database, *arguments, address=self.address, **options)
        return outcome

    async def half_way(self) -> User | None:
        """Whoever has shown the password alone so far."""
        found: User | None = await self.run(self._half_way)
        return found

    def _half_way(self) -> User | None:
        with self.database.reading() as db:
            session = sessions.find(db, session_cookie(self), stage=Stage.SECOND_FACTOR)
            return None if session is None else session.user

    def refuse(self, error: LoginRefused) -> None:
        """Set the status of a log-in that was refused."""
        self.set_status(HTTPStatus.TOO_MANY_REQUESTS if error.wait_s else HTTPStatus.UNAUTHORIZED)
        if error.wait_s:
            self.set_header("Retry-After", str(int(error.wait_s) + 1))


class LoginHandler(_Public):
    """E-mail and password."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form, or go on if that is done."""
        chosen = self.get_argument("language", "")
        if chosen in language.LANGUAGES:
            self.keep_language(chosen)
            language.speak_here(chosen)
        if self.current_user is not None:
            self.redirect(self.next)
            return
        is_over = bool(session_cookie(self)) and await self.half_way() is None
        self._form(notice=_("Your session is over. Log in to go on where you were.") if is_over else "")

    @allow_unauthenticated
    async def post(self) -> None:
        """Look at what was typed."""
        email = self.get_body_argument("email", "")
        try:
            outcome = await self.ask(
                login.with_password,
                email,
                self.get_body_argument("password", "", strip=False),
                agent=self.agent,
                device=known_device(self, email),
            )
        except LoginRefused as error:
            self.refuse(error)
            self._form(email, str(error), self.get_status())
            return
        self.redirect(self.enter(outcome))

    def _form(
        self, email: str = "", wrong: str = "", status: int = HTTPStatus.OK, *, notice: str = ""
    ) -> None:
        message = _("Your password is changed. Log in with it.") if self.get_argument("changed", "") else ""
        self.show(
            "login.html.j2",
            status,
            email=email,
            wrong=wrong,
            message=message,
            notice=notice,
            next=self.next,
            languages=language.LANGUAGES,
        )


class SecondStepHandler(_Public):
    """A one-time code, or a recovery code, after the password."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form to whoever has given the password."""
        await self._form()

    @allow_unauthenticated
    async def post(self) -> None:
        """Look at the code."""
        user = await self.half_way()
        try:
            outcome = await self.ask(
                login.with_second_factor,
                session_cookie(self),
                self.get_body_argument("code", ""),
                self.vault,
                device=known_device(self, user.email) if user else None,
            )
        except LoginRefused as error:
            self.refuse(error)
            await self._form(str(error), self.get_status())
            return
        if outcome.is_recovery:
            self.tell_of_change(outcome.user_id, Event.RECOVERY_CODE_USED)
        self.redirect(self.enter(outcome))

    async def _form(self, wrong: str = "", status: int = HTTPStatus.OK) -> None:
        offered = await self.run(self._offered)
        if offered is None:
            self.redirect(self.step("login"))
            return
        has_codes, has_passkeys = offered
        self.show(
            "totp.html.j2",
            status,
            wrong=wrong,
            next=self.next,
            has_codes=has_codes,
            has_passkeys=has_passkeys,
        )

    def _offered(self) -> tuple[bool, bool] | None:
        """Whether codes and passkeys are asked for; None for those without a password."""
        with self.database.reading() as db:
            session = sessions.find(db, session_cookie(self), stage=Stage.SECOND_FACTOR)
            if session is None:
                return None
            return session.user.totp_enabled_at is not None, passkeys.count_of(db, session.user_id) > 0


class PasskeyHandler(_Public):
    """A passkey, instead of the password or after it: options are asked for, then a signature given."""

    @allow_unauthenticated
    async def post(self, step: str) -> None:
        """Answer a script of the page."""
        half_way = await self.half_way()
        try:
            if step == "options":
                ceremony = await self.run(self._options, half_way)
                self.finish({"challenge": ceremony.challenge_id, "options": ceremony.options})
                return
            body = json_object(self.request.body)
            outcome = await self.ask(
                login.with_passkey,
                str(body["challenge"]),
                body["credential"],
                rp_id=self.site.host_name,
                origin=self.site.address,
                session_id=session_cookie(self) if half_way else None,
                agent=self.agent,
            )
        except LoginRefused as error:
            self.refuse(error)
            self.finish({"wrong": str(error)})
        except (KeyError, TypeError, ValueError):
            self.set_status(HTTPStatus.BAD_REQUEST)
            self.finish({"wrong": str(passkeys.refused())})
        else:
            self.finish({"next": self.enter(outcome)})

    def _options(self, user: User | None) -> passkeys.Ceremony:
        device = known_device(self)
        kind = "challenge-known" if device else "challenge-address"
        own = [throttle.device(device, "challenge-device")] if device else []
        with self.database.writing() as db:
            wait_s = throttle.attempt(db, *own, throttle.address(self.address, kind))
        tries.refuse_if_too_often(wait_s)
        with self.database.writing() as db:
            return passkeys.authentication_options(db, rp_id=self.site.host_name, user=user)


class LogoutHandler(PortalHandler):
    """The end of a session, and of every page and kernel of it."""

    @allow_unauthenticated
    def get(self) -> None:
        """Ask before: a link on another site must not log anybody out."""
        if self.current_user is None:
            self.redirect(f"{self.base_url}login")
            return
        self.show("logout.html.j2")

    @allow_unauthenticated
    async def post(self) -> None:
        """End the session."""
        ended = await self.run(login.log_out, self.database, session_cookie(self), address=self.address)
        clear_session_cookie(self)
        if ended:
            await self.kernels.end_of_login(ended)
        self.redirect(f"{self.base_url}login")

    def is_allowed(self) -> bool:
        """Let those log out too whose session is over already."""
        return True


class ForgotHandler(_Public):
    """A link to choose a new password, by mail; the answer is the same for every address."""

    @allow_unauthenticated
    def get(self) -> None:
        """Show the form."""
        self.show("forgot.html.j2", email="", sent=False)

    @allow_unauthenticated
    async def post(self) -> None:
        """Answer at once; whether there is such a user shows in nothing, nor in the time it takes."""
        email = self.get_body_argument("email", "")
        try:
            device = known_device(self, email)
            await self.run(credentials.ask_reset, self.database, email, address=self.address, device=device)
        except LoginRefused as error:
            self.refuse(error)
            self.show("forgot.html.j2", self.get_status(), email=email, sent=False, wrong=str(error))
            return
        self.errand(self.post_office.answer_reset, email, self.address)
        self.show("forgot.html.j2", email=email, sent=True)


class ChoosePasswordHandler(_Public):
    """A new password, for whoever has the link."""

    def initialize(self, purpose: Purpose) -> None:
        """Take what the link must be good for."""
        self.purpose = purpose

    @allow_unauthenticated
    async def get(self, token: str) -> None:
        """Show the form, or say that the link is used up."""
        await self._form(token)

    @allow_unauthenticated
    async def post(self, token: str) -> None:
        """Change the password, and end every session that stood on the old one."""
        password = self.get_body_argument("password", "", strip=False)
        if password != self.get_body_argument("again", "", strip=False):
            await self._form(token, {"again": _("These are not the same.")})
            return
        try:
            changed = await self.run(
                credentials.reset_password,
                self.database,
                token,
                password,
                purpose=self.purpose,
                address=self.address,
            )
        except BadField as error:
            await self._form(token, {error.field: str(error)})
            return
        except NotThere:
            await self._form("")
            return
        if self.purpose is Purpose.RESET:
            self.tell_of_change(changed.user_id, Event.PASSWORD_RESET)
        for session in changed.ended:
            await self.kernels.end_of_login(session)
        self.redirect(f"{self.base_url}login?changed=1")

    async def _form(self, token: str, faults: dict[str, str] | None = None) -> None:
        email = await self.run(self._email, token)
        if not email:
            self.note_refusal(Event.LINK_REFUSED, purpose=self.purpose.value)
        # The address of the page is a secret: what it loads is told the host alone. Not no-referrer, with
        # which a form has no origin, and what has none is not taken.
        self.set_header("Referrer-Policy", "strict-origin")
        self.show(
            "choose_password.html.j2",
            HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK if email else HTTPStatus.GONE,
            email=email,
            faults=faults or {},
        )

    def _email(self, token: str) -> str:
        with self.database.reading() as db, suppress(NotThere):
            return verification.peek(db, token, self.purpose).email
        return ""


ROUTES: Final[list[tuple[Any, ...]]] = [
    ("/login", LoginHandler),
    ("/login/totp", SecondStepHandler),
    (r"/login/passkey/(?P<step>options|answer)", PasskeyHandler),
    (site_map.LOG_OUT.route, LogoutHandler),
    ("/forgot", ForgotHandler),
    (f"/reset/{_LINK}", ChoosePasswordHandler, {"purpose": Purpose.RESET}),
    (f"/invitation/{_LINK}", ChoosePasswordHandler, {"purpose": Purpose.INVITATION}),
]
