"""The person who looks at a page: their name and their menu.

Pages know the `Person` alone; `cxreports.pages.visit` says who it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True)
class MenuItem:
    """A line of the user menu.

    Attributes
    ----------
    label
        What it says: ``Log Out``.
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


class Person(Protocol):
    """What pages show of the person."""

    @property
    def name(self) -> str:
        """How they are called."""

    @property
    def menu(self) -> tuple[MenuItem, ...]:
        """Their menu; empty hides it."""


@dataclass(frozen=True)
class Named:
    """Somebody with a name and a menu; without either, nobody: no menu shows."""

    name: str = ""
    menu: tuple[MenuItem, ...] = ()
