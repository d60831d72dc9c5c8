"""Half an hour after the log-in, money, people, credentials and files of everything ask who it is, again."""

from __future__ import annotations

import http.client
import json
import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest
from authenticator import Authenticator
from callers import PASSWORD, Caller, Someone, introduce, session_of
from driving import portal_of
from sqlalchemy import select
from tornado.web import RequestHandler

from cxreports.portal.database import Database, now
from cxreports.portal.people import passkeys, sessions, users
from cxreports.portal.site_map import Access
from cxreports.portal.tables import (
    AuditEntry,
    Company,
    Extension,
    LoginSession,
    NumberSettings,
    Payment,
    Throttle,
    User,
)
from cxreports.web.forms.proof import ProvedPage
from cxreports.web.page import PageHandler
from cxreports.web.routes import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callers import Answer
    from driving import Portal

ANA, OLGA = Someone("ana@acme.example", "acme"), Someone("olga@op.example", None)

COMPANY = {"name": "Née & <Söhne>", "currency": "EUR", "zone": "UTC", "debit_limit": "0"}
ASKS: dict[str, dict[str, str]] = {
    "/operator/companies/add": {"act": "add", "id": "nee", **COMPANY},
    "/operator/companies/change?company=acme": {"act": "change", **COMPANY},
    "/operator/users?company=acme": {
        "act": "invite",
        "email": "new@acme.example",
        "name": ' "New" ',
        "company": "acme",
    },
    "/operator/payments?company=acme": {
        "act": "add",
        "company": "acme",
        "amount": "12.5",
        "reference": "P-1",
    },
    "/operator/numbers": {"act": "settings", "first": "3000", "size": "10"},
}
"""Forms of money, people and others' numbers, each with what is typed into it."""

OWN = {
    "/profile": "a new e-mail address asks on the page itself",
    "/profile/password": "asks for the password always",
    "/profile/two-factor/begin": "asks on the page itself",
    "/profile/two-factor/codes": "asks for the password always",
    "/profile/two-factor/disable": "asks for the password and a code always",
    r"/profile/passkeys/(?P<step>options|answer)": "asks on the page itself, before options are given",
    "/profile/passkeys/remove": "asks for the password always",
}
"""Credentials of one's own: `tests/web/forms` shows that they ask."""

HARMLESS = {
    "/login": "asks who it is",
    "/login/totp": "asks who it is",
    r"/login/passkey/(?P<step>options|answer)": "asks who it is",
    "/api/cdr": "the switch's token is the proof",
    "/confirm": "asks who it is",
    r"/confirm/passkey/(?P<step>options|answer)": "asks who it is",
    "/logout": "takes rights away",
    "/forgot": "mails a link to the owner",
    r"/reset/(?P<token>[\w-]{20,100})": "the link is the proof",
    r"/invitation/(?P<token>[\w-]{20,100})": "the link is the proof",
    "/profile/verify/(?P<purpose>email|mobile)": "the code is the proof",
    "/profile/verify/(?P<purpose>email|mobile)/code": "the code is the proof",
    "/profile/choices": "a matter of taste",
    "/profile/language": "a matter of taste",
    "/alerts": "what is acknowledged or paused can be taken back",
    "/alerts/rule": "a notice holds one figure",
    "/reports/once": "a report for oneself, of what one sees anyway",
    "/reports": "a report goes to whom its schedule names",
    "/unsubscribe/([0-9a-f.]{1,64})": "the signed link is the proof",
    "/views": "what a page shows, and to whom of one's own company",
    "/profile/sessions/(?P<which>end|end-others|end-all)": "takes rights away",
    "/numbers": "extensions of one's own company are neither money, people nor credentials",
}
"""Forms that need no proof, and why."""

ASKS_WITHOUT_SAMPLE = {"/profile/two-factor/confirm", "/reports/schedule"}
FILES = {"/alerts", "/reports", "/operator/review", "/operator/review/week"}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    home = tmp_path_factory.mktemp("home")
    introduce(home, ANA, OLGA)
    with portal_of(home, warm=0) as running:
        yield running


@pytest.fixture
def database(portal: Portal) -> Iterator[Database]:
    opened = Database.of(portal.home)
    with opened.writing() as db:
        for row in db.scalars(select(Throttle)):
            db.delete(row)
    yield opened
    opened.close()


def caller(portal: Portal, database: Database, who: Someone = OLGA, *, minutes: int = 31) -> Caller:
    session_id = session_of(portal.home, who.email)
    with database.writing() as db:
        db.get_one(LoginSession, sessions.hashed(session_id)).created_at = now() - timedelta(minutes=minutes)
    return Caller(portal.address, {"cx-session": session_id})


def kept(database: Database) -> list[Any]:
    """What a form could have changed; wrong passwords are noted all the same."""
    with database.reading() as db:
        asked = select(AuditEntry.event).where(AuditEntry.event != "login_failed")
        tables = (
            select(Company.id, Company.name),
            select(User.email),
            select(Payment.reference),
            select(NumberSettings.first),
            select(Extension.number),
            asked,
        )
        return [sorted(tuple(row) for row in db.execute(table)) for table in tables]


