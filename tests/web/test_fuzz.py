"""Every route with what no form expects: an answer each time, and never that of a defect."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from callers import Caller, Someone, introduce, session_of
from driving import PATIENCE_S, portal_of
from nasty import Attempt, attempts
from sqlalchemy import text

from cxreports.portal.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from driving import Portal

ANN, OLGA = Someone("ann@acme.example", "acme"), Someone("olga@op.example", None)
SHARES = (0.002, pytest.param(0.02, marks=pytest.mark.slow))
"""Of some 55,000 attempts."""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    home = tmp_path_factory.mktemp("home")
    introduce(home, ANN, OLGA)
    with portal_of(home, warm=0) as running:
        yield running


def entered(portal: Portal, who: Someone | None) -> Caller:
    """Give a caller with a session, unless it is a stranger, and with the token of forms."""
    cookies = {} if who is None else {"cx-session": session_of(portal.home, who.email)}
    caller = Caller(portal.address, cookies)
    caller.ask("/forgot")
    return caller


def sent(caller: Caller, attempt: Attempt) -> tuple[int, str]:
    """Send an attempt as it is; give status and where it leads."""
    headers = {
        "Cookie": "; ".join(f"{name}={value}" for name, value in caller.cookies.items()),
        "X-XSRFToken": caller.cookies["_xsrf"],
        "Content-Type": "application/x-www-form-urlencoded",
    }
    for name, value in attempt.headers.items():
        headers[name] = f"{headers['Cookie']}; {value}" if name == "Cookie" else value
    connection = http.client.HTTPConnection(urlsplit(caller.address).netloc, timeout=PATIENCE_S)
    connection.request(attempt.method, attempt.path, attempt.body.encode("latin-1") or None, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers.get("Location", "")


@pytest.mark.parametrize("who", [OLGA, ANN, None], ids=["operator", "customer", "stranger"])
@pytest.mark.parametrize("share", SHARES)
def test_every_answer_is_one_that_was_meant(portal: Portal, who: Someone | None, share: float) -> None:
    caller, failed = entered(portal, who), []
    made = list(attempts(share, seed=9))
    assert len(made) > 40_000 * share
    for attempt in made:
        status, location = sent(caller, attempt)
        if status >= 500 and status != 501:
            failed.append((status, attempt.method, attempt.path[:200], attempt.body[:300]))
        if who and location.startswith("/login"):
            caller = entered(portal, who)
    assert failed == []
    assert "Uncaught exception" not in "".join(portal.log)


@pytest.mark.parametrize(
    "attempt",
    [
        Attempt("GET", "/operator/users?page=" + "9" * 5000),
        Attempt("GET", "/operator/payments?done=import&added=" + "9" * 5000),
        Attempt("GET", "/operator/review/week?until=9999-12-31"),
        Attempt("GET", "/static/cxreports/%00"),
        Attempt("GET", "/%00"),
        Attempt("GET", "/operator/review?user=%00"),
        Attempt("GET", "/login?next=%FF"),
        Attempt("POST", "/operator/users", "act=send&user=" + "9" * 5000),
        Attempt("POST", "/operator/users", "act=send&user=9223372036854775808"),
        Attempt("POST", "/operator/payments", "act=settle&status=completed&payment=9223372036854775808"),
        Attempt("POST", "/operator/payments", "act=add&company=acme&reference=r&amount=1e-999999"),
        Attempt("POST", "/operator/payments", "act=add&company=acme&reference=r&amount=" + "9" * 5000),
        Attempt("POST", "/operator/numbers", "act=settings&size=1&first=" + "9" * 5000),
        Attempt("POST", "/login/passkey/answer", "[" * 100_000),
        Attempt("POST", "/login/passkey/answer", '{"challenge":"\\u0000","credential":{}}'),
        Attempt("POST", "/profile/passkeys/answer", '{"a":' * 50_000),
        Attempt("POST", "/profile/passkeys/options", '{"password":"\\ud800"}'),
    ],
    ids=lambda attempt: f"{attempt.method} {attempt.path[:60]} {attempt.body[:60]}",
)
def test_what_failed_once_is_answered(portal: Portal, attempt: Attempt) -> None:
    status, _ = sent(entered(portal, OLGA), attempt)
    assert status in {200, 302, 303, 400, 401, 403, 404, 422}


def test_a_log_has_one_line_for_a_message_of_two(portal: Portal) -> None:
    sent(entered(portal, OLGA), Attempt("GET", "/nothing%0a2026-01-01%20ERROR%20forged"))
    assert not any(line.startswith("2026-01-01 ERROR") for line in portal.log)


def test_an_error_page_is_made_of_what_breaks_error_pages(portal: Portal) -> None:
    answer = entered(portal, OLGA).ask("/profile?theme=%FF")
    assert answer.status == 400
    assert "Something went wrong" in answer.text
    assert "Uncaught exception in write_error" not in "".join(portal.log)


def test_an_error_page_is_made_when_nobody_can_be_known(tmp_path: Path) -> None:
    introduce(tmp_path, OLGA)
    with portal_of(tmp_path, warm=0, excused=True) as portal:
        olga = entered(portal, OLGA)
        database = Database.of(tmp_path)
        with database.writing() as db:
            db.execute(text("ALTER TABLE sessions RENAME TO gone"))
        try:
            answer = olga.ask("/profile")
        finally:
            with database.writing() as db:
                db.execute(text("ALTER TABLE gone RENAME TO sessions"))
            database.close()
        assert answer.status == 500
        assert "Something went wrong" in answer.text
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "no such table" not in answer.text
        assert "no such table" in "".join(portal.log)
        assert "Uncaught exception in write_error" not in "".join(portal.log)
        assert olga.ask("/profile").status == 200
