"""One's own log-ins: the browsers that are logged in now, and what was done with the account."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from cxreports.errors import NotThere
from cxreports.language import _
from cxreports.portal import audit, audit_text, site_map
from cxreports.portal.companies import companies
from cxreports.portal.people import login, sessions
from cxreports.portal.post import browsers
from cxreports.web.forms.profile import AccountHandler
from cxreports.web.forms.question import Question
from cxreports.web.identity import clear_session_cookie

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cxreports.portal.tables import AuditEntry, Company, LoginSession

ROWS: Final = 50
"""Entries on a page of the log."""

_MOST_PAGES: Final = 200


@dataclass(frozen=True)
class Login:
    """A browser that is logged in.

    Attributes
    ----------
    id
        Hash of the session, by which it is ended.
    browser
        In plain words.
    is_this
        Whether it is the one that asks.
    """

    id: str
    browser: str
    address: str
    since: datetime
    seen: datetime
    is_this: bool

    @classmethod
    def of(cls, session: LoginSession, here: str) -> Login:
        """Tell of a session, seen from the one of a hash."""
        return cls(
            session.id_hash,
            browsers.plain(session.agent),
            session.address,
            session.created_at,
            session.seen_at,
            session.id_hash == here,
        )


class SessionsHandler(AccountHandler):
    """The browsers that are logged in."""

    template = "sessions.html.j2"
    path = "profile/sessions"

    def done(self) -> Mapping[str, str]:
        """What the page says after a change."""
        return {
            "end": _("That browser is logged out."),
            "end-others": _("Everywhere else you are logged out."),
        }

    def facts(self, db: Session, session: LoginSession) -> dict[str, Any]:
        """List them, this one first."""
        found = [Login.of(each, session.id_hash) for each in sessions.of_user(db, session.user_id)]
        return {"listed": sorted(found, key=lambda each: not each.is_this)}


class EndSessionsHandler(SessionsHandler):
    """The end of one of them, of all others, or of all."""

    def question(self) -> Question:
        """What is asked before they end."""
        with self.database.reading() as db:
            here = self.session_in(db)
            every = sessions.of_user(db, here.user_id)
        text = _("Pages that are open there stop at once.")
        match self.path_kwargs["which"]:
            case "end":
                chosen = self.get_body_argument("session", "")
                ended = next((each for each in every if each.id_hash == chosen), None)
                if ended is None:
                    raise NotThere(_("That browser is logged out."))
                browser = browsers.plain(ended.agent)
                where = _("It is logged in from {address}.").format(address=ended.address)
                return Question(
                    _("Log out {browser}").format(browser=browser),
                    f"{where} {text}",
                    _("Leave it logged in"),
                )
            case "end-others":
                return Question(_("Log out everywhere but here"), text, _("Stay logged in everywhere"))
            case _:
                back = _("You can log in again at once.")
                return Question(
                    _("Log out everywhere, here too"), f"{text} {back}", _("Stay logged in everywhere")
                )

    async def post(self, which: str) -> None:
        """End them, and the pages that are open there."""
        session = await self.session()
        chosen: dict[str, dict[str, str]] = {
            "end": {"only": self.get_body_argument("session", "")},
            "end-others": {"but": session.id_hash},
            "end-all": {},
        }
        ended = await self.run(
            login.end_sessions, self.database, session.user, address=self.address, **chosen[which]
        )
        for each in ended:
            await self.kernels.end_of_login(each)
        if session.id_hash in ended:
            clear_session_cookie(self)
            self.redirect(f"{self.base_url}login", status=HTTPStatus.SEE_OTHER)
        else:
            self.back(which)


@dataclass(frozen=True)
class Line:
    """An entry of the log, in words."""

    at: datetime
    title: str
    detail: str
    address: str
    is_failure: bool

    @classmethod
    def of(cls, entry: AuditEntry, every: dict[str, Company]) -> Line:
        """Put an entry in words."""
        return cls(
            entry.at,
            audit_text.title(entry.event),
            audit_text.detail(entry, every),
            entry.address,
            entry.event == audit.Event.LOGIN_FAILED,
        )


class LogHandler(AccountHandler):
    """What was done with the account, the newest first."""

    template = "log.html.j2"
    path = "profile/log"

    def facts(self, db: Session, session: LoginSession) -> dict[str, Any]:
        """Look a page of it up."""
        number = min(self.page_number, _MOST_PAGES)
        found = audit.entries(db, user_id=session.user_id, limit=number * ROWS + 1)
        within = session.user.company_id
        every = {each.id: each for each in companies.all_companies(db) if within in {None, each.id}}
        return {
            "listed": [Line.of(each, every) for each in found[(number - 1) * ROWS : number * ROWS]],
            "number": number,
            "has_older": len(found) > number * ROWS and number < _MOST_PAGES,
        }


ROUTES: Final[list[tuple[Any, ...]]] = [
    (site_map.SESSIONS.route, SessionsHandler),
    (r"/profile/sessions/(?P<which>end|end-others|end-all)", EndSessionsHandler),
    (site_map.ACTIVITY.route, LogHandler),
]