def hidden(answer: Answer) -> dict[str, str]:
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.text)
    return {name: unescape(value) for name, value in fields}


def action(answer: Answer) -> str:
    (found,) = re.findall(r'<form method="post" action="((?!/logout)[^"]*)">', answer.text)
    return unescape(found)


# no form is forgotten ----------------------------------------------------------------------------


def test_every_form_asks_or_has_a_reason_not_to() -> None:
    forms = {
        pattern: handler
        for pattern, handler, *_ in routes("/")
        if handler.post is not RequestHandler.post and "/api/kernels/" not in pattern
    }
    asks = {path.partition("?")[0] for path in ASKS} | ASKS_WITHOUT_SAMPLE
    assert sorted(forms) == sorted(asks | OWN.keys() | HARMLESS.keys())
    assert {pattern for pattern, handler in forms.items() if getattr(handler, "needs_recent", False)} == asks
    operators = {pattern for pattern, handler in forms.items() if handler.access is Access.OPERATOR}
    assert operators == {path for path in asks if path.startswith("/operator")}, "each of theirs is of others"


@pytest.mark.parametrize(
    "typed",
    [
        {"act": "assign", "company": "acme"},
        {"act": "release", "company": "acme", "confirmed": "yes"},
        {"act": "add", "company": "acme", "number": "77"},
        {"act": "remove", "company": "acme", "number": "77", "confirmed": "yes"},
    ],
    ids=lambda typed: typed["act"],
)
def test_numbers_of_others_wait_whatever_the_act(
    portal: Portal, database: Database, typed: dict[str, str]
) -> None:
    before = kept(database)
    assert caller(portal, database).post("/operator/numbers?company=acme", **typed).status == 401
    assert kept(database) == before


def test_every_file_asks(portal: Portal, database: Database) -> None:
    fresh, old = caller(portal, database, minutes=0), caller(portal, database)
    files = set()
    for pattern, handler, *_ in routes("/"):
        if "(" in pattern or issubclass(handler, PageHandler) or handler.access is Access.OWNER:
            continue  # pages with a kernel make their files in it
        if fresh.ask(f"{pattern}?form=csv").headers["Content-Disposition"]:
            files.add(pattern)
            answer = old.ask(f"{pattern}?form=csv")
            assert (answer.status, answer.headers["Content-Disposition"]) == (401, None)
            assert old.ask(pattern).status == 200, "reading is no matter"
    assert files == FILES


# what was asked goes on ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", ASKS)
def test_a_form_waits_for_the_password_and_goes_on(portal: Portal, database: Database, path: str) -> None:
    olga, before = caller(portal, database), kept(database)
    answer = olga.post(path, **ASKS[path])
    assert (answer.status, kept(database)) == (401, before)
    fields = hidden(answer)
    assert action(answer) == path
    assert {name: fields[name] for name in ASKS[path]} == ASKS[path]
    wrong = olga.post(path, proof="not this one at all", **fields)
    assert (wrong.status, kept(database)) == (401, before)
    assert hidden(wrong).keys() == fields.keys(), "the password is none of the form's fields"
    assert "not this one at all" not in wrong.text
    assert olga.post(path, proof=PASSWORD, **fields).status == 303
    assert kept(database) != before
    again = olga.post(path, **ASKS[path])
    assert again.status != 401, "for half an hour it is not asked again"


def test_a_code_of_a_second_factor_waits_too(portal: Portal, database: Database) -> None:
    ana = caller(portal, database, ANA, minutes=0)
    assert ana.post("/profile/two-factor/begin").status == 303
    assert "data-secret" in ana.ask("/profile/two-factor/begin").text
    old = caller(portal, database, ANA)
    assert "data-secret" not in old.ask("/profile/two-factor/begin").text
    assert old.post("/profile/two-factor/confirm", code="123456").status == 401


def test_a_file_waits_and_comes(portal: Portal, database: Database) -> None:
    olga, path = caller(portal, database), "/operator/review?company=acme&form=csv"
    asked = olga.ask(path)
    assert (asked.status, action(asked), hidden(asked)["next"]) == (401, "/confirm", path)
    assert olga.post("/confirm", next=path, proof="not this one at all").status == 401
    assert olga.ask(path).status == 401
    assert olga.post("/confirm", next=path, proof=PASSWORD).location == path
    assert "attachment" in olga.ask(path).headers["Content-Disposition"]


