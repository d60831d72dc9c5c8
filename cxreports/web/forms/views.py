"""Saved views: open one, save what a page shows under a name, share it with the company, delete it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from cxreports.language import _
from cxreports.portal import site_map
from cxreports.portal.people import saved_views
from cxreports.web.forms.form import Fault
from cxreports.web.forms.profile import AccountHandler
from cxreports.web.forms.question import Question
from cxreports.web.sent import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from cxreports.portal.tables import LoginSession, SavedView

PLACES: Final = {"dashboard": site_map.DASHBOARD, "cdr": site_map.CALL_RECORDS}
"""Place of each page whose choices can be saved."""

_LONGEST_QUERY: Final = 4_000


@dataclass(frozen=True)
class Shown:
    """A saved view as the list has it."""

    id: int
    name: str
    page: str
    address: str
    is_own: bool
    is_shared: bool

    @classmethod
    def of(cls, view: SavedView, user_id: int) -> Shown:
        """Say where it leads to, and whose it is."""
        place = PLACES[view.page]
        address = f"{place.path}?{urlencode(view.choices)}"
        return cls(view.id, view.name, place.title, address, view.user_id == user_id, view.is_shared)


class ViewsHandler(AccountHandler):
    """The list of views, and the form that saves what a page shows.

    A page leads here with its name as ``page`` and its address's choices beside it.
    """

    template = "views.html.j2"
    path = site_map.VIEWS.path

    def done(self) -> Mapping[str, str]:
        """What the page says after a change."""
        return {
            "save": _("The view is saved."),
            "share": _("The view is shared."),
            "unshare": _("The view is no longer shared."),
            "delete": _("The view is deleted."),
        }

    def facts(self, db: Session, session: LoginSession) -> dict[str, Any]:
        """List the views; with what is to be saved."""
        return {
            "views": [Shown.of(each, session.user_id) for each in saved_views.listed(db, session.user)],
            "place": PLACES.get(self.get_argument("from_page", "")),
            "from_page": self.get_argument("from_page", ""),
            "choices": self._choices(),
        }

    def _choices(self) -> str:
        """Choices to be saved: of the form that was sent, else of the address."""
        if sent := self.get_body_argument("choices", ""):
            return sent[:_LONGEST_QUERY]
        names = self.request.query_arguments.keys() & saved_views.LONGEST.keys()
        return urlencode({name: self.get_query_argument(name) for name in sorted(names)})[:_LONGEST_QUERY]

    def question(self) -> Question | None:
        """What is asked before a view is deleted."""
        if self.get_body_argument("act", "") != "delete":
            return None
        with self.database.reading() as db:
            view_id = whole_number(self.get_body_argument("view", "")) or 0
            view = saved_views.own_view(db, self.session_in(db).user, view_id)
        shared = _("Others of your company will not find it any more.")
        return Question(
            _("Delete the view “{name}”").format(name=view.name),
            shared if view.is_shared else _("Nobody else sees it."),
            _("Keep it"),
        )

    async def post(self) -> None:
        """Save, share or delete a view."""
        act = self.get_body_argument("act", "")
        if act not in self.done():
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        typed = {"name": self.get_body_argument("name", "")}
        at = "name" if act == "save" else ""
        done = await self.attempted(self.run(self._change, act), act=act, typed=typed, at=at)
        if isinstance(done, Fault):
            await self.page(done)
        else:
            self.back(act)

    def _change(self, act: str) -> None:
        view_id = whole_number(self.get_body_argument("view", "")) or 0
        with self.database.writing() as db:
            user = self.session_in(db).user
            if act == "save":
                page, name = self.get_body_argument("from_page", ""), self.get_body_argument("name", "")
                choices = dict(parse_qsl(self._choices(), max_num_fields=100))
                shared = self.get_body_argument("shared", "") == "1"
                saved_views.save(db, user, name, page, choices, shared=shared, by=self.actor)
            elif act == "delete":
                saved_views.delete(db, user, view_id, by=self.actor)
            else:
                saved_views.share(db, user, view_id, shared=act == "share", by=self.actor)


ROUTES: Final[list[tuple[Any, ...]]] = [(site_map.VIEWS.route, ViewsHandler)]
