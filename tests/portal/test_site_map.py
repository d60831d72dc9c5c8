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
        (ANA, ["", "cdr", "numbers", "payments", "profile"]),
        (
            OLGA,
            [
                "",
                "cdr",
                "operator",
                "operator/companies",
                "operator/users",
                "operator/numbers",
                "operator/payments",
                "operator/review",
                "profile",
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
            "Company Profile, Profile, Change Password, Language, Numbers, Payments, Log Out",
        ),
        (OLGA, "Profile, Change Password, Language, Operator, Log Out"),
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
