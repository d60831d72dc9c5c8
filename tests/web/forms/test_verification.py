"""Codes and links that reach a person: by mail, by text message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from account_people import OTHER_PASSWORD, PASSWORD, log_in, path_of

from cxreports.portal.actor import CONSOLE
from cxreports.portal.people import users

if TYPE_CHECKING:
    from account_people import Accounts
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def code_in(text: str) -> str:
    found = re.search(r"\b\d{6}\b", text)
    assert found is not None
    return found[0]


def test_an_address_is_verified_by_the_code_that_was_mailed_to_it(
    accounts: Accounts, browser: Browser
) -> None:
    user = accounts.add("Vera")
    with accounts.own(browser, "profile", user, refuses=True) as page:
        row = page.locator("#email")
        assert "Not verified" in row.inner_text()
        row.get_by_role("button", name="Verify e-mail").click()
        code = code_in(accounts.mailbox.letter_to("vera@example.org"))

        wrong = f"{(int(code) + 1) % 10**6:06d}"
        row.get_by_label("Code").fill(wrong)
        row.get_by_role("button", name="Verify", exact=True).click()
        assert "not right" in page.locator("#cx-code-email-note").inner_text()
        assert accounts.user(user).email_verified_at is None

        row.get_by_label("Code").fill(f" {code[:3]} {code[3:]} ")
        row.get_by_role("button", name="Verify", exact=True).click()
        assert page.get_by_role("status").inner_text() == "Your e-mail address is verified."
        assert re.search(r"Verified\s", row.inner_text())
        assert row.get_by_role("button").count() == 0
    assert accounts.user(user).email_verified_at is not None
    assert accounts.events(user)[0] == "email_verified"


def test_asking_again_at_once_has_to_wait_and_the_first_code_stays_good(
    accounts: Accounts, browser: Browser
) -> None:
    user = accounts.add("Wenzel")
    with accounts.own(browser, "profile", user, refuses=True) as page:
        row = page.locator("#email")
        row.get_by_role("button", name="Verify e-mail").click()
        code = code_in(accounts.mailbox.letter_to("wenzel@example.org"))
        with page.expect_response("**/profile/verify/email") as answer:
            row.get_by_role("button", name="Send a new code").click()
        assert answer.value.status == 429
        assert 0 < int(answer.value.headers["retry-after"]) <= 60
        assert "Wait" in page.locator("#cx-code-email-note").inner_text()
        row.get_by_label("Code").fill(code)
        row.get_by_role("button", name="Verify", exact=True).click()
        assert page.get_by_role("status").is_visible()


def test_a_server_that_takes_no_mail_is_said_so_without_its_name(
    accounts: Accounts, browser: Browser
) -> None:
    user = accounts.add("Xaver")
    accounts.mailbox.refused.add("xaver@example.org")
    with accounts.own(browser, "profile", user, refuses=True) as page:
        page.get_by_role("button", name="Verify e-mail").click()
        said = page.get_by_role("alert").inner_text()
        assert said == "The code could not be sent. Try again later."
        assert page.get_by_label("Code").count() == 0
    assert any("550" in line for line in accounts.portal.log)


def test_a_mobile_is_verified_by_the_code_that_was_texted_to_it(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Yara")
    with accounts.own(browser, "profile", user) as page:
        row = page.locator("#mobile")
        assert row.get_by_role("button").count() == 0
        page.get_by_label("Mobile").fill("+34 612 345 678")
        page.get_by_role("button", name="Save").click()
        row.get_by_role("button", name="Verify mobile").click()
        row.get_by_label("Code").fill(code_in(accounts.message_to("+34612345678")))
        row.get_by_role("button", name="Verify", exact=True).click()
        assert page.get_by_role("status").inner_text() == "Your mobile number is verified."
        assert accounts.user(user).mobile_verified_at is not None

        page.get_by_label("Mobile").fill("+34 612 345 679")
        page.get_by_role("button", name="Save").click()
        assert "Not verified" in row.inner_text()
    assert accounts.user(user).mobile_verified_at is None


def test_a_code_for_an_address_that_was_changed_is_no_good(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Zoe")
    with accounts.own(browser, "profile", user, refuses=True) as page:
        row = page.locator("#email")
        row.get_by_role("button", name="Verify e-mail").click()
        row.get_by_label("Code").wait_for()
        code = code_in(accounts.mailbox.letter_to("zoe@example.org"))
        with accounts.database.writing() as db:
            users.change_profile(db, accounts.user(user), email="zoe2@example.org", by=CONSOLE)
        row.get_by_label("Code").fill(code)
        row.get_by_role("button", name="Verify", exact=True).click()
        assert "not right" in page.locator("#cx-code-email-note").inner_text()
    assert accounts.user(user).email_verified_at is None


def test_a_forgotten_password_is_chosen_anew_by_a_mailed_link_once(
    accounts: Accounts, browser: Browser
) -> None:
    user = accounts.add("Rita")
    other = accounts.session(user)
    with accounts.visit(browser, "login?next=/profile", "", refuses=True) as page:
        page.get_by_role("link", name="Forgot your password?").click()
        page.get_by_label("E-mail").fill("Rita@example.org")
        page.get_by_role("button", name="Send me a link").click()
        page.get_by_role("status").wait_for()
        found = re.search(r"http://\S+/reset/\S+", accounts.mailbox.letter_to("rita@example.org"))
        assert found is not None
        page.goto(found[0])
        page.get_by_label("New password").fill(OTHER_PASSWORD)
        page.get_by_label("The same again").fill(OTHER_PASSWORD)
        page.get_by_role("button", name="Save").click()
        assert path_of(page) == "login"
        log_in(page, user, PASSWORD)
        assert page.get_by_role("alert").first.inner_text() == "E-mail or password is not right."
        page.goto(f"{accounts.portal.address}/login?next=/profile")
        log_in(page, user, OTHER_PASSWORD)
        assert path_of(page) == "profile"
    with accounts.visit(browser, "profile", other) as page:
        assert path_of(page) == "login"
        answer = page.request.get(found[0])
        assert answer.status == 410
