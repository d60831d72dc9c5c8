"""What one logs in with: the password, the second factor, passkeys."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import segno
from markupsafe import Markup

from cxreports.errors import BadField, LoginRefused, PortalError
from cxreports.language import _
from cxreports.portal import audit, site_map
from cxreports.portal.audit import Event
from cxreports.portal.people import credentials, passkeys, second_factor, sessions
from cxreports.portal.post import browsers
from cxreports.web.forms.form import Fault
from cxreports.web.forms.profile import AccountHandler
from cxreports.web.identity import set_session_cookie
from cxreports.web.sent import json_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from cxreports.portal.tables import LoginSession, User

_GROUP: Final = 4
_QR_BORDER: Final = 2


class PasswordHandler(AccountHandler):
    """Another password, by whoever knows the present one."""

    template = "password.html.j2"
    path = "profile/password"

    async def post(self) -> None:
        """Change it, and end every other log-in and the pages that are open there."""
        new = self.typed_password()
        if new != self.get_body_argument("again", "", strip=False):
            await self.page(Fault(faults={"again": _("These are not the same.")}))
            return
        changed = await self.attempted(self._change(new), at="current")
        if isinstance(changed, Fault):
            await self.page(changed)
            return
        set_session_cookie(self, changed.session_id)
        self.tell_of_change(changed.user_id, Event.PASSWORD_CHANGED)
        for session in changed.ended:
            await self.kernels.end_of_login(session)
        self.back("changed")

    async def _change(self, new: str) -> Any:
        session, current = await self.session(), self.get_body_argument("current", "", strip=False)
        return await self.run(
            credentials.change_password, self.database, session, current, new, address=self.address
        )

    def done(self) -> Mapping[str, str]:
        """What the page says after a change."""
        return {"changed": _("Your password is changed. Everywhere else you are logged out.")}


class TwoFactorHandler(AccountHandler):
    """The second factor: on or off, and how many recovery codes are left."""

    template = "two_factor.html.j2"
    path = "profile/two-factor"

    def done(self) -> Mapping[str, str]:
        """What the page says after a change."""
        return {"disabled": _("Two-factor authentication is off.")}

    def facts(self, db: Session, session: LoginSession) -> dict[str, Any]:
        """Look up the state; there is no picture to scan but while it is being turned on."""
        left = second_factor.codes_left(db, session.user_id)
        held = passkeys.count_of(db, session.user_id)
        return {"codes_left": left, "enrolment": None, "passkeys": held}

    async def show_codes(self, codes: list[str]) -> None:
        """Show recovery codes, this once."""
        self.template = "recovery_codes.html.j2"
        await self.page(codes=codes, text="\n".join([self.site.address, *codes, ""]))


class EnrolHandler(TwoFactorHandler):
    """Turning the second factor on: a secret as a picture, until a first code shows that it was taken."""

    async def post(self) -> None:
        """Make a secret."""
        done = await self.attempted(self._start(), at="password")
        if isinstance(done, Fault):
            await self.page(done)
        else:
            self.redirect(f"{self.base_url}{self.path}/begin", status=HTTPStatus.SEE_OTHER)

    async def _start(self) -> None:
        await self.run(self._begin, await self.confirmed())

    def facts(self, db: Session, session: LoginSession) -> dict[str, Any]:
        """Look up the secret that waits for its first code."""
        enrolment = None
        if sessions.is_recent(session):
            enrolment = second_factor.pending(db, session.user, self.vault)
        shown = {} if enrolment is None else {"qr": drawn(enrolment.uri), "groups": grouped(enrolment.secret)}
        return super().facts(db, session) | {"enrolment": enrolment} | shown

    def _begin(self, user: User) -> None:
        with self.database.writing() as db:
            second_factor.begin(db, user, self.vault)
            audit.of_user(db, Event.TWO_FACTOR_BEGUN, user, address=self.address)


class ConfirmHandler(EnrolHandler):
    """The first code."""

    needs_recent = True

    async def post(self) -> None:
        """Look at it; recovery codes are shown this once."""
        user, code = (await self.session()).user, self.get_body_argument("code", "")
        codes = await self.attempted(self.run(self._confirm, user, code))
        if isinstance(codes, Fault):
            await self.page(codes)
        else:
            self.tell_of_change(user.id, Event.TWO_FACTOR_ENABLED)
            await self.show_codes(codes)

    def _confirm(self, user: User, code: str) -> list[str]:
        with self.database.writing() as db:
            return second_factor.confirm(db, user, code, self.vault, address=self.address)


class RecoveryCodesHandler(TwoFactorHandler):
    """New recovery codes."""

    async def post(self) -> None:
        """Make them, and show them this once."""
        session, password = await self.session(), self.typed_password()
        user = session.user
        renew = self.run(
            credentials.renew_recovery_codes,
            self.database,
            user,
            password,
            self.vault,
            session=session.id_hash,
            address=self.address,
        )
        codes = await self.attempted(renew, act="codes", at="password")
        if isinstance(codes, Fault):
            await self.page(codes)
        else:
            self.tell_of_change(user.id, Event.RECOVERY_CODES_RENEWED)
            await self.show_codes(codes)


class DisableHandler(TwoFactorHandler):
    """Turning the second factor off."""

    async def post(self) -> None:
        """Ask for password and code, both."""
        session, password = await self.session(), self.typed_password()
        user = session.user
        disable = self.run(
            credentials.disable_second_factor,
            self.database,
            user,
            password,
            self.get_body_argument("code", ""),
            self.vault,
            session=session.id_hash,
            address=self.address,
        )
        done = await self.attempted(disable, act="disable")
        if isinstance(done, Fault):
            await self.page(done)
        else:
            self.tell_of_change(user.id, Event.TWO_FACTOR_DISABLED)
            self.back("disabled")


class PasskeysHandler(AccountHandler):
    """One's passkeys."""

    template = "passkeys.html.j2"
    path = "profile/passkeys"

    def done(self) -> Mapping[str, str]:
        """What the page says after a change."""
        return {"added": _("The passkey is added."), "removed": _("The passkey is removed.")}

    def facts(self, db: Session, session: LoginSession) -> dict[str, Any]:
        """List them."""
        return {"kept": passkeys.of_user(db, session.user_id), "browser": browsers.plain(self.agent)}


