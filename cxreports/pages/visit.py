"""The visit that a page serves: who looks, what they prefer, what their address asked for, what they export.

Inside a portal it is what the server bound the kernel to; elsewhere nobody looks, and nothing is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxreports.pages.choices import AddressOnly, opened
from cxreports.pages.person import MenuItem, Named
from cxreports.portal import site_map
from cxreports.portal.actor import Actor
from cxreports.portal.audit import Event
from cxreports.portal.database import database_of
from cxreports.portal.people import preferences
from cxreports.visitor import current

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cxreports.pages.choices import Preferences
    from cxreports.pages.person import Person
    from cxreports.pages.view import View
    from cxreports.widgets.part import Part


@dataclass(frozen=True)
class VisitorsPreferences:
    """The preferences of the visitor, kept in the portal's database."""

    home: Path
    user_id: int

    def load(self) -> Mapping[str, str]:
        """Give what the visitor has chosen, on whichever device."""
        with database_of(self.home).reading() as db:
            return preferences.load(db, self.user_id)

    def save(self, changed: Mapping[str, str]) -> None:
        """Keep what the visitor has just chosen."""
        with database_of(self.home).writing() as db:
            preferences.save(db, self.user_id, changed)


def whoever() -> Person:
    """Give who looks at this page, with their menu."""
    visitor = current()
    if visitor is None:
        return Named()
    menu = site_map.places(visitor, "menu")
    return Named(
        visitor.name, tuple(MenuItem(place.title, place.path, place.icon, place.kind) for place in menu)
    )


def kept(home: Path) -> Preferences:
    """Give where the preferences of whoever looks at this page are kept."""
    visitor = current()
    return AddressOnly() if visitor is None else VisitorsPreferences(home, visitor.user_id)


def first_view(view: View, chosen: Preferences) -> View:
    """Give the view that a page begins with: what the visitor's address and preferences say already."""
    visitor = current()
    return view if visitor is None else opened(view, dict(visitor.wishes), chosen.load())


def tell_exports(home: Path, what: str, *parts: Part) -> None:
    """Record in the audit log what the visitor exports from widgets of a page."""
    visitor = current()
    if visitor is None:
        return
    actor = Actor(visitor.email, visitor.user_id, visitor.address)

    def said(_widget: Any, content: Mapping[str, Any], _buffers: Any) -> None:
        asked = content.get("export", {}).get("form") or content.get("download")
        form = asked or ("csv" if content.get("ask") == "csv" else "")
        if not form:
            return
        with database_of(home).writing() as db:
            actor.did(db, Event.EXPORTED, company_id=visitor.customer, what=what, form=str(form)[:20])

    for part in parts:
        part.on_msg(said)
