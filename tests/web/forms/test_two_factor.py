"""The second factor: turned on with what the page shows, asked for, replaced, turned off."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest
from account_people import PASSWORD, log_in, log_out, path_of, unchecked

from cxreports.portal.people import second_factor
from cxreports.portal.people.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

    from account_people import Accounts
    from playwright.sync_api import Browser, Page

    from cxreports.portal.tables import User

pytestmark = pytest.mark.browser

CODE = re.compile(r"[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}")


def shown_secret(page: Page) -> str:
    return page.locator("[data-secret]").inner_text().replace(" ", "")


def code(secret: str, steps: int = 0) -> str:
    """Give the code of so many steps from now."""
    return pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=steps)


def shown_codes(page: Page) -> list[str]:
    page.locator("#cx-codes").wait_for()
    return page.locator("#cx-codes li").all_inner_texts()


def enabled(accounts: Accounts, user: User) -> tuple[str, list[str]]:
    """Turn the second factor on without a browser; give secret and recovery codes."""
    vault = Vault.of(accounts.portal.home)
    with accounts.database.writing() as db:
        secret = second_factor.begin(db, user, vault).secret
        return secret, second_factor.confirm(db, user, code(secret, -1), vault)


def second_step(page: Page, typed: str) -> None:
    page.get_by_role("textbox", name="Code").fill(typed)
    page.get_by_role("button", name="Log in", exact=True).click()


def test_it_is_turned_on_by_a_code_of_the_shown_secret_and_asked_for_from_then_on(
    accounts: Accounts, browser: Browser
) -> None:
    user = accounts.add("Tina")
    with accounts.own(browser, "profile#two-factor", user, refuses=True) as page:
        page.locator("#two-factor").get_by_role("link", name="Enable").click()
        page.get_by_role("button", name="Enable").click()
        secret = shown_secret(page)
        assert page.locator(".cx-qr svg path").count() > 0
        assert accounts.user(user).totp_enabled_at is None

        page.get_by_role("textbox", name="Code").fill(code(secret, 9))
        page.get_by_role("button", name="Turn on").click()
        assert "not right" in page.locator("#cx-code-note").inner_text()
        assert shown_secret(page) == secret

        accepted = code(secret)
        page.get_by_role("textbox", name="Code").fill(accepted)
        page.get_by_role("button", name="Turn on").click()
        recovery = shown_codes(page)
        assert len(set(recovery)) == 10
        assert all(map(CODE.fullmatch, recovery))
        page.get_by_role("link", name="I have kept them").click()
        assert "10 codes are left" in page.locator("main").inner_text()
        assert page.locator("#cx-codes").count() == 0
        assert secret not in page.content()

        log_out(page)
        page.goto(f"{accounts.portal.address}/login?next=/profile")
        log_in(page, user)
        assert path_of(page) == "login/totp"
        second_step(page, accepted)
        assert "has been used" in page.get_by_role("alert").first.inner_text()
        assert path_of(page) == "login/totp"
        second_step(page, code(secret, 1))
        assert path_of(page) == "profile"
        assert "On" in page.locator("#two-factor .cx-tag").inner_text()
    assert [event for event in accounts.events(user) if event != "login_failed"][:3] == [
        "login",
        "logout",
        "two_factor_enabled",
    ]


def test_a_recovery_code_lets_in_once(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Udo")
    _secret, recovery = enabled(accounts, user)
    with accounts.visit(browser, "login?next=/profile/two-factor", "", refuses=True) as page:
        log_in(page, user)
        second_step(page, recovery[3].upper())
        assert path_of(page) == "profile/two-factor"
        assert "9 codes are left" in page.locator("main").inner_text()
        log_out(page)
        page.goto(f"{accounts.portal.address}/login?next=/profile")
        log_in(page, user)
        second_step(page, recovery[3])
        assert path_of(page) == "login/totp"
        assert page.get_by_role("alert").first.is_visible()


def test_codes_can_be_kept_without_a_script(accounts: Accounts, browser: Browser, tmp_path: Path) -> None:
    user = accounts.add("Ulla")
    _secret, old = enabled(accounts, user)
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    context.add_cookies([accounts.cookie(user)])
    page = context.new_page()
    page.goto(f"{accounts.portal.address}/profile/two-factor")
    page.get_by_role("button", name="Make new recovery codes").click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Make new recovery codes").click()
    codes = shown_codes(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "codes.txt")
    assert (tmp_path / "codes.txt").read_text().split() == [accounts.portal.address, *codes]
    assert download.value.suggested_filename == "cxreports-recovery-codes.txt"
    assert not page.get_by_role("button", name="Copy").is_visible()
    context.close()
    assert not set(codes) & set(old)
    assert accounts.events(user)[0] == "recovery_codes_renewed"


def test_codes_are_copied_by_a_button(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Uwe")
    enabled(accounts, user)
    with accounts.own(browser, "profile/two-factor", user, refuses=True) as page:
        page.get_by_role("button", name="Make new recovery codes").click()
        asked = page.get_by_role("dialog")
        asked.get_by_label("Your password").fill("not this one at all")
        asked.get_by_role("button", name="Make new recovery codes").click()
        assert page.locator("#cx-password-note").inner_text() == "The password is not right."
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Make new recovery codes").click()
        codes = shown_codes(page)
        page.get_by_role("button", name="Copy").click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()").split() == codes


def test_it_is_turned_off_by_password_and_code_both(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Viktor")
    secret, _recovery = enabled(accounts, user)
    with accounts.own(browser, "profile/two-factor", user, refuses=True) as page:
        off = page.get_by_role("button", name="Disable two-factor authentication")
        off.click()
        asked = page.get_by_role("dialog", name="Disable two-factor authentication?")
        asked.get_by_role("button", name="Keep two-factor authentication").click()
        assert asked.count() == 0
        off.click()
        off = page.locator(".cx-sure")
        for password, typed in (("wrong wrong wrong", code(secret)), (PASSWORD, code(secret, 9))):
            page.get_by_label("Your password").fill(password)
            page.get_by_label("Code", exact=True).fill(typed)
            off.click()
            assert "not right" in page.get_by_role("alert").inner_text()
            assert accounts.user(user).totp_enabled_at is not None
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_label("Code", exact=True).fill(code(secret, 1))
        off.click()
        assert page.get_by_role("status").inner_text() == "Two-factor authentication is off."
    changed = accounts.user(user)
    assert (changed.totp_enabled_at, changed.totp_secret) == (None, None)
    assert accounts.events(user)[0] == "two_factor_disabled"


def test_long_after_the_login_the_password_is_asked_for_first(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Xenia")
    old = accounts.session(user, age=timedelta(minutes=31))
    with accounts.visit(browser, "profile/two-factor", old, refuses=True) as page:
        unchecked(page)
        page.get_by_role("button", name="Enable").click()
        assert "type your password" in page.locator("#cx-password-note").inner_text()
        assert accounts.user(user).totp_secret is None
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Enable").click()
        assert len(shown_secret(page)) == 32


def test_the_secret_is_gone_when_turning_on_was_given_up(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Yvo")
    with accounts.own(browser, "profile/two-factor", user) as page:
        page.get_by_role("button", name="Enable").click()
        secret = shown_secret(page)
        page.get_by_role("link", name="Cancel").click()
        assert page.locator("[data-secret]").count() == 0
        page.get_by_role("button", name="Enable").click()
        assert shown_secret(page) != secret
