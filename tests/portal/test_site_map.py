"""The map of the portal: what each kind of visitor is shown, and that all of it is served."""

from __future__ import annotations

import pytest

from cxreports.portal import site_map
from cxreports.portal.site_map import PLACES, Place
from cxreports.visitor import Visitor
from cxreports.web.routes import routes

ANA = Visitor(1, "ana@acme.example", "Ana", "acme")
OLGA = Visitor(2, "olga@operator.example", "Olga", None)


@pytest.mark.parametrize(
    ("visitor", "paths"),
    [
        (ANA, ["", "cdr", "alerts", "reports", "numbers", "payments"]),
        (
            OLGA,
            [
                "",
                "cdr",
                "alerts",
                "reports",
                "operator/numbers",
                "operator/payments",
                "operator",
                "operator/users",
                "operator/review",
            ],
        ),
    ],
)
def test_the_navigation_has_what_a_visitor_may_use(visitor: Visitor, paths: list[str]) -> None:
    assert [place.path for place in site_map.places(visitor, "nav")] == paths


@pytest.mark.parametrize(
    ("visitor", "titles"),
    [
        (
            ANA,
            "Company Profile, Profile, Change Password, Language, Log Out",
        ),
        (OLGA, "Profile, Change Password, Language, Log Out"),
    ],
)
def test_the_menu_is_in_its_order(visitor: Visitor, titles: str) -> None:
    menu = site_map.places(visitor, "menu")
    assert ", ".join(place.title for place in menu) == titles
    assert [place.path for place in menu if place.kind == "post"] == ["logout"]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.path or "dashboard")
def test_each_place_is_served_to_those_whom_it_is_shown(place: Place) -> None:
    served = {pattern: handler.access for pattern, handler, *_ in routes("/")}
    assert served[f"/{place.path.partition('#')[0]}"] in {place.access, site_map.Access.PERSON}
    if "#" not in place.path:
        assert served[f"/{place.path}"] is place.access


def test_operators_have_their_own_places_after_the_line() -> None:
    assert [place.text for place in site_map.places(OLGA, "nav") if place.is_apart] == [
        "Customers",
        "Users",
        "Review",
    ]
    assert not any(place.is_apart for place in site_map.places(ANA, "nav"))


@pytest.mark.parametrize("visitor", [ANA, OLGA])
def test_the_bar_on_a_phone_leads_wherever_the_navigation_does(visitor: Visitor) -> None:
    nav, tabs = site_map.places(visitor, "nav"), site_map.places(visitor, "tab")
    assert set(nav) == set(tabs)
    assert [place.text for place in tabs[:2]] == ["Dashboard", "Call records"]
    assert all(place.icon for place in tabs)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("", "Dashboard"),
        ("cdr", "Call records"),
        ("operator", "Customers"),
        ("operator/companies/add", "Customers"),
        ("operator/users", "Users"),
        ("operator/review/week", "Review"),
        ("operators", None),
        ("profile/log", None),
    ],
)
def test_a_page_belongs_to_the_nearest_place_above_it(path: str, text: str | None) -> None:
    here = site_map.current(site_map.places(OLGA, "nav"), path)
    assert (here.text if here else None) == text


def test_a_place_is_of_a_company_where_it_has_one_of_each() -> None:
    assert site_map.ALL_PAYMENTS.address("a&b") == "operator/payments?company=a%26b"
    assert site_map.DASHBOARD.address("acme") == "./?customer=acme"
    assert site_map.OPERATOR.address("acme") == "operator"
    assert site_map.USERS.address() == "operator/users"
