"""Map of the portal: each place with its title, who may go there, and where a way to it is shown.

Routes, the navigation, the user menu and the pages' links are made of it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from cxreports.language import _, marked

if TYPE_CHECKING:
    from cxreports.visitor import Visitor


class Access(StrEnum):
    """Who may use a route."""

    PUBLIC = "public"
    """Anybody."""

    PERSON = "person"
    """Whoever has logged in."""

    CUSTOMER = "customer"
    """The users of a company."""

    OPERATOR = "operator"
    """Operators."""

    OWNER = "owner"
    """The login that a kernel was started for."""


Shown = Literal["nav", "menu", "account", "links"]
"""Navigation of every form page, user menu, side of the account's pages, links of the operator's page."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place that people go to.

    Attributes
    ----------
    path
        Below the portal's base, with an anchor where it is a part of a page; empty for the dashboard.
    text
        Title in English.
    access
        Who may go there.
    icon
        In the user menu: ``company``, ``person``, ``key``, ``language``, ``leave``, or empty for none.
    kind
        ``link``, or ``post`` for what changes something.
    nav, menu, account, links
        Rank among the ways that are shown there, see `Shown`; 0: it is not shown there.
    """

    path: str
    text: str
    access: Access = Access.PERSON
    icon: str = ""
    kind: Literal["link", "post"] = "link"
    nav: int = 0
    menu: int = 0
    account: int = 0
    links: int = 0

    @property
    def title(self) -> str:
        """Title in the reader's language."""
        return _(self.text)

    @property
    def url(self) -> str:
        """Address relative to the portal's base."""
        return self.path or "./"

    @property
    def route(self) -> str:
        """Path as routes are written."""
        return f"/{self.path}"


_CUSTOMER, _OPERATOR = Access.CUSTOMER, Access.OPERATOR

DASHBOARD: Final = Place(path="", text=marked("Dashboard"), nav=1, links=1)
CALL_RECORDS: Final = Place(path="cdr", text=marked("Call records"), nav=2, links=2)
VIEWS: Final = Place(path="views", text=marked("Saved views"))
OPERATOR: Final = Place(path="operator", text=marked("Operator"), access=_OPERATOR, nav=3, menu=5)
COMPANIES: Final = Place(
    path="operator/companies", text=marked("Companies"), access=_OPERATOR, nav=4, links=3
)
USERS: Final = Place(path="operator/users", text=marked("Users"), access=_OPERATOR, nav=5, links=4)
ALL_NUMBERS: Final = Place(path="operator/numbers", text=marked("Numbers"), access=_OPERATOR, nav=6, links=5)
ALL_PAYMENTS: Final = Place(
    path="operator/payments", text=marked("Payments"), access=_OPERATOR, nav=7, links=6
)
REVIEW: Final = Place(path="operator/review", text=marked("Review"), access=_OPERATOR, nav=8, links=7)
NUMBERS: Final = Place(path="numbers", text=marked("Numbers"), access=_CUSTOMER, nav=6, menu=6)
PAYMENTS: Final = Place(path="payments", text=marked("Payments"), access=_CUSTOMER, nav=7, menu=7)
COMPANY_PROFILE: Final = Place(
    path="profile#company", text=marked("Company Profile"), access=_CUSTOMER, icon="company", menu=1
)
PROFILE: Final = Place(path="profile", text=marked("Profile"), icon="person", nav=9, menu=2, account=1)
PASSWORD: Final = Place(
    path="profile/password", text=marked("Change Password"), icon="key", menu=3, account=2
)
LANGUAGE: Final = Place(path="profile#language", text=marked("Language"), icon="language", menu=4)
TWO_FACTOR: Final = Place(path="profile/two-factor", text=marked("Two-factor authentication"), account=3)
PASSKEYS: Final = Place(path="profile/passkeys", text=marked("Passkeys"), account=4)
SESSIONS: Final = Place(path="profile/sessions", text=marked("Sessions"), account=5)
ACTIVITY: Final = Place(path="profile/log", text=marked("Activity"), account=6)
LOG_OUT: Final = Place(path="logout", text=marked("Log Out"), icon="leave", kind="post", menu=9)

PLACES: Final = tuple(place for place in list(globals().values()) if isinstance(place, Place))
"""All of them."""


def places(visitor: "Visitor", shown: Shown) -> list[Place]:
    """Places that a visitor may go to and that are shown somewhere, in their order there."""
    kind = Access.OPERATOR if visitor.is_operator else Access.CUSTOMER
    ranked = [place for place in PLACES if getattr(place, shown) and place.access in {Access.PERSON, kind}]
    return sorted(ranked, key=lambda place: int(getattr(place, shown)))
