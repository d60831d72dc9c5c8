"""Saved views: a page's choices under a name, of one's own or shared within the company.

Choices are texts by name, as the pages' addresses have them; pages leave out what they do not know. A
view of another company is never seen: operators share among operators.
"""

import unicodedata
from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from cxreports.errors import AlreadyThere, BadField, NotThere
from cxreports.language import _
from cxreports.portal.actor import Actor
from cxreports.portal.audit import Event
from cxreports.portal.database import now
from cxreports.portal.tables import SavedView, User

PAGES: Final = ("dashboard", "cdr")
"""Pages whose choices can be saved."""

LONGEST: Final[Mapping[str, int]] = {
    "customer": 128, "zone": 64, "period": 16, "from": 40, "to": 40,
    "compare": 1, "tab": 16, "widgets": 1_000, "number": 200, "sip": 8, "direction": 16, "destination": 200,
    "connected": 1, "sort": 64, "order": 8, "size": 8,
}  # fmt: skip
"""Choices that a view keeps, and how many characters each may have."""

LONGEST_NAME: Final = 80
MOST_VIEWS: Final = 100
"""Views that a person may have."""


def listed(db: Session, user: User) -> list[SavedView]:
    """A user's own views, and those that others of the same company share, by name."""
    shared = SavedView.is_shared & _of_company(user)
    found = db.scalars(select(SavedView).where(or_(SavedView.user_id == user.id, shared)))
    return sorted(found, key=lambda view: (view.name_key, view.id))


def save(
    db: Session, user: User, name: str, page: str, choices: Mapping[str, str], *, shared: bool, by: Actor
) -> SavedView:
    """Keep choices of a page under a name.

    Parameters
    ----------
    page
        Out of `PAGES`.
    choices
        Those that `LONGEST` does not name are left out.
    shared
        Whether the others of the company see it too.

    Raises
    ------
    BadField
        The name is none, or a choice is no text of one.
    AlreadyThere
        The user has a view of this name, or one that is shared in the company has it.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadField(
            "name", _("A view needs a name of at most {most} characters.").format(most=LONGEST_NAME)
        )
    if page not in PAGES:
        raise BadField("name", _("The choices of this page cannot be saved."))
    kept = {key: text for key, text in choices.items() if key in LONGEST and text}
    if any(len(text) > LONGEST[key] or not text.isprintable() for key, text in kept.items()):
        raise BadField("name", _("These choices cannot be saved."))
    own = select(func.count()).select_from(SavedView).where(SavedView.user_id == user.id)
    if (db.scalar(own) or 0) >= MOST_VIEWS:
        raise BadField("name", _("You have {most} views: delete one first.").format(most=MOST_VIEWS))
    _check_name(db, user, name, shared=shared)
    view = SavedView(
        user_id=user.id,
        company_id=user.company_id,
        name=name,
        name_key=_key(name),
        page=page,
        choices=kept,
        is_shared=shared,
        created_at=now(),
    )
    db.add(view)
    by.did(db, Event.VIEW_SAVED, company_id=user.company_id, name=name, shared=shared)
    db.flush()
    return view


def share(db: Session, user: User, view_id: int, *, shared: bool, by: Actor) -> SavedView:
    """Show one's own view to the others of the company, or no longer.

    Raises
    ------
    NotThere
        The user has no such view.
    AlreadyThere
        Another shared view of the company has its name.
    """
    view = own_view(db, user, view_id)
    if shared and not view.is_shared:
        _check_name(db, user, view.name, shared=True, but=view.id)
    view.is_shared = shared
    event = Event.VIEW_SHARED if shared else Event.VIEW_UNSHARED
    by.did(db, event, company_id=user.company_id, name=view.name)
    db.flush()
    return view


def delete(db: Session, user: User, view_id: int, *, by: Actor) -> str:
    """Delete one's own view; give its name.

    Raises
    ------
    NotThere
        The user has no such view.
    """
    view = own_view(db, user, view_id)
    db.delete(view)
    by.did(db, Event.VIEW_DELETED, company_id=user.company_id, name=view.name)
    db.flush()
    return view.name


def own_view(db: Session, user: User, view_id: int) -> SavedView:
    """A view of the user's own.

    Raises
    ------
    NotThere
        The user has no such view, whoever else has.
    """
    view = db.get(SavedView, view_id)
    if view is None or view.user_id != user.id:
        raise NotThere(_("There is no such view."))
    return view


def _check_name(db: Session, user: User, name: str, *, shared: bool, but: int | None = None) -> None:
    same = select(SavedView).where(SavedView.name_key == _key(name), SavedView.id != (but or 0))
    for view in db.scalars(same.where(or_(SavedView.user_id == user.id, _of_company(user)))):
        if view.user_id == user.id:
            raise AlreadyThere(_("You have a view “{name}” already.").format(name=view.name))
        if shared and view.is_shared:
            raise AlreadyThere(_("A view “{name}” is shared already.").format(name=view.name))


def _of_company(user: User) -> ColumnElement[bool]:
    if user.company_id is None:
        return SavedView.company_id.is_(None)
    return SavedView.company_id == user.company_id


def _key(name: str) -> str:
    """Fold a name: one that is written otherwise is the same."""
    return unicodedata.normalize("NFKC", name).casefold()
