"""Cookies, tokens of forms, and headers, as an attacker who has some of them would use them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from callers import Caller, Someone, introduce, session_of
from driving import portal_of

from cxreports.portal.database import Database, now
from cxreports.portal.people import throttle
from cxreports.portal.tables import Throttle

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
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == [
        "__Host-_xsrf",
        "cx-done",
        "cx-language",
    ]
    for cookie in cookies:
        assert "Secure" in cookie.split("; ")
        assert cookie.startswith("cx-done=") or "Path=/" in cookie.split("; ")
        assert "Domain" not in cookie


def test_a_device_that_was_in_before_waits_for_no_stranger_and_a_forged_one_does(portal: Portal) -> None:
    ana, bob = Caller(portal.address), Caller(portal.address)
    for each, who in ((ana, ANA), (bob, BOB)):
        assert each.log_in(who.email).status == 302
    device = ana.cookies["cx-device"]
    token, account, seal = device.split(".")
    stranger = [
        throttle.account(ANA.email),
        throttle.account(ANA.email, "send-account"),
        *(throttle.address("127.0.0.1", kind) for kind in ("address", "send-address", "challenge-address")),
    ]
    database = Database.of(portal.home)
    with database.writing() as db:
        throttle.failed(db, *stranger)
        for key in stranger:
            # However many failed, and however slow the clock.
            db.get_one(Throttle, key).open_at = now() + timedelta(hours=1)

    def statuses(cookie: str) -> tuple[int, int, int]:
        caller = Caller(portal.address, {"cx-device": cookie} if cookie else {})
        forgot = caller.post("/forgot", email=ANA.email).status
        entered = caller.log_in(ANA.email).status
        fresh = Caller(portal.address, {"cx-device": cookie} if cookie else {})
        return forgot, entered, fresh.post("/login/passkey/options").status

    assert statuses(device) == (200, 302, 200)
    assert statuses(bob.cookies["cx-device"]) == (429, 429, 200), "a passkey may be anybody's"
    for forged in ("", token, f"{token}.{account}", f"{token}.{seal}.{account}", f"{device}0", f"1{device}"):
        assert statuses(forged) == (429, 429, 429), forged
    with database.writing() as db:
        for key in stranger:
            db.delete(db.get_one(Throttle, key))
    database.close()
