"""The user menu in the top bar: who has logged in, and where they can go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cxreports.portal import site_map
from cxreports.visitor import current

if TYPE_CHECKING:
    from cxreports.visitor import Visitor


@dataclass(frozen=True)
class MenuItem:
    """A line of the user menu.

    Attributes
    ----------
    label
        ``Log Out``.
    url
        Where it leads, on this host or elsewhere.
    icon
        ``company``, ``person``, ``key``, ``language``, ``leave``, or empty for none.
    kind
        ``link``, or ``post`` for what changes something: sent as a form with the cookie's XSRF token.
    """

    label: str
    url: str
    icon: str = ""
    kind: Literal["link", "post"] = "link"


@dataclass(frozen=True)
class UserMenu:
    """Name and menu of the person who looks at a page; without items no menu shows."""

    name: str = ""
    items: tuple[MenuItem, ...] = ()


def user_menu() -> UserMenu:
    """Menu of the person that this page's process works for; an empty one outside a portal."""
    visitor = current()
    return UserMenu() if visitor is None else menu_of(visitor)


def menu_of(visitor: Visitor) -> UserMenu:
    """Menu of a person who has logged in."""
    places = site_map.places(visitor, "menu")
    items = tuple(MenuItem(place.title, place.path, place.icon, place.kind) for place in places)
    return UserMenu(visitor.name, items)
