"""The operator's page of users: who may log in, invitations, and help for those who cannot get in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from cxreports.errors import BadField, NotSent, NotThere
from cxreports.language import _
from cxreports.portal import site_map
from cxreports.portal.audit import Event
from cxreports.portal.companies import companies
from cxreports.portal.people import throttle, users
from cxreports.portal.site_map import Access
from cxreports.portal.tables import Role, User
from cxreports.web.forms.form import NO_FAULT, Fault, FormPage, Paged
from cxreports.web.sent import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from cxreports.portal.tables import Company


@dataclass(frozen=True)
class Line:
    """A user in the list.

    Attributes
    ----------
    waits
        Whether further tries to log in have to wait.
    """

    user: User
    waits: bool


class UsersHandler(FormPage):
    """The users of a company, or of all."""

    access = Access.OPERATOR
    needs_recent = True
    acts: ClassVar[Mapping[str, str]] = {
        "invite": "email",
        "send": "",
        "disable": "",
        "enable": "",
        "unlock": "",
    }

    async def get(self) -> None:
        """List them."""
        await self._page(NO_FAULT)

    async def post(self) -> None:
        """Invite somebody, or do something for a user."""
        done = await self.attempt(self._invite if self.act == "invite" else self._help)
        if isinstance(done, Fault):
            await self._page(done)
            return
        for session in done:
            await self.kernels.end_of_login(session)
        kept = {name: self.get_query_argument(name, "") for name in ("company", "q", "page")}
        self.go("operator/users", done=self.act, **kept)

    async def _page(self, fault: Fault) -> None:
        company, sought = self.get_query_argument("company", ""), self.get_query_argument("q", "")
        paged, every = await self.look(self._read, company, sought)
        self.show(
            "users.html.j2",
            paged=paged,
            company_options=[("", "\N{EN DASH}"), *((each.id, each.name) for each in every)],
            company=next((each for each in every if each.id == company), None),
            sought=sought,
            fault=fault,
            message=self._message() if fault is NO_FAULT else "",
        )

    def _message(self) -> str:
        return {
            "invite": _("The invitation is on its way."),
            "send": _("The link is on its way."),
            "disable": _("The user is disabled and logged out everywhere."),
            "enable": _("The user may log in again."),
            "unlock": _("The user may try to log in at once."),
        }.get(self.get_query_argument("done", ""), "")

    def _read(self, company: str, sought: str) -> tuple[Paged[Line], list[Company]]:
        with self.database.reading() as db:
            every = companies.like(db, "")
            if company:
                companies.get(db, company)
            members = users.of_company(db, company) if company else users.all_users(db)
            wanted = sought.strip().casefold()
            found = [each for each in members if wanted in f"{each.name} {each.email}".casefold()]
            paged = Paged.of(found, self.page_number)
            lines: Sequence[Line] = [Line(each, _waits(db, each)) for each in paged.rows]
            return Paged(lines, paged.number, paged.has_more, paged.total), every

    def _invite(self) -> list[str]:
        typed = self.typed()
        role = Role.OPERATOR if typed.get("role") == Role.OPERATOR else Role.CUSTOMER
        company = typed.get("company", "") if role is Role.CUSTOMER else ""
        try:
            self.post_office.invite(
                typed.get("email", ""),
                typed.get("name", ""),
                role=role,
                company_id=company or None,
                by=self.actor,
            )
        except NotSent as error:
            raise BadField("email", _("The user is added, but: {error}").format(error=error)) from error
        return []

    def _help(self) -> list[str]:
        """Do something for a user; give the hashes of the sessions that this ended."""
        with self.database.reading() as db:
            user = _user(db, self.get_body_argument("user", ""))
        if self.act == "send":
            if user.password_hash is None:
                self.post_office.invite(
                    user.email, user.name, role=user.role, company_id=user.company_id, by=self.actor
                )
            else:
                self.post_office.send_reset(user, by=self.actor)
            return []
        with self.database.writing() as db:
            match self.act:
                case "disable":
                    if user.id == self.visitor.user_id:
                        raise BadField("user", _("You cannot disable yourself."))
                    return users.disable(db, user, by=self.actor)
                case "enable":
                    users.enable(db, user, by=self.actor)
                case _:
                    throttle.succeeded(db, *_keys(user))
                    self.actor.did(
                        db, Event.USER_CHANGED, company_id=user.company_id, user=user.email, unlocked=True
                    )
        return []


def _user(db: Session, typed: str) -> User:
    number = whole_number(typed)
    found = None if number is None else db.get(User, number)
    if found is None:
        raise NotThere(_("There is no such user."))
    return found


def _keys(user: User) -> tuple[str, str]:
    return throttle.account(user.email), throttle.second_factor(user.id)


def _waits(db: Session, user: User) -> bool:
    return throttle.wait_s(db, *_keys(user)) > 0


ROUTES: Final[list[tuple[Any, ...]]] = [(site_map.USERS.route, UsersHandler)]
