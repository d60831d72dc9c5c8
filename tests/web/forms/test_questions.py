"""What cannot be undone names its object and asks, on every page; what was done is said once."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from driving import OPERATOR, operator_session
from small_office import Client
from sqlalchemy import func, select

from cxreports.portal.companies import ledger, number_blocks
from cxreports.portal.database import now
from cxreports.portal.tables import (
    Extension,
    LoginSession,
    NumberBlock,
    Passkey,
    Payment,
    RecoveryCode,
    SavedView,
    User,
)

if TYPE_CHECKING:
    from account_people import Accounts
    from playwright.sync_api import Browser

OWN = {
    "/numbers": {"Remove extension 771000?": "Lab <2> has it now."},
    "/profile/sessions": {
        "Log out Chrome 143 on Linux?": "It is logged in from 192.0.2.9.",
        "Log out everywhere but here?": "Pages that are open there stop at once.",
        "Log out everywhere, here too?": "You can log in again at once.",
    },
    "/profile/passkeys": {"Remove the passkey Blue key?": "It opens your account no more."},
    "/profile/two-factor": {
        "Make new recovery codes?": "The 1 code that is left lets nobody in any more.",
        "Disable two-factor authentication?": "Your password alone will open your account again.",
    },
    "/views": {"Delete the view “Busy”?": "Nobody else sees it."},
    "/profile": {},
    "/profile/password": {},
    "/profile/log": {},
    "/payments": {},
}
"""Pages of a customer with the titles of their questions, each with what becomes of the object."""

OF_OPERATORS = {
    "/operator/numbers?q=wanda": {"Release the block of Wandas?": "771000 to 771009 can be given"},
    "/operator/numbers?company=wandas": {"Remove extension 771000?": "Lab <2> has it now."},
    "/operator/payments?company=wandas": {
        "Cancel the entry W-1 of $12.50?": "Wandas has it in its balance, which changes by it at once.",
    },
    "/operator/users?company=wandas": {"Disable Wanda?": "wanda@example.org is logged out everywhere"},
    "/operator/companies": {},
    "/operator/companies/change?company=wandas": {},
    "/operator/companies/add": {},
    "/operator/review": {},
    "/operator/review/week": {},
}


@pytest.fixture(scope="module")
def wanda(accounts: Accounts) -> User:
    """Who has one of everything that can be taken away."""
    user = accounts.add("Wanda", company="wandas")
    with accounts.database.writing() as db:
        db.add(NumberBlock(company_id="wandas", first=771000, size=10, assigned_at=now()))
        number_blocks.add_extension(db, "wandas", 771000, name="Lab <2>")
        ledger.add(db, "wandas", "12.50", reference="W-1")
        db.add(
            Passkey(
                credential_id="blue",
                user_id=user.id,
                name="Blue key",
                public_key=b"",
                sign_count=0,
                created_at=now(),
                used_at=None,
            )
        )
        db.add(RecoveryCode(user_id=user.id, code_hash="none"))
        db.add(
            SavedView(
                user_id=user.id,
                company_id="wandas",
                name="Busy",
                name_key="busy",
                page="dashboard",
                choices={},
                is_shared=False,
                created_at=now(),
            )
        )
        db.get_one(User, user.id).totp_enabled_at = now()
    return user


def left(accounts: Accounts, user: User) -> list[Any]:
    """What there is of everything that can be taken away."""
    with accounts.database.reading() as db:
        kept = db.get_one(User, user.id)
        counted = (
            select(func.count()).select_from(NumberBlock).where(NumberBlock.company_id == "wandas"),
            select(func.count()).select_from(Extension).where(Extension.company_id == "wandas"),
            select(func.count()).select_from(LoginSession).where(LoginSession.user_id == user.id),
            select(func.count()).select_from(Passkey).where(Passkey.user_id == user.id),
            select(func.count()).select_from(SavedView).where(SavedView.user_id == user.id),
            select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user.id),
        )
        states = list(db.scalars(select(Payment.status).where(Payment.company_id == "wandas")))
        return [*(db.scalar(each) for each in counted), states, kept.disabled_at, kept.totp_enabled_at]


def dangerous(page: str, body: str) -> list[tuple[str, str]]:
    """Address and body of each form of a page that a red button sends."""
    found = []
    for opening, inside in re.findall(r'<form ([^>]*method="post"[^>]*)>(.*?)</form>', body, re.DOTALL):
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', inside)
        for button in re.findall(r'<button class="[^"]*cx-danger[^>]*>', inside):
            assert " data-asks" in button, button
            own = re.search(r'name="([^"]*)" value="([^"]*)"', button)
            fields = [*hidden, *([own.groups()] if own else [])]
            action = re.search(r'action="([^"]*)"', opening)
            found.append(
                (unescape(action[1]) if action else page, urlencode([(k, unescape(v)) for k, v in fields]))
            )
    return found


def asked(client: Client, page: str) -> dict[str, str]:
    """Titles and texts of the questions that the forms of a page are answered with."""
    shown = client.get(page)
    assert shown.status == 200, page
    questions = {}
    for path, body in dangerous(page, shown.body.decode()):
        answer = client.send(path, f"{body}&{urlencode({'_xsrf': client.token()})}")
        assert answer.status == 422, path
        found = re.search(r"<h1[^>]*>(.*?)</h1>\s*<p>(.*?)</p>", answer.text, re.DOTALL)
        assert found, answer.text
        act = re.search(r'<button class="cx-sure"[^>]*>(.*?)</button>', answer.text)
        assert act
        assert f"{act[1]}?" == found[1]
        assert 'name="confirmed" value="yes"' in answer.text
        questions[found[1]] = found[2]
    return questions


def walked(client: Client, pages: dict[str, dict[str, str]]) -> None:
    for page, expected in pages.items():
        questions = asked(client, page)
        assert list(questions) == list(expected), page
        for title, text in expected.items():
            assert text in questions[title]


def test_every_act_that_cannot_be_undone_asks_and_does_nothing_yet(accounts: Accounts, wanda: User) -> None:
    own = Client(accounts.portal.address, accounts.session(wanda))
    other = accounts.session(wanda)
    olga = Client(accounts.portal.address, operator_session(accounts.portal.home))
    before = left(accounts, wanda)
    walked(own, OWN)
    walked(olga, OF_OPERATORS)
    assert left(accounts, wanda) == before == [1, 1, 2, 1, 1, 1, ["completed"], None, before[-1]]
    assert other
    assert OPERATOR not in own.get("/numbers").text


def test_a_yes_does_it_and_is_said_once(accounts: Accounts, wanda: User) -> None:
    del wanda
    olga = Client(accounts.portal.address, operator_session(accounts.portal.home))
    page = "/operator/numbers?company=wandas"
    done = olga.post(page, act="remove", company="wandas", number="771000", confirmed="yes")
    assert (done.said, done.rows()) == ("The extension is removed.", [])
    assert olga.get(page).said == ""
    olga.post(page, act="add", company="wandas", number="771000", name="Lab <2>")
    assert olga.get("/operator/numbers").said == ""


def test_another_companys_objects_are_not_named(accounts: Accounts, wanda: User) -> None:
    stranger = Client(accounts.portal.address, accounts.session(accounts.add("Willi", company="willis")))
    refused = stranger.post("/numbers", act="remove", number="771000", company="wandas")
    assert (refused.status, refused.said) == (422, "willis has no extension 771000.")
    stranger.post("/profile/passkeys/remove", passkey="blue")
    assert left(accounts, wanda)[3] == 1


@pytest.mark.browser
def test_a_dialog_asks_with_the_safe_button_in_focus(
    accounts: Accounts, browser: Browser, wanda: User
) -> None:
    with accounts.own(browser, "numbers", wanda) as page:
        page.get_by_role("button", name="Remove 771000").click()
        dialog = page.get_by_role("dialog", name="Remove extension 771000?")
        assert "Lab <2> has it now." in dialog.inner_text()
        assert page.evaluate("document.activeElement.textContent") == "Keep the extension"
        page.keyboard.press("Escape")
        assert dialog.count() == 0
        assert page.evaluate("document.activeElement.textContent") == "Remove"
        assert page.locator("tbody th").all_inner_texts() == ["771000"]


@pytest.mark.browser
def test_every_wrong_field_is_marked_and_the_first_has_the_focus(
    accounts: Accounts, browser: Browser
) -> None:
    accounts.add("Wim", company="wims")
    session = operator_session(accounts.portal.home)
    with accounts.visit(browser, "operator/companies/change?company=wims", session, refuses=True) as page:
        page.locator("#cx-name").fill("")
        page.get_by_label("Contact Name").fill("Kept as typed")
        page.locator("#cx-zone").fill("Mars/Base")
        page.locator("#cx-channel_limit").fill("many")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("alert").wait_for()
        wrong = page.locator("[aria-invalid=true]")
        assert wrong.evaluate_all("fields => fields.map(({name}) => name)") == [
            "name",
            "zone",
            "channel_limit",
        ]
        assert page.evaluate("document.activeElement.name") == "name"
        notes = wrong.evaluate_all(
            "all => all.map((f) => document.getElementById(f.getAttribute('aria-describedby')).textContent)"
        )
        assert [note.split(":")[0] for note in notes] == [
            "This is needed.",
            "Mars/Base is no time zone",
            "many should be a whole number from 0 to 10000000.",
        ]
        assert page.get_by_role("alert").inner_text().startswith("3 fields need another look.")
        assert page.locator("[data-summary] a").all_inner_texts() == ["Company Name", "Time zone", "Channels"]
        assert page.get_by_label("Contact Name").input_value() == "Kept as typed"
        assert page.locator("#cx-zone").input_value() == "Mars/Base"