def test_an_uploaded_file_is_chosen_again(portal: Portal, database: Database) -> None:
    olga, path = caller(portal, database), "/operator/payments?company=acme"
    olga.ask("/forgot")
    parts = [("_xsrf", "", olga.cookies["_xsrf"]), ("act", "", "import"), ("file", 'filename="a.csv"', "x")]
    lines = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"; {more}\r\n\r\n{text}\r\n'
        for name, more, text in parts
    ]
    body = "".join(lines).replace("; \r\n", "\r\n") + "--edge--\r\n"
    connection = http.client.HTTPConnection(urlsplit(portal.address).netloc, timeout=60)
    cookies = "; ".join(f"{name}={value}" for name, value in olga.cookies.items())
    headers = {"Cookie": cookies, "Content-Type": "multipart/form-data; boundary=edge"}
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert answer.status == 401
    assert "Choose the file again" in text
    assert f'name="next" value="{path}"' in unescape(text)
    assert olga.post("/confirm", next=path, proof=PASSWORD).location == path


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil.example", "a b"])
def test_it_leads_nowhere_else(portal: Portal, database: Database, target: str) -> None:
    olga = caller(portal, database)
    assert "evil.example" not in olga.ask(f"/confirm?{urlencode({'next': target})}").text
    assert olga.post("/confirm", next=target, proof=PASSWORD).location == "/"


def test_guessing_here_is_slowed_and_locks_nobody_else_out(portal: Portal, database: Database) -> None:
    thief, owner = caller(portal, database), caller(portal, database)
    for _ in range(4):
        assert thief.post("/confirm", proof="a guess that is wrong").status == 401
    with database.writing() as db:
        (row,) = db.scalars(select(Throttle))
        assert (row.key.split()[0], row.failures) == ("session", 4)
        row.open_at = now() + timedelta(hours=1)
    waits = thief.post("/confirm", proof=PASSWORD)
    assert (waits.status, int(waits.headers["Retry-After"]) > 3000) == (429, True)
    assert owner.post("/confirm", proof=PASSWORD).status == 303
    assert Caller(portal.address).log_in(OLGA.email).status == 302


# passkeys ----------------------------------------------------------------------------------------


def passkey_of(database: Database, portal: Portal, email: str) -> Authenticator:
    host = urlsplit(portal.address).hostname or ""
    phone = Authenticator(origin=portal.address)
    with database.writing() as db:
        user = users.get(db, email)
        made = passkeys.registration_options(db, user, rp_id=host)
        answer = phone.create(made.options)
        passkeys.register(db, user, made.challenge_id, answer, rp_id=host, origin=portal.address)
    return phone


def by_passkey(asker: Caller, phone: Authenticator, query: str = "") -> tuple[int, dict[str, Any]]:
    asker.ask("/forgot")
    headers = {"Content-Type": "application/json", "X-XSRFToken": asker.cookies["_xsrf"]}
    asked = json.loads(asker.ask("/confirm/passkey/options", "POST", "{}", headers).text)
    signed = {
        "challenge": asked["challenge"],
        "credential": phone.get(asked["options"] | {"allowCredentials": []}),
    }
    answer = asker.ask(f"/confirm/passkey/answer{query}", "POST", json.dumps(signed), headers)
    return answer.status, json.loads(answer.text)


def test_a_passkey_is_a_proof_too(portal: Portal, database: Database) -> None:
    phone, olga = passkey_of(database, portal, OLGA.email), caller(portal, database)
    page = olga.ask("/confirm?next=/operator/users")
    assert 'data-passkey="confirm"' in page.text
    path = "/operator/users?company=acme"
    assert olga.post(path, act="nothing").status == 401
    assert by_passkey(olga, phone, "?next=/operator/users") == (200, {"next": "/operator/users"})
    assert olga.post(path, act="nothing").status == 400
    # Without a page to go on to the script sends the form that waits.
    assert by_passkey(caller(portal, database), phone) == (200, {})


def test_anothers_passkey_and_one_that_does_not_verify_its_user_are_none(
    portal: Portal, database: Database
) -> None:
    phone, strange = passkey_of(database, portal, OLGA.email), passkey_of(database, portal, ANA.email)
    olga = caller(portal, database)
    phone.verifies = False
    for key in (phone, strange):
        status, said = by_passkey(olga, key)
        assert (status, said) == (401, {"wrong": "This passkey was not accepted."})
    assert olga.post("/operator/users", act="nothing").status == 401


def test_who_has_no_password_is_asked_for_the_passkey_alone(portal: Portal, database: Database) -> None:
    pia = Someone("pia@op.example", None)
    introduce(portal.home, pia)
    passkey_of(database, portal, pia.email)
    with database.writing() as db:
        users.get(db, pia.email).password_hash = None
    page = caller(portal, database, pia).ask("/confirm")
    assert 'type="password"' not in page.text
    assert 'data-passkey="confirm"' in page.text
    assert caller(portal, database, pia).post("/confirm", proof="").status == 401


def test_pages_that_ask_are_pages_of_the_portal() -> None:
    asking = [handler for _pattern, handler, *_ in routes("/") if getattr(handler, "needs_recent", False)]
    assert asking
    assert all(issubclass(handler, ProvedPage) for handler in asking)
