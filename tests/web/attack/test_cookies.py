"""Cookies, tokens of forms, and headers, as an attacker who has some of them would use them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from callers import Caller, Someone, introduce, session_of
from driving import portal_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driving import Portal

ANA = Someone("ana@acme.example", "acme")
BOB = Someone("bob@bolt.example", "bolt")
PUBLIC = "https://reports.example.org"
TLS = {"X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    home = tmp_path_factory.mktemp("home")
    introduce(home, ANA, BOB)
    with portal_of(home, warm=0) as running:
        yield running


def caller(portal: Portal, someone: Someone) -> Caller:
    return Caller(portal.address, {"cx-session": session_of(portal.home, someone.email)})


def test_the_token_of_another_session_is_worth_nothing(portal: Portal) -> None:
    ana, again, bob, stranger = (caller(portal, who) for who in (ANA, ANA, BOB, BOB))
    del stranger.cookies["cx-session"]
    for each in (ana, again, bob, stranger):
        each.ask("/forgot")
    own = ana.cookies["_xsrf"]
    for other in (again, bob, stranger):
        # Cookie and field agree, which was enough once.
        ana.cookies["_xsrf"] = other.cookies["_xsrf"]
        assert ana.post("/profile/language", language="de").status == 403
    ana.cookies["_xsrf"] = own
    assert ana.post("/profile/language", language="").status == 303


def test_errors_of_files_say_nothing_and_may_load_nothing(portal: Portal) -> None:
    for path in ("/static/cxreports/nothing.js", "/static/cxreports/../../x", "/static/cxreports/%00"):
        answer = Caller(portal.address).ask(path)
        assert answer.status in {403, 404}
        assert answer.headers["Server"] == "cxreports"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_behind_tls_every_cookie_is_for_this_host(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("home")
    introduce(home, ANA)
    environment = {"CXREPORTS_PUBLIC_URL": PUBLIC, "CXREPORTS_TRUSTED_PROXIES": "127.0.0.1"}
    with portal_of(home, warm=0, **environment) as portal:
        port = list(portal.process.args)[4]  # type: ignore[arg-type]
        ana = Caller(f"http://127.0.0.1:{port}", {"__Host-cx-session": session_of(home, ANA.email)})
        page = ana.ask("/profile", headers=TLS)
        token = ana.cookies["__Host-_xsrf"]
        chosen = ana.ask("/profile/language", "POST", urlencode({"_xsrf": token, "language": "de"}), TLS)
        plain = ana.ask("/profile/language", "POST", urlencode({"_xsrf": token, "language": "de"}))
    assert (page.status, chosen.status, plain.status) == (200, 303, 403)
    cookies = page.headers.get_all("Set-Cookie", []) + chosen.headers.get_all("Set-Cookie", [])
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == ["__Host-_xsrf", "cx-language"]
    for cookie in cookies:
        assert {"Secure", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
