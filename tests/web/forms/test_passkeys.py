"""Passkeys, with an authenticator that Chromium plays."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from account_people import PASSWORD, log_out, path_of, posted
from driving import ARTIFACTS

from cxreports.portal.companies import companies
from cxreports.portal.database import now
from cxreports.portal.people import passkeys, sessions, users
from cxreports.portal.tables import Passkey, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from account_people import Accounts
    from playwright.sync_api import Browser, Page

    from cxreports.portal.tables import User

pytestmark = pytest.mark.browser


@contextmanager
def authenticator(page: Page) -> Iterator[Any]:
    """Give the page's browser a built-in authenticator whose user has a finger on it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield lambda: session.send("WebAuthn.getCredentials", made)["credentials"]
    session.detach()


def names(accounts: Accounts, user: User) -> list[str]:
    with accounts.database.reading() as db:
        return [each.name for each in passkeys.of_user(db, user.id)]


def test_a_passkey_is_added_logs_in_and_is_removed(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Pia")
    with (
        accounts.own(browser, "profile/passkeys", user, refuses=True) as page,
        authenticator(page) as kept,
    ):
        assert "no passkey yet" in page.locator("main").inner_text()
        assert page.get_by_label("Name").input_value().startswith("Chrome")
        page.get_by_label("Name").fill("Pia's laptop")
        page.get_by_role("button", name="Add a passkey").click()
        assert page.get_by_role("status").inner_text() == "The passkey is added."
        assert page.locator(".cx-row h2").inner_text() == "Pia's laptop"
        assert "never used" in page.locator(".cx-row").inner_text()
        assert [each["rpId"] for each in kept()] == ["localhost"]

        log_out(page)
        page.goto(f"{accounts.portal.address}/login?next=/profile/passkeys")
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url("**/profile/passkeys")
        assert "last used on" in page.locator(".cx-row").inner_text()

        page.get_by_role("button", name="Remove the passkey Pia's laptop").click()
        asked = page.get_by_role("dialog", name="Remove the passkey Pia's laptop?")
        asked.get_by_label("Your password").fill("not this one at all")
        asked.get_by_role("button", name="Remove the passkey Pia's laptop").click()
        assert page.locator("#cx-password-note").inner_text() == "The password is not right."
        assert names(accounts, user) == ["Pia's laptop"]
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Remove the passkey Pia's laptop").click()
        assert page.get_by_role("status").inner_text() == "The passkey is removed."
        assert names(accounts, user) == []

        log_out(page)
        page.goto(f"{accounts.portal.address}/login?next=/profile")
        page.get_by_role("button", name="Use a passkey").click()
        fault = page.locator("[data-passkey-fault]")
        fault.wait_for()
        assert fault.inner_text() == "This passkey was not accepted."
        assert path_of(page) == "login"
    told = [event for event in accounts.events(user) if event != "login_failed"]
    assert told[:5] == ["logout", "passkey_removed", "login", "logout", "passkey_added"]


def test_long_after_the_login_the_password_is_asked_for_first(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Paul")
    old = accounts.session(user, age=timedelta(minutes=31))
    with (
        accounts.visit(browser, "profile/passkeys", old, refuses=True) as page,
        authenticator(page) as kept,
    ):
        page.get_by_label("Your password").fill("not this one at all")
        page.get_by_role("button", name="Add a passkey").click()
        fault = page.locator("[data-passkey-fault]")
        fault.wait_for()
        assert fault.inner_text() == "The password is not right."
        assert kept() == []
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_role("status").wait_for()
    assert len(names(accounts, user)) == 1


def test_a_passkey_answers_when_it_is_asked_again_and_the_form_goes_on(
    accounts: Accounts, browser: Browser
) -> None:
    with accounts.database.writing() as db:
        user = users.add(db, "ottilie@example.org", "Ottilie", role=Role.OPERATOR)
    with (
        accounts.own(browser, "profile/passkeys", user, refuses=True) as page,
        authenticator(page),
    ):
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_role("status").wait_for()
        with accounts.database.writing() as db:
            (session,) = sessions.of_user(db, user.id)
            session.created_at = now() - timedelta(minutes=31)
        page.goto(f"{accounts.portal.address}/operator/companies/add")
        page.get_by_label("Customer id").fill("ottilies")
        page.get_by_label("Company Name").fill('Ottilie\'s "Line"')
        page.get_by_role("button", name="Add").click()
        page.get_by_role("heading", name="Is it still you?").wait_for()
        assert page.locator("[type=password]").count() == 0, "she has none"
        page.screenshot(path=ARTIFACTS / "confirm-1440.png")
        page.get_by_role("button", name="Use a passkey").click()
        assert page.get_by_role("status").inner_text() == "The company is added."
    with accounts.database.reading() as db:
        assert companies.get(db, "ottilies").name == 'Ottilie\'s "Line"'


def test_what_is_no_passkey_is_refused(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Petra")
    with accounts.own(browser, "profile/passkeys", user, refuses=True) as page:
        statuses = page.evaluate(
            """async () => {
                const token = /_xsrf=([^;]*)/.exec(document.cookie)[1];
                const headers = {"Content-Type": "application/json", "X-XSRFToken": token};
                const bodies = ["", "[]", "{}", '{"challenge": "x", "credential": {"id": "y"}}'];
                const send = (body) => fetch("/profile/passkeys/answer", {method: "POST", headers, body});
                return (await Promise.all(bodies.map(send))).map((answer) => answer.status);
            }"""
        )
        assert statuses == [422] * 4
    assert names(accounts, user) == []


def test_anothers_passkey_cannot_be_removed(accounts: Accounts, browser: Browser) -> None:
    other, user = accounts.add("Quirin"), accounts.add("Quentin")
    with accounts.database.writing() as db:
        db.add(
            Passkey(
                credential_id="quirins",
                user_id=other.id,
                name="Key",
                public_key=b"key",
                sign_count=0,
                created_at=now(),
            )
        )
    with accounts.own(browser, "profile/passkeys", user, refuses=True) as page:
        answer = posted(page, "profile/passkeys/remove", passkey="quirins", password=PASSWORD)
        # As for one that another page removed: nothing is asked, and the list is shown as it is.
        assert answer.status == 303
        assert urlsplit(answer.headers["location"]).path == "/profile/passkeys"
    assert names(accounts, other) == ["Key"]
