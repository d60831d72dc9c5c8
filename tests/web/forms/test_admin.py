"""The operator's pages of companies, users, payments and the review, and what customers see of them."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from driving import PATIENCE_S, login_cookie, visit
from small_office import ANA, BEA, DASH, OLGA, PASSWORD, hours_ago, load_calls, now, office_of

from cxreports.portal import audit
from cxreports.portal.audit import Event
from cxreports.portal.companies import companies, ledger
from cxreports.portal.people import throttle, users

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from small_office import Answer, Office

CHARGES = ("0.0125", "1.000001", "3.9")
COST = Decimal("4.912501")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    home = tmp_path_factory.mktemp("home")
    load_calls(home, [("acme", hours_ago(30), 60, 200, each, "USD") for each in CHARGES])
    with office_of(home) as running:
        yield running


def last(office: Office, event: Event) -> audit.AuditEntry:
    with office.database.reading() as db:
        return audit.entries(db, events=[event], limit=1)[0]


# companies -------------------------------------------------------------------------------------


def test_an_operator_adds_a_company_and_changes_every_field(office: Office) -> None:
    olga = office.client(OLGA)
    page = olga.post(
        "/operator/companies/add",
        act="add",
        id="delta",
        name="Delta & Co",
        contact="Dan",
        currency="gbp",
        zone="Europe/London",
        tax="GB 1",
        paypal="pay@delta.example",
        debit_limit="12.5",
        low_balance="20",
        channel_limit="30",
    )
    assert (page.said, page.rows()[0][0]) == ("The company is added.", "Delta & Co delta")
    added = last(office, Event.COMPANY_ADDED)
    assert (added.who, added.company_id, added.address) == (OLGA, "delta", "127.0.0.1")
    changed = {
        "name": "Delta Ltd",
        "contact": "Eve",
        "currency": "EUR",
        "zone": "Asia/Tokyo",
        "tax": "GB 2",
        "paypal": "d@delta.example",
        "debit_limit": "0",
        "low_balance": "",
        "channel_limit": "",
    }
    page = olga.post("/operator/companies/change?company=delta", act="change", **changed)
    assert page.said == "The company is changed."
    with office.database.reading() as db:
        kept = companies.get(db, "delta")
    assert {name: getattr(kept, name) for name in changed} == changed | {
        "debit_limit": Decimal(0),
        "low_balance": None,
        "channel_limit": None,
    }
    assert last(office, Event.COMPANY_CHANGED).detail["name"] == "Delta Ltd"


def test_what_is_wrong_with_a_company_stands_at_its_field(office: Office) -> None:
    olga = office.client(OLGA)
    for field, typed in (
        ("currency", "XXQ"),
        ("zone", "Mars/Base"),
        ("debit_limit", "-1"),
        ("channel_limit", "many"),
        ("name", " "),
    ):
        answer = olga.post("/operator/companies/change?company=acme", act="change", **{field: typed})
        assert (answer.status, bool(answer.fault(field))) == (422, True), field
    taken = olga.post(
        "/operator/companies/add", act="add", id="acme", name="X", currency="USD", zone="UTC", debit_limit="0"
    )
    assert "acme already" in taken.fault("id")
    assert olga.get("/operator/companies/change?company=nobody").status == 404
    with office.database.reading() as db:
        assert companies.get(db, "acme").name == "Acme Telecom"


def test_companies_are_found_by_name_or_id(office: Office) -> None:
    olga = office.client(OLGA)
    assert [row[0] for row in olga.get("/operator/companies?q=s%C3%B6hne").rows()] == ["Bravo & Söhne bravo"]
    assert [row[0] for row in olga.get("/operator/companies?q=QUIET").rows()] == ["Quiet Limited quiet"]
    assert "No company is found." in olga.get("/operator/companies?q=%3Cscript%3E").text


# users -----------------------------------------------------------------------------------------


@pytest.mark.browser
def test_an_invited_user_chooses_a_password_and_logs_in(browser: Browser, office: Office) -> None:
    address = f"{office.portal.address}/operator/users?company=bravo"
    with visit(browser, address, wait=False, session_id=office.session(OLGA)) as page:
        page.get_by_label("E-mail").fill("carl@bravo.example")
        page.get_by_label("Name").fill("Carl")
        page.get_by_role("button", name="Send invitation").click()
        page.get_by_text("The invitation is on its way.").wait_for()
        page.get_by_role("row", name="carl@bravo.example").get_by_text("Invited").wait_for()
    assert office.mailbox.letters[-1]["To"] == "carl@bravo.example"
    invited = last(office, Event.USER_INVITED)
    assert (invited.who, invited.company_id, invited.detail["user"]) == (OLGA, "bravo", "carl@bravo.example")
    with visit(browser, office.mailbox.link(), wait=False, session_id="nobody's") as page:
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_label("The same again").fill(PASSWORD)
        page.get_by_role("button", name="Save").click()
        page.goto(f"{office.portal.address}/login?next=/payments")
        page.get_by_label("E-mail").fill("carl@bravo.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in", exact=True).click()
        page.get_by_role("heading", name="Payments").wait_for()
        page.locator("#cx-main").get_by_text("Bravo & Söhne").wait_for()
    office.client(OLGA).post(
        "/operator/users", act="invite", email="carl@bravo.example", name="C", role="customer"
    )
    assert len(office.mailbox.letters) == 1


def test_somebody_who_is_there_cannot_be_invited_again(office: Office) -> None:
    olga, letters = office.client(OLGA), len(office.mailbox.letters)
    page = olga.post("/operator/users", act="invite", email=ANA, name="A", role="customer", company="acme")
    assert (page.status, page.fault("email")) == (422, f"There is a user {ANA} already.")
    page = olga.post("/operator/users", act="invite", email="x@y.example", name="X", role="customer")
    assert page.fault("company")
    page = olga.post("/operator/users", act="invite", email="no address", name="X", role="operator")
    assert page.fault("email")
    assert len(office.mailbox.letters) == letters


@pytest.mark.browser
def test_a_disabled_user_is_out_at_once_with_every_open_page(browser: Browser, office: Office) -> None:
    olga, address = office.client(OLGA), office.portal.address
    # Not `visit`: the browser complains of the connection that is refused.
    with browser.new_context() as context:
        context.add_cookies([login_cookie(address, office.session(BEA))])
        page = context.new_page()
        page.goto(f"{address}/cdr")
        page.locator("html[data-ready]").wait_for(timeout=1000 * PATIENCE_S)
        answer = olga.post(
            "/operator/users?company=bravo", act="disable", confirmed="yes", user=str(user_id(office, BEA))
        )
        assert answer.said == "The user is disabled and logged out everywhere."
        page.get_by_text("Your session is over.").wait_for()
        page.goto(f"{address}/numbers")
        page.get_by_role("heading", name="Log in").wait_for()
    assert last(office, Event.USER_DISABLED).who == OLGA
    refused = office.client().post("/login", email=BEA, password=PASSWORD)
    assert refused.status == 401
    answer = olga.post("/operator/users", act="enable", user=str(user_id(office, BEA)))
    assert answer.said == "The user may log in again."
    assert office.client(BEA).get("/numbers").status == 200


def test_an_operator_cannot_disable_themselves(office: Office) -> None:
    olga = office.client(OLGA)
    refused = olga.post("/operator/users", act="disable", confirmed="yes", user=str(user_id(office, OLGA)))
    assert (refused.status, refused.said) == (422, "You cannot disable yourself.")
    assert olga.get("/operator/users").status == 200


def test_a_reset_link_by_mail_changes_the_password(office: Office) -> None:
    olga = office.client(OLGA)
    sent = olga.post("/operator/users", act="send", user=str(user_id(office, ANA)))
    assert sent.said == "The link is on its way."
    assert office.mailbox.letters[-1]["To"] == ANA
    asked = last(office, Event.PASSWORD_RESET_ASKED)
    assert (asked.who, asked.detail["user"]) == (OLGA, ANA)
    path = "/reset/" + office.mailbox.link().rpartition("/")[2]
    stranger = office.client()
    answer = stranger.send(
        path, f"_xsrf={stranger.token()}&password=quiet+grey+stone+lake&again=quiet+grey+stone+lake"
    )
    assert answer.status == 302
    assert office.client().post("/login", email=ANA, password=PASSWORD).status == 401
    with office.database.writing() as db:
        users.set_password(db, users.get(db, ANA), PASSWORD)


def test_an_operator_unlocks_who_has_tried_too_often(office: Office) -> None:
    olga, account = office.client(OLGA), throttle.account(ANA)
    with office.database.writing() as db:
        for _ in range(8):
            throttle.failed(db, account)
    row = next(row for row in olga.get("/operator/users?company=acme").rows() if ANA in row[0])
    assert "Too many tries" in row[1]
    answer = olga.post("/operator/users?company=acme", act="unlock", user=str(user_id(office, ANA)))
    assert answer.said == "The user may try to log in at once."
    with office.database.reading() as db:
        assert throttle.wait_s(db, account) == 0
    assert last(office, Event.USER_CHANGED).detail == {"user": ANA, "unlocked": True}


def user_id(office: Office, email: str) -> int:
    with office.database.reading() as db:
        return users.get(db, email).id


# payments --------------------------------------------------------------------------------------


def balance(office: Office, client_of: str = OLGA) -> Decimal:
    path = "/operator/payments?company=acme" if client_of == OLGA else "/payments"
    shown = office.client(client_of).get(path).figure("balance", exact=True)
    return Decimal(shown.replace("$", "").replace(",", ""))


def test_a_charge_in_another_currency_stands_beside_the_balance(office: Office) -> None:
    path = "/operator/payments?company=bravo"
    assert office.client(OLGA).get(path).figure("balance") == "€0.00"
    unnamed = ("bravo", hours_ago(30), 60, 200, "1.25", "")
    load_calls(office.portal.home, [unnamed, ("bravo", hours_ago(29), 60, 200, "0.5", "USD")])
    for page in (office.client(OLGA).get(path), office.client(BEA).get("/payments")):
        assert (page.figure("charged"), page.figure("balance")) == ("€1.25", "-€1.25")
        assert "$0.50 besides, not in the balance" in page.text
    assert "not in the balance" not in office.client(ANA).get("/payments").text


def test_payments_change_the_balance_exactly(office: Office) -> None:
    olga, path = office.client(OLGA), "/operator/payments?company=acme"
    assert balance(office) == -COST
    page = olga.post(path, act="add", company="acme", amount="1000.000009", reference="A-1", kind="payment")
    assert page.said == "The payment is added."
    assert balance(office) == Decimal("1000.000009") - COST == Decimal("995.087508")
    # What is pending does not count until it is completed.
    olga.post(path, act="add", company="acme", amount="0.1", reference="A-2", status="pending")
    assert balance(office) == Decimal("995.087508")
    pending = entry(office, "A-2")
    olga.post(path, act="settle", payment=str(pending), status="completed")
    assert balance(office) == balance(office, ANA) == Decimal("995.187508")
    olga.post(path, act="settle", payment=str(pending), status="cancelled", confirmed="yes")
    assert balance(office) == Decimal("995.087508")
    refused = olga.post(path, act="settle", payment=str(pending), status="completed")
    assert (refused.status, "cannot become" in refused.said) == (422, True)
    changed = last(office, Event.PAYMENT_CHANGED)
    assert (changed.who, changed.company_id, changed.detail["after"]) == (OLGA, "acme", "cancelled")


def test_a_wrong_payment_is_refused_at_its_field(office: Office) -> None:
    olga, path = office.client(OLGA), "/operator/payments?company=acme"
    before = balance(office)
    for field, typed in (("amount", "12,5"), ("amount", "0.0000001"), ("amount", "0"), ("made_at", "soon")):
        answer = olga.post(path, **{"act": "add", "company": "acme", "amount": "1", field: typed})
        assert (answer.status, bool(answer.fault(field))) == (422, True), (field, typed)
    olga.post(path, act="add", company="acme", amount="1", reference="once")
    again = olga.post(path, act="add", company="acme", amount="1", reference="once")
    assert "once already" in again.fault("reference")
    assert balance(office) == before + 1


def test_a_file_of_payments_is_imported_once_and_whole(office: Office) -> None:
    olga, path = office.client(OLGA), "/operator/payments?company=acme"
    before = balance(office)
    lines = b"company,amount,reference\nacme,0.000001,F-1\nacme,20,F-2\nbravo,7,F-1\n"
    page = olga.upload(path, "bank.csv", lines, act="import")
    assert page.said == "3 payments are added; 0 were there already."
    page = olga.upload(path, "bank.csv", lines + b"acme,1,F-3\n", act="import")
    assert page.said == "1 payment is added; 3 were there already."
    assert balance(office) == before + Decimal("21.000001")
    refused = olga.upload(path, "../../bad.csv", lines + b"acme,nothing,F-4\nacme,1,F-5\n", act="import")
    assert refused.status == 422
    assert "bad.csv: nothing was added, 1 line is wrong" in refused.fault("file")
    assert "line 5, amount" in refused.fault("file")
    assert "/tmp" not in refused.text
    assert balance(office) == before + Decimal("21.000001")
    assert olga.post(path, act="import").fault("file")


def test_a_customer_reads_its_own_ledger_only(office: Office) -> None:
    with office.database.writing() as db:
        ledger.add(db, "acme", "3", reference="of-acme-alone")
        ledger.add(db, "bravo", "4", reference="of-bravo-alone")
    for email, own, other in (
        (ANA, "of-acme-alone", "of-bravo-alone"),
        (BEA, "of-bravo-alone", "of-acme-alone"),
    ):
        page = office.client(email).get("/payments?company=acme&company=bravo")
        assert own in page.text
        assert other not in page.text
        assert "Acme" not in page.text or email == ANA
        assert office.client(email).post("/payments", act="add", amount="1").status == 405


def entry(office: Office, reference: str) -> int:
    with office.database.reading() as db:
        found = ledger.of_reference(db, "acme", reference)
    assert found
    return found.id


# review ----------------------------------------------------------------------------------------


def file_of(answer: Answer) -> list[list[str]]:
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))


def test_the_review_shows_who_failed_to_log_in(office: Office) -> None:
    typed = "=1+2@evil.example"
    assert office.client().post("/login", email=ANA, password="wrong").status == 401
    assert office.client().post("/login", email=typed, password="wrong").status == 401
    assert office.client().post("/login", email=ANA, password=PASSWORD).status == 302
    olga = office.client(OLGA)
    log = olga.get("/operator/review?event=login_failed").rows()
    assert [row[1:5] for row in log[:2]] == [
        ["Log-in failed", typed, DASH, "127.0.0.1"],
        ["Log-in failed", ANA, "Acme Telecom", "127.0.0.1"],
    ]
    assert {row[1] for row in log} == {"Log-in failed"}
    own = olga.get(f"/operator/review?user={ANA}").rows()
    assert {row[2] for row in own} == {ANA}
    week = {row[0]: row[1:] for row in olga.get("/operator/review/week").rows()}
    with office.database.reading() as db:
        told = audit.entries(db, user_id=users.get(db, ANA).id, limit=1000)
    logins, failures = (sum(each.event == event for each in told) for event in ("login", "login_failed"))
    assert (logins, failures) > (0, 0)
    assert week[ANA][:3] == ["Acme Telecom", str(logins), str(failures)]
    assert week[ANA][5] == "127.0.0.1"
    assert week[f"{typed} nobody's address"][:3] == [DASH, "0", "1"]


def test_downloads_of_the_review_compute_nothing(office: Office) -> None:
    office.client().post("/login", email="=1+1@evil.example", password="wrong")
    olga = office.client(OLGA)
    log = file_of(olga.get("/operator/review?form=csv&event=login_failed"))
    assert log[0][:5] == ["time_utc", "event", "title", "user", "company"]
    assert log[1][1:5] == ["login_failed", "Log-in failed", "'=1+1@evil.example", ""]
    week = file_of(olga.get("/operator/review/week?form=csv"))
    (row,) = [row for row in week if "=1+1@evil.example" in row[0]]
    assert row[0] == "'=1+1@evil.example"
    exported = last(office, Event.EXPORTED)
    assert (exported.who, exported.detail) == (OLGA, {"what": "weekly review", "rows": len(week) - 1})


def test_the_log_is_read_page_by_page_and_day_by_day(office: Office) -> None:
    with office.database.writing() as db:
        for number in range(120):
            at = now() - timedelta(days=400, minutes=number)
            audit.record(db, Event.EXPORTED, who=f"old-{number}@acme.example", company_id="acme", now=at)
    day = f"{now() - timedelta(days=401):%Y-%m-%d}"
    until = f"{now() - timedelta(days=399):%Y-%m-%d}"
    path = f"/operator/review?company=acme&since={day}&until={until}"
    olga, found, number = office.client(OLGA), [], 1
    while True:
        page = olga.get(f"{path}&page={number}")
        found += [row[2] for row in page.rows()]
        if 'rel="next"' not in page.text:
            break
        number += 1
    assert number == 3
    assert found == [f"old-{each}@acme.example" for each in range(120)]
    assert olga.get("/operator/review?since=soon").fault("since")
    assert olga.get("/operator/review?event=nonsense").fault("event")
    for asked in ("0", "-3", "x", "99999999999999999999"):
        assert olga.get(f"{path}&page={asked}").status == 200, asked
