"""The user menu in the top bar: who has logged in, and where they can go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cxreports.language import _
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
    if visitor is None:
        return UserMenu()
    company = () if visitor.is_operator else (MenuItem(_("Company Profile"), "profile#company", "company"),)
    return UserMenu(
        visitor.name,
        (
            *company,
            MenuItem(_("Profile"), "profile", "person"),
            MenuItem(_("Change Password"), "profile/password", "key"),
            MenuItem(_("Language"), "profile#language", "language"),
            *_places(visitor),
            MenuItem(_("Log Out"), "logout", "leave", "post"),
        ),
    )


def _places(visitor: Visitor) -> tuple[MenuItem, ...]:
    if visitor.is_operator:
        return (MenuItem(_("Operator"), "operator"),)
    return MenuItem(_("Numbers"), "numbers"), MenuItem(_("Payments"), "payments")
