"""Map of the portal: each place with its title, who may go there, and where a way to it is shown.

Routes, the navigation, the user menu and the pages' links are made of it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlencode

from cxreports.language import _, marked

if TYPE_CHECKING:
    from collections.abc import Iterable

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


Shown = Literal["nav", "tab", "menu", "account", "links"]
"""Navigation of every page, bar at a phone's thumb, user menu, side of the account's pages, links of the
operator's page."""

TABS: Final = 4
"""Places that the bar on a phone has room for; the others of the navigation are under "More"."""


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
        ``company``, ``person``, ``key``, ``language``, ``leave`` in the user menu, others in the bar on a
        phone; empty for none.
    kind
        ``link``, or ``post`` for what changes something.
    company_key
        What names the company in its address, for operators; empty where it is of no single company.
    is_apart
        Whether it stands after the line, among what operators alone have.
    nav, tab, menu, account, links
        Rank among the ways that are shown there, see `Shown`; 0: it is not shown there.
    """

    path: str
    text: str
    access: Access = Access.PERSON
    icon: str = ""
    kind: Literal["link", "post"] = "link"
    company_key: str = ""
    is_apart: bool = False
    nav: int = 0
    tab: int = 0
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

    def address(self, company: str = "") -> str:
        """Address relative to the portal's base, of a company where the place has one of each."""
        asked = urlencode({self.company_key: company}) if company and self.company_key else ""
        return f"{self.url}?{asked}" if asked else self.url


_CUSTOMER, _OPERATOR = Access.CUSTOMER, Access.OPERATOR

DASHBOARD: Final = Place(
    path="", text=marked("Dashboard"), icon="dashboard", company_key="customer", nav=1, tab=1
)
CALL_RECORDS: Final = Place(
    path="cdr", text=marked("Call records"), icon="calls", company_key="customer", nav=2, tab=2
)
ALERTS: Final = Place(path="alerts", text=marked("Alerts"), icon="bell", company_key="company", nav=3, tab=4)
REPORTS: Final = Place(
    path="reports", text=marked("Reports"), icon="report", company_key="company", nav=4, tab=5
)
UNDER_WAY: Final = Place(
    path="under-way", text=marked("Calls under way"), icon="calls", company_key="company"
)
VIEWS: Final = Place(path="views", text=marked("Saved views"))
ALL_NUMBERS: Final = Place(
    path="operator/numbers",
    text=marked("Numbers"),
    access=_OPERATOR,
    icon="number",
    company_key="company",
    nav=5,
    tab=6,
)
ALL_PAYMENTS: Final = Place(
    path="operator/payments",
    text=marked("Payments"),
    access=_OPERATOR,
    icon="payment",
    company_key="company",
    nav=6,
    tab=7,
)
OPERATOR: Final = Place(
    path="operator", text=marked("Customers"), access=_OPERATOR, icon="company", is_apart=True, nav=7, tab=3
)
COMPANIES: Final = Place(path="operator/companies", text=marked("Companies"), access=_OPERATOR, links=1)
FEEDS: Final = Place(path="operator/feeds", text=marked("Feeds"), access=_OPERATOR, links=2)
USERS: Final = Place(
    path="operator/users",
    text=marked("Users"),
    access=_OPERATOR,
    icon="person",
    company_key="company",
    is_apart=True,
    nav=8,
    tab=8,
)
REVIEW: Final = Place(
    path="operator/review",
    text=marked("Review"),
    access=_OPERATOR,
    icon="review",
    company_key="company",
    is_apart=True,
    nav=9,
    tab=9,
)
NUMBERS: Final = Place(path="numbers", text=marked("Numbers"), access=_CUSTOMER, icon="number", nav=5, tab=6)
PAYMENTS: Final = Place(
    path="payments", text=marked("Payments"), access=_CUSTOMER, icon="payment", nav=6, tab=7
)
COMPANY_PROFILE: Final = Place(
    path="profile#company", text=marked("Company Profile"), access=_CUSTOMER, icon="company", menu=1
)
PROFILE: Final = Place(path="profile", text=marked("Profile"), icon="person", menu=2, account=1)
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


def current(places_shown: "Iterable[Place]", path: str) -> Place | None:
    """Place that a page belongs to: the one of its path, or else the nearest one above it.

    Parameters
    ----------
    path
        Below the portal's base.
    """
    above = [
        place
        for place in places_shown
        if place.path == path or (place.path and path.startswith(f"{place.path}/"))
    ]
    return max(above, key=lambda place: len(place.path), default=None)
