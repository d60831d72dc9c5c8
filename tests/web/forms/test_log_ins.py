"""The password and the log-ins that stand on it; what the log tells of them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from account_people import OTHER_PASSWORD, PASSWORD, Accounts, Mailbox, path_of, posted, unchecked
from driving import until

from cxreports.portal import audit
from cxreports.portal.database import Database, now
from cxreports.portal.people import login, sessions, throttle
from cxreports.portal.tables import Throttle

if TYPE_CHECKING:
    from driving import Portal
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


def change(page: Page, current: str, new: str, again: str) -> None:
    unchecked(page)
    page.get_by_label("Your present password").fill(current)
    page.get_by_label("New password").fill(new)
    page.get_by_label("The same again").fill(again)
    page.get_by_role("button", name="Change Password").click()


def is_logged_in(accounts: Accounts, session_id: str) -> bool:
    with accounts.database.reading() as db:
        return sessions.find(db, session_id) is not None


def test_a_changed_password_ends_every_other_login_and_renews_this_one(
    accounts: Accounts, browser: Browser
) -> None:
    user = accounts.add("Nora")
    other, own = accounts.session(user, agent=IPHONE), accounts.session(user)
    with accounts.visit(browser, "profile/password", own) as page:
        change(page, PASSWORD, OTHER_PASSWORD, OTHER_PASSWORD)
        assert "is changed" in page.get_by_role("status").inner_text()
        page.goto(f"{accounts.portal.address}/profile")
        assert path_of(page) == "profile"
    assert not is_logged_in(accounts, other)
    assert not is_logged_in(accounts, own), "the session has a new id"
    assert len(accounts.sessions(user)) == 1
    with accounts.visit(browser, "profile", other) as page:
        assert path_of(page) == "login"
    assert login.with_password(accounts.database, user.email, OTHER_PASSWORD).user_id == user.id
    assert "password_changed" in accounts.events(user)


def test_what_is_wrong_with_a_password_stands_at_its_field(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Nick")
    with accounts.own(browser, "profile/password", user, refuses=True) as page:
        change(page, PASSWORD, OTHER_PASSWORD, "something else entirely")
        assert page.locator("#cx-again-note").inner_text() == "These are not the same."
        change(page, PASSWORD, "short", "short")
        assert "at least 12" in page.locator("#cx-password-note.cx-field-error").inner_text()
        change(page, PASSWORD, PASSWORD, PASSWORD)
        assert "Choose another" in page.locator("#cx-password-note.cx-field-error").inner_text()
        change(page, "wrong wrong wrong", OTHER_PASSWORD, OTHER_PASSWORD)
        assert page.locator("#cx-current-note").inner_text() == "The password is not right."
        assert all(field.input_value() == "" for field in page.locator("[type=password]").all())
    assert login.with_password(accounts.database, user.email, PASSWORD).user_id == user.id


def test_guessing_the_present_password_is_slowed_down(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Nils")
    with accounts.own(browser, "profile/password", user) as page:
        typed = {"password": OTHER_PASSWORD, "again": OTHER_PASSWORD}
        statuses = [
            posted(page, "profile/password", current=f"guess number {n}", **typed).status for n in range(4)
        ]
        assert statuses == [422] * 4
        (session,) = accounts.sessions(user)
        with accounts.database.writing() as db:
            tries = db.get_one(Throttle, throttle.session(session.id_hash))
            assert (tries.failures, throttle.PACES["session"].wait_s(5)) == (4, 1)
            # The wait, but of a clock that stands still.
            tries.open_at = now() + timedelta(hours=1)
        answer = posted(page, "profile/password", current=PASSWORD, **typed)
        assert answer.status == 429, "the right one has to wait too"
        assert int(answer.headers["retry-after"]) >= 1


def test_sessions_are_told_apart_and_one_is_ended(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Olga")
    phone = accounts.session(user, agent=IPHONE, age=timedelta(hours=1))
    with accounts.own(browser, "profile/sessions", user) as page:
        rows = page.locator(".cx-rows .cx-row")
        assert rows.locator("h2").all_inner_texts() == [
            "Chrome 143 on Linux\nThis browser",
            "Safari 18 on iPhone",
        ]
        assert rows.first.get_by_role("button").count() == 0
        assert "192.0.2.9" in rows.last.inner_text()
        rows.last.get_by_role("button", name="Log out Safari 18 on iPhone").click()
        page.get_by_role("dialog").get_by_role("button", name="Log out Safari 18 on iPhone").click()
        assert page.get_by_role("status").inner_text() == "That browser is logged out."
        assert rows.count() == 1
    assert not is_logged_in(accounts, phone)
    assert accounts.events(user)[0] == "session_ended"


def test_anothers_session_cannot_be_ended(accounts: Accounts, browser: Browser) -> None:
    other = accounts.session(accounts.add("Otto"))
    with accounts.own(browser, "profile/sessions", accounts.add("Ole")) as page:
        posted(page, "profile/sessions/end", confirmed="yes", session=sessions.hashed(other))
    assert is_logged_in(accounts, other)


def test_log_out_everywhere_else_and_everywhere(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Odo")
    others = [accounts.session(user, agent=IPHONE) for _each in range(2)]
    with accounts.own(browser, "profile/sessions", user) as page:
        page.get_by_role("button", name="Everywhere but here").click()
        page.get_by_role("button", name="Log out everywhere but here").click()
        assert page.get_by_role("status").inner_text() == "Everywhere else you are logged out."
        assert page.get_by_role("button", name="Everywhere but here").is_disabled()
        assert not any(is_logged_in(accounts, each) for each in others)
        assert len(accounts.sessions(user)) == 1
        page.get_by_role("button", name="Everywhere, here too").click()
        page.get_by_role("button", name="Log out everywhere, here too").click()
        assert path_of(page) == "login"
        assert "cx-session" not in {each["name"] for each in page.context.cookies()}
    assert accounts.sessions(user) == []


def test_a_changed_password_ends_the_pages_of_other_logins(browser: Browser, portal: Portal) -> None:
    database = Database.of(portal.home)
    served = Accounts(portal, database, Mailbox())
    user = served.add("Nadja", company="nadjas")
    elsewhere, here = served.session(user), served.session(user)
    with served.visit(browser, "", elsewhere, refuses=True) as page:
        page.locator("#cx-start").wait_for(state="attached")
        start = json.loads(page.locator("#cx-start").text_content() or "")
        assert portal.kernel(start["kernel"])
        with served.visit(browser, "profile/password", here) as other:
            change(other, PASSWORD, OTHER_PASSWORD, OTHER_PASSWORD)
            other.get_by_role("status").wait_for()
        until(lambda: portal.kernel(start["kernel"]) is None, "the kernel has ended")
        page.get_by_text("Your session is over.").wait_for()
    database.close()


def test_the_log_tells_own_entries_in_words_page_by_page(accounts: Accounts, browser: Browser) -> None:
    user, other = accounts.add("Leo"), accounts.add("Lea")
    with accounts.database.writing() as db:
        audit.of_user(db, audit.Event.LOGIN, other, address="198.51.100.1", by="passkey")
        for hours in range(60):
            at = now() - timedelta(days=1, hours=hours)
            audit.of_user(db, audit.Event.LOGIN, user, address="198.51.100.2", by="password", now=at)
        audit.of_user(db, audit.Event.LOGIN_FAILED, user, address="198.51.100.3", step="second factor")
    with accounts.own(browser, "profile/log", user) as page:
        rows = page.locator(".cx-row")
        assert rows.count() == 50
        assert "Log-in failed" in rows.first.inner_text()
        assert "the code was not right" in rows.first.inner_text()
        assert "198.51.100.3" in rows.first.inner_text()
        assert "Logged in" in rows.nth(1).inner_text()
        assert "by password" in rows.nth(1).inner_text()
        page.get_by_role("link", name="Older").click()
        assert rows.count() == 11
        assert page.get_by_role("link", name="Older").count() == 0
        page.get_by_role("link", name="Newer").click()
        assert rows.count() == 50
        assert "198.51.100.1" not in page.content()
        for strange in ("0", "-1", "x", "²", "9" * 30):
            page.goto(f"{accounts.portal.address}/profile/log?page={strange}")
            assert page.get_by_role("heading", level=1).inner_text() == "Activity"