class AddPasskeyHandler(PasskeysHandler):
    """A new passkey: a script of the page asks for options, and gives what the browser made of them."""

    async def post(self, step: str) -> None:
        """Answer the script."""
        answer = await self.attempted(self._answer(step))
        if isinstance(answer, Fault):
            self.set_status(answer.status)
            answer = {"wrong": answer.wrong or next(iter(answer.faults.values()))}
        self.finish(answer)

    async def _answer(self, step: str) -> dict[str, Any]:
        try:
            body = json_object(self.request.body)
            if step == "options":
                user = await self.confirmed(str(body.get("password", "")))
                made = await self.run(self._options, user)
                return {"challenge": made.challenge_id, "options": made.options}
            user = (await self.session()).user
            await self.run(
                self._register, user, str(body["challenge"]), body["credential"], str(body.get("name", ""))
            )
            self.tell_of_change(user.id, Event.PASSKEY_ADDED)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BadField("passkey", _("This passkey could not be checked. Try again.")) from error
        return {"next": f"{self.base_url}{self.path}?done=added"}

    def _options(self, user: User) -> passkeys.Ceremony:
        with self.database.writing() as db:
            return passkeys.registration_options(db, user, rp_id=self.site.host_name)

    def _register(self, user: User, challenge_id: str, credential: dict[str, Any], name: str) -> None:
        refusal = None
        with self.database.writing() as db:
            try:
                passkeys.register(
                    db,
                    user,
                    challenge_id,
                    credential,
                    rp_id=self.site.host_name,
                    origin=self.site.address,
                    name=name,
                    address=self.address,
                )
            except PortalError as error:
                # The challenge is used up all the same.
                refusal = error
        if refusal:
            raise refusal


class RemovePasskeyHandler(PasskeysHandler):
    """The end of a passkey."""

    async def post(self) -> None:
        """Ask for the password, and remove it."""
        chosen = self.get_body_argument("passkey", "")
        done = await self.attempted(self._confirm(chosen), act=chosen, at={LoginRefused: "password"})
        if isinstance(done, Fault):
            await self.page(done)
        else:
            self.tell_of_change(self.visitor.user_id, Event.PASSKEY_REMOVED)
            self.back("removed")

    async def _confirm(self, chosen: str) -> None:
        session = await self.session()
        await self.check_password(session, self.typed_password())
        await self.run(self._remove, session.user, chosen)

    def _remove(self, user: User, credential_id: str) -> None:
        with self.database.writing() as db:
            passkeys.remove(db, user, credential_id, address=self.address)


def drawn(uri: str) -> Markup:
    """Draw a QR code as SVG that stands in the page."""
    svg = segno.make(uri, error="m", micro=False).svg_inline(
        border=_QR_BORDER, dark="#000", light="#fff", omitsize=True
    )
    return Markup(svg)  # noqa: S704 (made of squares)


def grouped(secret: str) -> str:
    """Write a secret in groups, for typing it in."""
    return " ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP))


ROUTES: Final[list[tuple[Any, ...]]] = [
    (site_map.PASSWORD.route, PasswordHandler),
    (site_map.TWO_FACTOR.route, TwoFactorHandler),
    ("/profile/two-factor/begin", EnrolHandler),
    ("/profile/two-factor/confirm", ConfirmHandler),
    ("/profile/two-factor/codes", RecoveryCodesHandler),
    ("/profile/two-factor/disable", DisableHandler),
    (site_map.PASSKEYS.route, PasskeysHandler),
    (r"/profile/passkeys/(?P<step>options|answer)", AddPasskeyHandler),
    ("/profile/passkeys/remove", RemovePasskeyHandler),
]
